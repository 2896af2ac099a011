"""TikZ and matplotlib draw the same numbers, every time, in colours that grey keeps apart."""

import re
import subprocess
from pathlib import Path

import pytest
from torch import nn

from paperkit.diagram import canvas, tikz
from paperkit.diagram.compose import compose
from paperkit.diagram.draw import FORMATS, write
from paperkit.diagram.graph import Graph
from paperkit.diagram.scene import Box, Scene, Text


@pytest.fixture(scope="module")
def scene(unet, graph_of) -> Scene:
    graph = graph_of(unet("encoder.*=coord_att", "fuse.*=cga_fusion", "decoder.1=se"))
    return compose(graph, column=252, text=516)


def test_both_emitters_draw_the_same_boxes(scene: Scene) -> None:
    from matplotlib.patches import Ellipse, FancyBboxPatch

    tex = tikz.body(scene)
    corner = r"\(([-\d.]+),([-\d.]+)\)"
    written = re.findall(rf"\\draw\[pk \w+\] {corner} rectangle {corner};", tex)
    patches = canvas.figure(scene).axes[0].patches
    boxes = [p for p in patches if isinstance(p, FancyBboxPatch)]
    drawn = [(p.get_x(), p.get_y(), p.get_x() + p.get_width(), p.get_y() + p.get_height())
             for p in boxes]  # fmt: skip
    assert len(written) == len(drawn) == len([b for b in scene.boxes if b.look != "join"])
    for one, other in zip(written, drawn, strict=True):
        assert [float(part) for part in one] == pytest.approx(list(other), abs=0.006)
    circles = [p for p in patches if isinstance(p, Ellipse)]
    assert len(circles) == tex.count("circle[radius")


def test_both_emitters_write_the_same_texts_on_the_same_line(scene: Scene) -> None:
    baselines = re.findall(r"\\node\[(.*?)\] at \(([-\d.]+),([-\d.]+)\)", tikz.body(scene))
    drawn = canvas.figure(scene).axes[0].texts
    assert [text.get_text() for text in drawn] == [text.text for text in scene.texts]
    flat = [
        (float(x), float(y), text.get_position())
        for (style, x, y), text in zip(baselines, drawn, strict=True)
        if "rotate" not in style
    ]
    assert all((x, y) == pytest.approx(place, abs=0.006) for x, y, place in flat)


def test_the_printed_size_is_exact(scene: Scene) -> None:
    width, height = canvas.figure(scene).get_size_inches()
    assert (width * 72.27, height * 72.27) == pytest.approx((scene.width, scene.height))
    box = re.search(r"rectangle \(([\d.]+),([\d.]+)\);", tikz.body(scene))
    assert box is not None
    assert [float(part) for part in box.groups()] == pytest.approx(
        [scene.width, scene.height], abs=0.006
    )


def test_a_second_drawing_is_the_same_bytes(scene: Scene, tmp_path: Path) -> None:
    one = write(scene, tmp_path / "one" / "net", formats=FORMATS)
    two = write(scene, tmp_path / "two" / "net", formats=FORMATS)
    assert [path.name for path in one] == [
        "net.pdf", "net.svg", "net.png", "net.tex", "net-standalone.tex",
    ]  # fmt: skip
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1), 0 black to 1 white."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_texts_and_plugs_are_legible_in_colour_and_grey() -> None:
    fills = ("stage", "stage2", "stage3", "plain", "slot", "join")
    assert all(contrast(canvas.INKS["ink"], canvas.COLOURS[fill]) >= 4.5 for fill in fills)
    assert contrast(canvas.INKS["grey"], "#FFFFFF") >= 4.5
    assert canvas.COLOURS["slot"] == "#E69F00"
    stages = (canvas.COLOURS[fill] for fill in ("stage", "stage2", "stage3"))
    assert all(contrast(canvas.COLOURS["slot"], stage) > 1.5 for stage in stages)
    assert canvas.LINES["slot"] > 1.5 * canvas.LINES["stage"]
    assert all(contrast(canvas.COLOURS[way], "#FFFFFF") >= 3 for way in ("down", "up", "skip"))


def hostile() -> Scene:
    names = [r"A_B & 100%", r"\input{x} #1", "[a] *b* $x^2$", "~{}|<>", "größe ✓"]
    scene = Scene(220, 130)
    for n, name in enumerate(names):
        scene.boxes.append(Box(f"b{n}", 110, 12 + 25 * n, 200, 15, "slot"))
        scene.texts.append(Text(110, 12 + 25 * n, name, 7, bold=True, inside=f"b{n}"))
    return scene


@pytest.mark.latex
@pytest.mark.poppler
def test_tikz_compiles_with_hostile_names_and_shows_them(tmp_path: Path) -> None:
    (tmp_path / "net.tex").write_text(tikz.standalone(hostile()), encoding="utf-8")
    compile_tex(tmp_path / "net.tex")
    text = subprocess.run(
        ["pdftotext", "-raw", "net.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    # an underscore of the text fonts is a rule, and accents stand alone: neither is a letter
    for name in ("B & 100%", r"\input{x} #1", "[a] *b* $x", "{}|<>", "ße U+2713"):
        assert name in text


@pytest.mark.latex
@pytest.mark.poppler
def test_the_picture_can_be_input_and_keeps_its_width(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "fig.tex").write_text(tikz.body(scene), encoding="utf-8")
    (tmp_path / "paper.tex").write_text(
        "\\documentclass[journal]{IEEEtran}\n\\usepackage{tikz}\\usetikzlibrary{arrows.meta}\n"
        "\\begin{document}\\begin{figure*}\\centering\\input{fig}\\caption{A}\\end{figure*}"
        "\\setbox0=\\hbox{\\input{fig}}\\typeout{WIDTH=\\the\\wd0}x\\end{document}\n",
        encoding="utf-8",
    )
    log = compile_tex(tmp_path / "paper.tex")
    width = re.search(r"WIDTH=([\d.]+)pt", log)
    assert width is not None and float(width[1]) == pytest.approx(scene.width, abs=0.1)
    assert "Overfull" not in log


def compile_tex(path: Path) -> str:
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", path.name],
        cwd=path.parent, capture_output=True, check=False,
    )  # fmt: skip
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    return log


@pytest.mark.poppler
def test_fonts_are_embedded_and_none_is_type_3(scene: Scene, tmp_path: Path) -> None:
    [path] = write(scene, tmp_path / "net", formats=["pdf"])
    rows = subprocess.run(
        ["pdffonts", path], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]
    assert rows and all("TrueType" in row and "Type 3" not in row for row in rows)


def test_the_legend_names_what_is_drawn(scene: Scene, unet, graph_of) -> None:
    texts = [text.text for text in scene.texts]
    assert {"DoubleConv: 2 × (3×3 conv, BN, ReLU)", "plugged-in module", "2×2 max pool",
            "×2 upsampling, conv", "skip connection"} <= set(texts)  # fmt: skip
    plain: nn.Module = unet()
    graph: Graph = graph_of(plain)
    without = [text.text for text in compose(graph, column=252, text=516).texts]
    assert "plugged-in module" not in without and "concatenation" in without

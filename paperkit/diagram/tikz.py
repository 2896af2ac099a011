r"""Write a scene as TikZ: a picture to \\input, which needs tikz with arrows.meta and no font.

The numbers are those of the scene, in TeX points; only the colours and line styles are named, so
that an author can change them in one place.
"""

from paperkit.diagram.canvas import ARROW, COLOURS, CORNER, DASH, HEAD, INKS, LINES, ROUND
from paperkit.diagram.scene import Arrow, Box, Scene, Text

__all__ = ["body", "standalone"]

LEADING = 1.2


def body(scene: Scene) -> str:
    """Return the tikzpicture; the preamble must load tikz and its library arrows.meta."""
    parts = [_head(scene)]
    parts += [_arrow(arrow) for arrow in scene.arrows]
    parts += [line for box in scene.boxes for line in _box(box)]
    parts += [_text(text) for text in scene.texts]
    return "\n".join([*parts, r"\end{tikzpicture}%", r"\endgroup", ""])


def standalone(scene: Scene) -> str:
    """Return a document that holds only the picture, at its printed size."""
    return "\n".join(
        [
            r"\documentclass[border=0pt]{standalone}",
            r"\usepackage{tikz}",
            r"\usetikzlibrary{arrows.meta}",
            r"\begin{document}",
            body(scene) + r"\end{document}",
            "",
        ]
    )


def _head(scene: Scene) -> str:
    colours = [
        rf"  \definecolor{{pk-{name}}}{{HTML}}{{{value[1:]}}}%"
        for name, value in {**COLOURS, **INKS}.items()
    ]
    boxes = [f"  pk {look}/.style={{pk box, {_style(look)}}}," for look in LINES if look != "join"]
    ways = ("main", "down", "up", "skip")
    arrows = [f"  pk {way}/.style={{pk arrow, draw=pk-{way}{_dash(way)}}}," for way in ways]
    return "\n".join(
        [
            "% drawn by paperkit from the model itself; needs \\usetikzlibrary{arrows.meta}",
            r"\begingroup%",
            *colours,
            r"\begin{tikzpicture}[x=1pt, y=1pt, inner sep=0pt, outer sep=0pt,",
            f"  pk box/.style={{draw=pk-ink, rounded corners={ROUND:g}pt}},",
            *boxes,
            f"  pk join/.style={{circle, draw=pk-ink, {_style('join')}}},",
            f"  pk arrow/.style={{line width={ARROW:g}pt, rounded corners={CORNER:g}pt,",
            f"    -{{Triangle[length={HEAD[0]:g}pt, width={HEAD[1]:g}pt]}}}},",
            *arrows,
            "  pk text/.style={text=pk-ink, anchor=base}, pk grey/.style={text=pk-grey}]",
            rf"\useasboundingbox (0,0) rectangle ({scene.width:.2f},{scene.height:.2f});",
        ]
    )


def _style(look: str) -> str:
    return f"fill=pk-{look}, line width={LINES[look]:g}pt"


def _dash(way: str) -> str:
    return f", dash pattern=on {DASH[0]:g}pt off {DASH[1]:g}pt" if way == "skip" else ""


def _point(x: float, y: float) -> str:
    return f"({x:.2f},{y:.2f})"


def _arrow(arrow: Arrow) -> str:
    return rf"\draw[pk {arrow.way}] {' -- '.join(_point(*p) for p in arrow.points)};"


def _box(box: Box) -> list[str]:
    if box.look == "join":
        return [rf"\draw[pk join] {_point(box.x, box.y)} circle[radius={box.w / 2:.2f}];"]
    corners = f"{_point(box.left, box.bottom)} rectangle {_point(box.right, box.top)}"
    lines = [rf"\draw[pk {box.look}] {corners};"]
    for n in range(1, box.bands):
        x = box.left + box.w * n / box.bands
        line = f"{_point(x, box.bottom)} -- {_point(x, box.top)}"
        lines.append(rf"\draw[pk-band, line width=0.45pt] {line};")
    return lines


def _text(text: Text) -> str:
    from paperkit.latex import escape

    # from the middle of the capitals to the baseline: the same in both emitters
    sink = text.size * 0.33
    x, y = (text.x + sink, text.y) if text.turned else (text.x, text.y - sink)
    style = ["pk text"]
    style += [] if text.anchor == "center" else [f"anchor=base {text.anchor}"]
    style += ["rotate=90"] if text.turned else []
    style += ["pk grey"] if text.grey else []
    font = rf"\fontsize{{{text.size:g}}}{{{text.size * LEADING:g}}}\selectfont"
    weight = r"\bfseries" if text.bold else ""
    label = escape(text.text)
    return rf"\node[{', '.join(style)}] at {_point(x, y)} {{{font}{weight} {label}}};"

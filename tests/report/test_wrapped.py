"""Names that are broken into lines stay in their column, judged by TeX."""

import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from paperkit.latex import Tex, escape, tex
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.width import Setting
from paperkit.report.files.wrapped import wrapped

SETTING = Setting("footnotesize", 8.0, 7.0, 3.0)
NAMES = (
    "hyperparameterization",
    "Cross-Scale Feature Aggregation with Gated Attention (ours)",
    "DeepLabV3PlusMobileNetV3Large",
    "U-Net w/o skip connections",
    "encoder-decoder MANet++ [small_object] (64x64)",
    "UNet++ (ResNet-50) {train.lr: 0.001, loss.name: focal_tversky}",
    "Rückwärtspropagierungsverfahren für Bildsegmentierung",
    "smp:DeepLabV3Plus(encoder_name=tu-maxvit_tiny_tf_512.in1k)",
)
ROOMS = (50.0, 70.0, 110.0)
PAGE = r"""\documentclass[journal]{IEEEtran}\usepackage[T1]{fontenc}\usepackage{amssymb}
\hfuzz=0.5pt\begin{document}\footnotesize
"""


def broken(*cells: Cell, room: float) -> list[Cell]:
    column = Column(Cell(Tex("M"), "M"), cells, align="l")
    return list(wrapped(Table("names", (column,)), SETTING, room).columns[0].cells)


def named(name: str, cite: str = "") -> Cell:
    if not cite:
        return Cell(escape(name), name)
    return Cell(tex(r"#1~\cite{#2}", name, Tex("key")), f"{name}[00]")


def pdf(folder: Path, lines: list[str]) -> str:
    """The log of a document of one line on each page."""
    body = "\n".join(rf"\noindent {line}\clearpage" for line in lines)
    (folder / "main.tex").write_text(PAGE + body + "\n\\end{document}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    log = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, log[-1500:]
    return log


def pages(folder: Path) -> list[list[str]]:
    """The lines of each page, without the number of the page."""
    command = ["pdftotext", "-layout", "main.pdf", "-"]
    text = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout.decode()
    found = [re.findall(r"\S.*", page) for page in text.split("\f")[:-1]]
    return [[line.strip() for line in page[1:]] for page in found]


@pytest.mark.latex
def test_no_word_leaves_its_column_and_lines_end_where_one_may_break(tmp_path: Path) -> None:
    cells = [
        cell
        for room in ROOMS
        for cell in broken(*map(named, NAMES), named(NAMES[1], "key"), room=room)
    ]
    log = pdf(tmp_path, [cell.tex for cell in cells])
    assert re.findall(r"Overfull \\hbox.*", log) == []
    found = pages(tmp_path)
    assert len(found) == len(cells)
    for cell, lines in zip(cells, found, strict=True):
        assert abs(cell.lines - len(lines)) <= max(1, len(lines) // 4), (cell.plain, lines)
        for line in lines:
            assert not re.search(r"[(\[{]$|^[)\]}+,.:/]|^\W*$", line), lines
        for word in ("U-Net", "w/o", "MANet++", "(ours)"):
            assert word not in cell.plain or word in " ".join(lines), lines


@pytest.mark.latex
def test_names_end_a_line_before_a_capital(tmp_path: Path) -> None:
    parts = ("Deep", "Lab", "V3", "Plus", "Mobile", "Net", "V3", "Large", "UNet", "UNet")
    room, name = 45.0, "DeepLabV3PlusMobileNetV3LargeUNetUNet"
    assert "".join(parts) == name
    pdf(tmp_path, [cell.tex for cell in broken(named(name), room=room)])
    (lines,) = pages(tmp_path)
    assert len(lines) > 3
    assert all(line.endswith(("-", "\N{HYPHEN}")) for line in lines[:-1]), lines
    whole = "|".join(parts)
    assert all(re.fullmatch(rf"(?:{whole})+\W?", line) for line in lines), lines


def test_what_fits_is_left_alone() -> None:
    short = named("U-Net", "key")
    assert broken(short, named(NAMES[1]), room=100.0)[0] is short


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks/escape_fuzz.py"
    spec = importlib.util.spec_from_file_location("escape_fuzz_of_names", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.latex
def test_hostile_names_compile_in_narrow_columns(fuzz: ModuleType, tmp_path: Path) -> None:
    names = [" ".join(text.split()) for text in fuzz.hostile(400, 5)]
    cells = broken(*(named(name) for name in names if name), room=30.0)
    assert sum(r"\parbox" in cell.tex for cell in cells) > 200
    pdf(tmp_path, [cell.tex for cell in cells])

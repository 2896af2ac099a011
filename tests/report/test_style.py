"""Figures keep their size, embed real fonts, and are the same bytes every time."""

import subprocess
from pathlib import Path

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from paperkit.project.venue import VENUES, find_venue
from paperkit.report.figures.figure import save
from paperkit.report.figures.style import CYCLE, FULL, INCH, figsize, rc


def plot() -> Figure:
    with rc_context(rc(find_venue("ieee-journal"))):
        figure = Figure(figsize=figsize(252, 0.6), layout="constrained")
        axes = figure.subplots()
        axes.plot([1, 2, 3], [-0.1, 0.4, 0.2], marker="o")
        axes.set(xlabel="α – epoch", ylabel="mIoU (%)")
        return figure


@pytest.mark.parametrize("formats", [["pdf"], ["svg"], ["png"], ["pdf", "svg", "png"]])
def test_a_second_save_is_the_same_bytes(formats: list[str], tmp_path: Path) -> None:
    one = save(plot(), tmp_path / "a" / "figure", formats=formats)
    two = save(plot(), tmp_path / "b" / "figure", formats=formats)
    assert [path.suffix[1:] for path in one] == formats
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_saving_is_not_deterministic_by_itself(tmp_path: Path) -> None:
    for name in ("a", "b"):
        plot().savefig(tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() != (tmp_path / "b.svg").read_bytes()


def test_the_preview_comes_last(tmp_path: Path) -> None:
    paths = save(plot(), tmp_path / "figure", preview=tmp_path / "previews" / "figure.png")
    assert [path.name for path in paths] == ["figure.pdf", "figure.png"]


@pytest.mark.poppler
def test_the_page_is_as_wide_as_the_column_and_no_font_is_type_3(tmp_path: Path) -> None:
    [path] = save(plot(), tmp_path / "figure")
    info = _run("pdfinfo", path)
    width = float(info.partition("Page size:")[2].split()[0])
    assert width == pytest.approx(252 * 72 / 72.27, abs=0.01)
    assert "CreationDate" not in info
    fonts = _run("pdffonts", path).splitlines()[2:]
    assert fonts and all("STIX" in row and "TrueType" in row for row in fonts)


def _run(program: str, path: Path) -> str:
    return subprocess.run([program, path], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", sorted(VENUES))
def test_no_text_is_smaller_than_six_points_in_print(name: str) -> None:
    sizes = [value for key, value in rc(find_venue(name)).items() if key.endswith("size")
             and "tick.major" not in key and "marker" not in key]  # fmt: skip
    assert min(sizes) * INCH / 72 >= 6


def test_no_two_curves_share_line_and_marker_or_colour() -> None:
    looks = [*CYCLE, FULL]
    assert len({str(style) for _, style, _ in looks}) == len(looks)
    assert len({marker for *_, marker in looks}) == len(looks)
    assert len({colour for colour, *_ in looks}) == len(looks)

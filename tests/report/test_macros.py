r"""\pk in text, headings and captions; the whole paper from runs to pages."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from paperkit import paper
from paperkit.errors import Findings
from paperkit.report import build

TEMPLATE = Path(__file__).parents[2] / "template/{{cookiecutter.project_slug}}/paper"


def pages(pdf: Path) -> str:
    """The text of a PDF on one line, hyphenation undone."""
    done = subprocess.run(
        ["pdftotext", pdf, "-"], capture_output=True, encoding="utf-8", check=True
    )
    return re.sub(r"\s+", " ", done.stdout.replace("-\n", ""))


def with_paper(writer: Any) -> Any:
    shutil.copytree(TEMPLATE, writer.folder / "paper")
    return writer


@pytest.mark.latex
@pytest.mark.poppler
def test_macros_work_in_headings_and_captions_and_unknown_ones_are_seen(writer: Any) -> None:
    writer.ablation()
    text = r"""
\documentclass[journal]{IEEEtran}\usepackage[T1]{fontenc}
\input{generated/macros.tex}
\begin{document}
\tableofcontents
\section{Reaching \pk{ablation/full/iou_set}}
Text \pk{ablation/ca/iou_set/delta} over \pk{ablation/ca/iou_set/n} runs.
\begin{figure}[h]\caption{Caption \pk{ablation/full/iou_set/std}.}\end{figure}
\pkif{ablation/none}{wrong}{absent} \pkif{ablation/ca/iou_set}{present}{wrong}
\pk{ablation/gone/iou_set}
\end{document}
"""
    writer.text("paper/main.tex", text.strip())
    build(writer.project())
    with pytest.raises(Findings) as caught:
        paper.compile_pdf(writer.project())
    assert str(caught.value) == (
        "paper/main.tex:9: unknown result ablation/gone/iou_set, printed as ??"
    )
    found = pages(writer.folder / "paper/main.pdf")
    assert "REACHING 77.00" in found.upper() and "Text +2.50 over 2 runs." in found
    assert "Caption 1.41." in found and "absent present ??" in found


@pytest.mark.latex
@pytest.mark.poppler
def test_the_paper_compiles_before_the_first_report_and_without_runs(writer: Any) -> None:
    with_paper(writer)
    paper.compile_pdf(writer.project())
    assert "Title of the paper" in pages(writer.folder / "paper/main.pdf")
    build(writer.project())
    paper.compile_pdf(writer.project())
    found = pages(writer.folder / "paper/main.pdf")
    assert "Attention & fusion_100%" in found and "Zoë Müller" in found
    assert "The ablation has not been run yet." in found and "??" not in found


@pytest.mark.latex
@pytest.mark.poppler
def test_the_paper_shows_the_numbers_of_the_runs(writer: Any) -> None:
    with_paper(writer)
    writer.ablation(["iou_set", "dice_img"])
    copied = {"segnet": {"camvid": {"iou_set": 60.1}, "cite": "maierhein2024metrics"}}
    writer.comparison(literature=copied)
    assert build(writer.project()).warnings == ()
    pdf = paper.compile_pdf(writer.project())
    found = pages(pdf)
    assert "reaches a mean intersection over union of 77.00 %" in found
    assert "+6.00 percentage points" in found and "2.02 million parameters" in found
    for number in ("73.50±2.12", "73.50±0.71", "83.50±2.12", "55.00±7.07", "60.1", "2.01"):
        assert number in found, number
    assert "U-Net [" in found and "Coordinate attention" in found and "??" not in found
    before = pdf.read_bytes()
    pdf.unlink()
    assert paper.compile_pdf(writer.project()).read_bytes() == before


@pytest.mark.latex
def test_no_box_is_overfull(writer: Any, tmp_path: Path) -> None:
    with_paper(writer)
    writer.ablation(["iou_set", "dice_img"])
    writer.comparison()
    build(writer.project())
    command = ["latexmk", "-norc", "-pdf", "-interaction=nonstopmode", "main.tex"]
    subprocess.run(command, cwd=writer.folder / "paper", capture_output=True, check=True)
    log = (writer.folder / "paper/main.log").read_text(encoding="utf-8", errors="replace")
    assert re.findall(r"Overfull.*", log) == []
    assert "Missing character" not in log


@pytest.mark.latex
@pytest.mark.poppler
def test_previews_follow_their_tables(writer: Any) -> None:
    writer.ablation()
    build(writer.project())
    picture = paper.table_previews(writer.project())[0]
    assert picture.name == "tab_ablation.png"
    first, time = picture.read_bytes(), picture.stat().st_mtime_ns
    writer.comparison()  # numbers of another table are not in this picture
    build(writer.project())
    paper.table_previews(writer.project())
    assert picture.stat().st_mtime_ns == time
    writer.run("ablation/ca/seed0", {"iou_set": 0.1})
    build(writer.project())
    paper.table_previews(writer.project())
    assert picture.read_bytes() != first
    for plan in (writer.folder / "runs").glob("*/plan.json"):
        plan.unlink()
    build(writer.project())
    assert paper.table_previews(writer.project()) == []
    assert not picture.exists()


@pytest.mark.latex
@pytest.mark.poppler
def test_each_preview_is_of_its_own_table(writer: Any) -> None:
    """They are compiled together; one that does not compile costs the others nothing."""
    writer.ablation()
    writer.comparison()
    build(writer.project())
    together = paper.table_previews(writer.project())
    assert len(together) > 3
    for picture in together:
        before = picture.read_bytes()
        picture.unlink()  # only this one is made again, by itself
        paper.table_previews(writer.project())
        assert picture.read_bytes() == before, picture.name
    broken = together[1]
    source = broken.parents[1] / f"{broken.stem}.tex"
    source.write_text(r"\undefined" + source.read_text(encoding="utf-8"), encoding="utf-8")
    rest = [picture for picture in together if picture != broken]
    for picture in rest:
        picture.unlink()
    assert paper.table_previews(writer.project()) == rest
    assert not broken.exists()

"""The Word file, read by another program: three lines, heads, marks; the same bytes every time."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from paperkit.latex import Tex, escape
from paperkit.report import build, check
from paperkit.report.office import package
from paperkit.report.plain import plain_text
from paperkit.report.table import Cell, Column, Table
from paperkit.report.table_docx import table_docx


def opened(table: Table) -> Any:
    return Document(io.BytesIO(package(table_docx(table))))


def generated(writer: Any, name: str) -> Any:
    build(writer.project())
    return Document(str(writer.folder / "paper/generated" / name))


def texts(document: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[0].rows]


def lines(row: Any) -> set[tuple[str, str, str]]:
    """(side, kind, eighths of a point) of the borders of a row's cells."""
    sides = [side for borders in row._tr.iter(qn("w:tcBorders")) for side in borders]
    return {(s.tag.split("}")[1], s.get(qn("w:val")), s.get(qn("w:sz"))) for s in sides}


def small(name: str = "Method", group: str = "") -> Table:
    first = Column(Cell(escape(name), name), (Cell(escape(name), name),), align="l")
    number = Column(
        Cell(escape(name), name), (Cell(Tex("$-$1.5"), "-1.5", note="a"),), "%", group=group
    )
    return Table("tab_x", (first, number), notes=(("a", escape(name)),), caption=escape(name))


def test_what_it_says(writer: Any) -> None:
    writer.comparison()
    document = generated(writer, "tab_comparison.docx")
    table = texts(document)
    assert table[0][:3] == ["", "camvid", "Synth_1"]
    assert table[1][:3] == ["Method", "mIoU ↑\n(%)", "mIoU ↑\n(%)"]
    assert [row[0] for row in table[2:]] == ["U-Net [ronneberger2015unet]", "Ours"]
    assert table[2][1].replace("\xa0", " ").strip() == "55.00 ± 7.07"
    caption = document.paragraphs[0]._p
    assert "".join(t.text for t in caption.iter(qn("w:t"))).startswith("Table 1. mIoU: inters")
    (field,) = caption.iter(qn("w:fldSimple"))
    assert field.get(qn("w:instr")) == " SEQ Table \\* ARABIC "


def test_three_lines_and_no_others(writer: Any) -> None:
    writer.ablation()
    head, *body, last = generated(writer, "tab_ablation.docx").tables[0].rows
    assert lines(head) == {("top", "single", "8"), ("bottom", "single", "4")}
    assert [lines(row) for row in body] == [set()] * 3
    assert lines(last) == {("bottom", "single", "8")}


def test_groups_and_rules_have_thin_lines(writer: Any) -> None:
    writer.comparison()
    groups, heads, first, last = generated(writer, "tab_comparison.docx").tables[0].rows
    assert lines(groups) == {("top", "single", "8")}
    under = [bool(cell._tc.xpath(".//w:pBdr/w:bottom")) for cell in groups.cells]
    assert under[:3] == [False, True, True]
    assert lines(heads) == {("bottom", "single", "4")}
    assert lines(first) == set()
    assert lines(last) == {("top", "single", "4"), ("bottom", "single", "8")}  # ours apart


def test_marks_are_looks(writer: Any) -> None:
    writer.ablation()
    rows = generated(writer, "tab_ablation.docx").tables[0].rows
    runs = [row.cells[2].paragraphs[0].runs[0] for row in rows[1:]]
    assert [(run.text, run.bold, run.underline) for run in runs] == [
        ("71.00", None, None),
        ("73.50", None, True),
        ("73.50", None, True),
        ("77.00", True, None),
    ]
    style = rows[1].cells[2].paragraphs[0].style
    assert (style.font.name, style.font.size.pt) == ("Times New Roman", 9)


def test_a_missing_spread_keeps_its_room(writer: Any) -> None:
    writer.ablation()
    writer.run("ablation/ca/seed1", {"iou_set": 0.9}, status="failed")
    document = generated(writer, "tab_ablation.docx")
    table = texts(document)
    assert table[2][2] == "72.00" + "\xa0\u2007\xa0\u2007\u2008\u2007\u2007" + "a"
    assert table[1][2] == "71.00\xa0±\xa01.41" + "\u2007"
    raised = [run.text for run in document.tables[0].rows[2].cells[2].paragraphs[0].runs]
    assert raised == ["72.00", "\xa0\u2007\xa0\u2007\u2008\u2007\u2007", "a"]
    assert document.paragraphs[-1].text.startswith("a n = 1 of 2 runs (1 failed)")


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Co", "Cn", "Mn"])))
def test_any_name_is_text(name: str) -> None:
    shown = plain_text(escape(name))
    document = opened(small(name, group=name))
    assert document.tables[0].rows[-1].cells[0].text == shown
    assert document.paragraphs[-1].text == f"a {shown}."


def test_wide_tables_have_the_page_on_its_side() -> None:
    one = small().columns[1]
    section = opened(replace(small(), columns=(one,) * 12)).sections[0]
    assert section.page_width > section.page_height
    section = opened(small()).sections[0]
    assert section.page_width < section.page_height


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows(rows: int) -> None:
    table = small()
    columns = tuple(replace(c, cells=c.cells[:rows]) for c in table.columns)
    made = opened(replace(table, columns=columns)).tables[0].rows
    assert len(made) == 1 + rows
    assert {("top", "single", "8")} <= lines(made[0])
    assert ("bottom", "single", "8") in lines(made[-1])


def test_no_clock_and_no_author(writer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    writer.ablation()
    build(writer.project())
    folder = writer.folder / "paper/generated"
    for name in ("tab_ablation.docx", "tab_ablation.xlsx"):
        first = (folder / name).read_bytes()
        (folder / name).unlink()
        monkeypatch.setattr("time.time", lambda: 2e9)
        build(writer.project())
        assert (folder / name).read_bytes() == first
        with zipfile.ZipFile(folder / name) as file:
            assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert not [n for n in file.namelist() if n.startswith("docProps")]


def test_only_what_changed_is_made_again(writer: Any) -> None:
    writer.ablation()
    writer.comparison()
    build(writer.project())
    assert build(writer.project()).written == ()
    assert not [f for f in check(writer.project()) if "docx" in f.place]
    writer.run("ablation/ca/seed0", {"iou_set": 0.60})
    findings = {str(f) for f in check(writer.project())}
    assert "paper/generated/tab_ablation.docx: out of date" in findings
    assert "paper/generated/tab_comparison.docx: out of date" not in findings
    written = {path.name for path in build(writer.project()).written}
    assert {"tab_ablation.docx", "tab_ablation.xlsx", "tab_ablation.md"} <= written
    assert not {"tab_comparison.docx", "tab_comparison.xlsx"} & written


def test_an_edited_file_is_a_finding(writer: Any) -> None:
    writer.ablation()
    build(writer.project())
    path: Path = writer.folder / "paper/generated/tab_ablation.docx"
    path.write_bytes(path.read_bytes() + b"edited")
    findings = {str(f) for f in check(writer.project())}
    assert "paper/generated/tab_ablation.docx: edited by hand" in findings

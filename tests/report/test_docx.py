"""The Word file, read as XML: three lines, heads, marks; the same bytes every time."""

import io
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperkit.latex import Tex, escape
from paperkit.report import build, check
from paperkit.report.files.office import package
from paperkit.report.files.plain import plain_text
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.table_docx import table_docx
from paperkit.report.files.table_xlsx import table_xlsx

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# ECMA-376, part 1, section 17: Word opens no file whose elements stand in another order
ORDER = {
    "pPr": ["pStyle", "keepNext", "pBdr", "spacing", "ind", "jc"],
    "rPr": ["rFonts", "b", "sz", "u", "vertAlign"],
    "tblPr": ["tblW", "jc", "tblCellMar", "tblLook"],
    "tblCellMar": ["left", "right"],
    "trPr": ["cantSplit", "tblHeader"],
    "tcPr": ["tcW", "gridSpan", "tcBorders", "vAlign"],
    "tcBorders": ["top", "bottom"],
    "tbl": ["tblPr", "tblGrid", "tr"],
    "sectPr": ["pgSz", "pgMar", "cols", "docGrid"],
}


FRESH = (
    "[print(m['sha256'](m['package'](m[write](m['small']()))).hexdigest())"
    " for write in ('table_docx', 'table_xlsx')]"
)


def opened(table: Table) -> ET.Element:
    return body(io.BytesIO(package(table_docx(table))))


def generated(writer: Any, name: str) -> ET.Element:
    build(writer.project())
    return body(writer.folder / "paper/generated" / name)


def body(file: Any) -> ET.Element:
    with zipfile.ZipFile(file) as members:
        (found,) = ET.fromstring(members.read("word/document.xml"))
    return found


def said(element: ET.Element) -> str:
    return "".join("\n" if e.tag == W + "br" else e.text or "" for e in parts(element, "t", "br"))


def parts(element: ET.Element, *tags: str) -> list[ET.Element]:
    return [e for e in element.iter() if e.tag.removeprefix(W) in tags]


def texts(document: ET.Element) -> list[list[str]]:
    return [[said(cell) for cell in parts(row, "tc")] for row in parts(document, "tr")]


def lines(row: ET.Element) -> set[tuple[str, str | None, str | None]]:
    """(side, kind, eighths of a point) of the borders of a row's cells."""
    sides = [side for borders in parts(row, "tcBorders") for side in borders]
    return {(s.tag.removeprefix(W), s.get(f"{W}val"), s.get(f"{W}sz")) for s in sides}


def looks(run: ET.Element) -> set[tuple[str, str | None]]:
    return {(e.tag.removeprefix(W), e.get(f"{W}val")) for e in run.iterfind(f"{W}rPr/*")}


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
    assert said(document[0]).startswith("Table 1. mIoU: inters")
    (field,) = parts(document[0], "fldSimple")
    assert field.get(f"{W}instr") == " SEQ Table \\* ARABIC "
    assert [e.tag for e in document[:2]] == [f"{W}p", f"{W}tbl"]  # the caption is above


def test_a_group_spans_its_columns() -> None:
    first, number = small(group="camvid").columns
    groups, heads, _ = parts(opened(replace(small(), columns=(first, number, number))), "tr")
    assert [said(cell) for cell in parts(groups, "tc")] == ["", "camvid"]
    assert [e.get(f"{W}val") for e in parts(groups, "gridSpan")] == ["2"]
    assert len(parts(heads, "tc")) == 3


def test_three_lines_and_no_others(writer: Any) -> None:
    writer.ablation()
    head, *rows, last = parts(generated(writer, "tab_ablation.docx"), "tr")
    assert lines(head) == {("top", "single", "8"), ("bottom", "single", "4")}
    assert [lines(row) for row in rows] == [set()] * 3
    assert lines(last) == {("bottom", "single", "8")}


def test_groups_and_rules_have_thin_lines(writer: Any) -> None:
    writer.comparison()
    groups, heads, first, last = parts(generated(writer, "tab_comparison.docx"), "tr")
    assert lines(groups) == {("top", "single", "8")}
    under = [bool(parts(cell, "pBdr")) for cell in parts(groups, "tc")]
    assert under[:3] == [False, True, True]
    assert lines(heads) == {("bottom", "single", "4")}
    assert lines(first) == set()
    assert lines(last) == {("top", "single", "4"), ("bottom", "single", "8")}  # ours apart
    assert [len(parts(row, "tblHeader")) for row in (groups, heads, first, last)] == [1, 1, 0, 0]


def test_marks_are_looks(writer: Any) -> None:
    writer.ablation()
    rows = parts(generated(writer, "tab_ablation.docx"), "tr")
    runs = [parts(parts(row, "tc")[2], "r")[0] for row in rows[1:]]
    assert [(said(run), looks(run)) for run in runs] == [
        ("71.00\xa0±\xa01.41", set()),
        ("73.50", {("u", "single")}),
        ("73.50", {("u", "single")}),
        ("77.00", {("b", None)}),
    ]
    with zipfile.ZipFile(writer.folder / "paper/generated/tab_ablation.docx") as members:
        styles = ET.fromstring(members.read("word/styles.xml"))
    normal, paper = parts(styles, "style")
    assert (normal.get(f"{W}styleId"), parts(normal, "rPr", "pPr")) == ("Normal", [])
    (font,), (size,) = parts(paper, "rFonts"), parts(paper, "sz")
    assert (font.get(f"{W}ascii"), size.get(f"{W}val")) == ("Times New Roman", "18")
    used = {e.get(f"{W}val") for row in rows for e in parts(row, "pStyle")}
    assert used == {paper.get(f"{W}styleId")}


def test_a_missing_spread_keeps_its_room(writer: Any) -> None:
    writer.ablation()
    writer.run("ablation/ca/seed1", {"iou_set": 0.9}, status="failed")
    document = generated(writer, "tab_ablation.docx")
    table = texts(document)
    assert table[2][2] == "72.00" + "\xa0\u2007\xa0\u2007\u2008\u2007\u2007" + "a"
    assert table[1][2] == "71.00\xa0±\xa01.41" + "\u2007"
    *_, number, note = parts(parts(parts(document, "tr")[2], "tc")[2], "r")
    assert (said(number), looks(number)) == (table[2][2].removesuffix("a"), set())
    assert (said(note), looks(note)) == ("a", {("vertAlign", "superscript")})
    assert said(parts(document, "p")[-1]).startswith("a n = 1 of 2 runs (1 failed)")


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Co", "Cn", "Mn"])))
def test_any_name_is_text(name: str) -> None:
    shown = plain_text(escape(name))
    document = opened(small(name, group=name))
    assert texts(document)[-1][0] == shown
    assert said(parts(document, "p")[-1]) == f"a {shown}."


@pytest.mark.parametrize("code", [0, 1, 8, 11, 0x1F, 0x7F, 0xD800, 0xFFFE, 0xFFFF, 0x10FFFF])
def test_what_xml_cannot_hold_is_no_traceback(code: int) -> None:
    name = f"a{chr(code)}b"
    assert texts(opened(small(name, group=name)))[-1][0] == plain_text(escape(name))


def test_elements_stand_in_the_order_of_the_standard() -> None:
    first, number = small(group="camvid").columns
    marked = replace(number, cells=(replace(number.cells[0], mark="second", std="0.1"),))
    for columns in [(first, number, marked), (first, *[marked] * 12)]:
        document = opened(replace(small(), columns=columns))
        for element in document.iter():
            if order := ORDER.get(element.tag.removeprefix(W)):
                places = [order.index(child.tag.removeprefix(W)) for child in element]
                assert places == sorted(places)


def test_wide_tables_have_the_page_on_its_side() -> None:
    first, one = small().columns
    one = replace(one, cells=(Cell(Tex("100.00"), "100.00", "12.34"),))  # about 60 pt
    for count, size in [(8, (15840, 12240)), (6, (12240, 15840))]:
        (page,) = parts(opened(replace(small(), columns=(first, *[one] * count))), "pgSz")
        assert (int(page.get(f"{W}w", 0)), int(page.get(f"{W}h", 0))) == size


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows(rows: int) -> None:
    table = small()
    columns = tuple(replace(c, cells=c.cells[:rows]) for c in table.columns)
    made = parts(opened(replace(table, columns=columns)), "tr")
    assert len(made) == 1 + rows
    assert {("top", "single", "8")} <= lines(made[0])
    assert ("bottom", "single", "8") in lines(made[-1])


def test_no_columns_are_no_table() -> None:
    assert parts(opened(replace(small(), columns=())), "tbl", "tr") == []


def test_no_clock_and_no_author(writer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    writer.ablation()
    build(writer.project())
    folder = writer.folder / "paper/generated"
    for name in ("tab_ablation.docx", "tab_ablation.xlsx"):
        first = (folder / name).read_bytes()
        (folder / name).unlink()
        monkeypatch.setattr("time.time", lambda: 2e9)
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        build(writer.project())
        assert (folder / name).read_bytes() == first
        with zipfile.ZipFile(folder / name) as file:
            assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert {member.compress_type for member in file.infolist()} == {zipfile.ZIP_STORED}
            said = b"".join(file.read(member) for member in file.namelist())
        assert b"python-docx" not in said
        assert b"<dc:creator>" not in said or b"<dc:creator></dc:creator>" in said
        assert said.count(b"1980-01-01T00:00:00Z") == said.count(b"dcterms:W3CDTF")


def test_what_was_written_before_and_another_interpreter_change_no_byte() -> None:
    def digests() -> list[str]:
        return [sha256(package(write(small()))).hexdigest() for write in (table_docx, table_xlsx)]

    digests()
    program = f"import runpy; m = runpy.run_path({__file__!r}); {FRESH}"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    fresh = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert fresh.stdout.split() == digests()


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

"""Columns of the Word file: no number is broken, nothing leaves the page; judged by another font.

STIX is the typeface of the Times family that matplotlib brings.
"""

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from functools import cache
from typing import Any

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from paperkit.latex import Tex, escape
from paperkit.report import build
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.table_docx import table_docx

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
GAPS = 7.2  # points beside a column
TIMES = FontProperties(family="STIXGeneral")


@cache
def measured(text: str) -> float:
    """Points of a text at 9 pt."""
    if not text.strip():
        return 0.0
    return float(TextPath((0, 0), text, size=9, prop=TIMES).get_extents().width)


def document(content: bytes) -> ET.Element:
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        (found,) = ET.fromstring(members.read("word/document.xml"))
    return found


def points(element: ET.Element | None, name: str) -> float:
    return int("0" if element is None else element.get(f"{W}{name}", "0")) / 20


def said(element: ET.Element) -> str:
    return "".join("\n" if e.tag == f"{W}br" else e.text or "" for e in element.iter())


def rows(table: ET.Element) -> list[list[ET.Element]]:
    return [list(row.iter(f"{W}tc")) for row in table.iter(f"{W}tr")]


def longest(cell: ET.Element) -> float:
    """Points of the longest word: between spaces, but not those that hold ± and spread."""
    words = [0.0]
    for run in cell.iter(f"{W}r"):
        raised = run.find(f"{W}rPr/{W}vertAlign") is not None
        for i, part in enumerate(re.split(r"[ \n]", said(run))):
            words += [0.0] * (i > 0)
            words[-1] += measured(part) * (0.6 if raised else 1)
    return max(words)


def judge(content: bytes) -> list[ET.Element]:
    """The tables, after a look at every one of their cells."""
    found = document(content)
    (page,) = found.iter(f"{W}pgSz")
    tables = list(found.iter(f"{W}tbl"))
    for table in tables:
        grid = [points(column, "w") for column in table.iter(f"{W}gridCol")]
        assert sum(grid) <= points(page, "w") - 2 * 54 + 0.5
        for row in rows(table):
            widths = [points(cell.find(f"{W}tcPr/{W}tcW"), "w") for cell in row]
            assert sum(widths) == pytest.approx(sum(grid), abs=0.5)
            for cell, width in zip(row, widths, strict=True):
                assert longest(cell) <= width - GAPS + 0.2, (said(cell), width)
    return tables


def number(text: str, std: str = "", **more: Any) -> Cell:
    return Cell(Tex(text), text, std, **more)


def wide(columns: int, *, names: int = 6, group: str = "") -> Table:
    words = ["Cross-scale", "feature", "aggregation", "with", "gated", "attention"]
    name = escape(" ".join(words[:names]))
    first = Column(Cell(Tex("Method"), "Method"), (Cell(name, name),) * 3, align="l")
    cells = (number("73.50", "12.12", mark="best"), number("100.00", "1.41", note="a,b"), Cell())
    more = [
        Column(number(f"metric{n}"), cells, "(per image, %)", f"{group}{n // 2}" if group else "")
        for n in range(columns)
    ]
    return Table("tab_x", (first, *more))


@pytest.mark.parametrize("names", [1, 6])
@pytest.mark.parametrize("columns", [1, 4, 7, 14, 40])
def test_no_word_and_no_number_is_broken(columns: int, names: int) -> None:
    tables = judge(table_docx(wide(columns, names=names, group="data set ")))
    heads = [said(cell) for table in tables for cell in rows(table)[1]]
    metrics = [head.partition("\n")[0] for head in heads if head != "Method"]
    assert metrics == [f"metric{n}" for n in range(columns)]
    assert heads.count("Method") == len(tables)
    assert (len(tables) > 1) == (columns > 9)


def test_a_narrow_table_is_as_wide_as_what_is_in_it() -> None:
    (table,) = judge(table_docx(wide(2, names=1)))
    needed = sum(max(measured(text) for text in column) + GAPS for column in (
        ["Cross-scale"], ["(per image, %)"], ["(per image, %)"],
    ))  # fmt: skip
    grid = sum(points(column, "w") for column in table.iter(f"{W}gridCol"))
    assert needed <= grid <= 1.25 * needed


def test_panels_have_letters_and_a_line_each(writer: Any) -> None:
    sets = tuple(f"dataset{n}" for n in range(12))
    writer.comparison(sets)
    build(writer.project())
    content = (writer.folder / "paper/generated/tab_comparison.docx").read_bytes()
    tables = judge(content)
    assert len(tables) > 1
    assert [text for table in tables for cell in rows(table)[0] if (text := said(cell))] == [*sets]
    texts = ["".join(p.itertext()) for p in document(content) if p.tag == f"{W}p"]
    assert texts[1 : 1 + len(tables)] == [f"({letter})" for letter in "abcdef"[: len(tables)]]
    for table in tables:
        sides = {e.tag.removeprefix(W) for e in table.iter() if e.tag in (f"{W}top", f"{W}bottom")}
        assert sides == {"top", "bottom"}

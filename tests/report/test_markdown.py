"""The Markdown table shows what the printed one shows, and names stay text in a real parser."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from paperkit.latex import Tex, escape
from paperkit.report import build
from paperkit.report.files.plain import plain_text
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.table_md import table_md

GITHUB = MarkdownIt("gfm-like", {"linkify": False}).enable("table")
HOSTILE = [
    "a | b",
    "`code` ``x``",
    "*a* **b** ***",
    "_a_ __b__",
    "<script>alert(1)</script>",
    "<b>&lt;&amp;",
    "[text](http://example.org) ![x](y)",
    "line\n\n| --- |\nbreak",
    "~~gone~~ \\| \\\\ \\",
    "$x^2$ $$",
    "http://example.org www.example.org a@example.org",
    "# head",
    "- item",
    "1. one",
    "| --- |",
    "&#124;",
    "<!-- ",
    "---",
]


def table(name: str, *, note: str = "", group: str = "") -> Table:
    first = Column(Cell(escape(name), name), (Cell(escape(name), name),), align="l")
    number = Column(
        Cell(escape(name), name), (Cell(Tex("1.0"), "1.0", mark="best"),), name, group or name
    )
    text = escape(note or name)
    return Table("tab_x", (first, number), notes=(("a", text),), caption=text)


def tags(text: str) -> list[str]:
    return re.findall(r"</?(\w+)", GITHUB.render(text))


def texts(text: str) -> list[str]:
    """What a reader sees of each cell and paragraph."""
    found = []
    for token in GITHUB.parse(text):
        if token.type == "inline":
            parts = [child.content for child in token.children or [] if child.type != "html_inline"]
            found.append("".join(parts).strip())
    return found


def seen(name: str) -> str:
    return plain_text(escape(name))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_text(name: str) -> None:
    text = table_md(table(name))
    assert tags(text) == tags(table_md(table("name")))
    head = " ".join(filter(None, [seen(name)] * 3))
    assert texts(text) == [
        seen(name), head, seen(name), "1.0", f"a {seen(name)}.", f"Table: {seen(name)}"
    ]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("a1 |`*_<>[]()!&;#-+=~\\$:/.\n\t@^{}\"'xX"), min_size=1))
def test_any_name_is_text(name: str) -> None:
    text = table_md(table(name))
    if seen(name):
        assert tags(text) == tags(table_md(table("name")))
        assert texts(text)[0] == seen(name)


def test_an_unescaped_name_would_break_the_table() -> None:
    broken = table_md(table("NAME")).replace("NAME", "a | <b>x</b>")
    assert tags(broken) != tags(table_md(table("name")))


def test_the_whole_table(writer: Any) -> None:
    writer.ablation()
    writer.run("ablation/ca/seed1", {"iou_set": 0.9}, status="failed")
    build(writer.project())
    text = (writer.folder / "paper/generated/tab_ablation.md").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[:2] == [
        "| CA | CGA | mIoU ↑ (%) | Δ | Params (M) | GMACs |",
        "| :---: | :---: | ---: | ---: | ---: | ---: |",
    ]
    body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:6]]
    assert [row[:3] for row in body] == [
        ["", "", "71.00 ± 1.41"],
        ["✓", "", "72.00<sup>a</sup>"],
        ["", "✓", "<ins>73.50</ins> ± 0.71"],
        ["✓", "✓", "**77.00** ± 1.41"],
    ]
    assert body[0][4:] == ["1.94", "0.50"]
    assert lines[7].startswith("<sup>a</sup> n = 1 of 2 runs (1 failed)")
    assert lines[-1].startswith("Table: mIoU: intersection over union from counts pooled over the ")


def test_two_lines_of_heads_become_one(writer: Any) -> None:
    writer.comparison()
    build(writer.project())
    text = (writer.folder / "paper/generated/tab_comparison.md").read_text(encoding="utf-8")
    head, _, first = text.splitlines()[:3]
    assert head.startswith("| Method | camvid mIoU ↑ (%) | Synth\\_1 mIoU ↑ (%) | ")
    assert first.startswith("| U-Net \\[ronneberger2015unet\\] | ")


def test_a_sign_and_a_note_are_raised() -> None:
    cell = Cell(Tex("+1.23"), "+1.23", sign="method", note="a")
    column = Column(Cell(Tex(r"\ensuremath{\Delta}"), "D", note="b"), (cell,))
    assert table_md(Table("tab_x", (column,))).splitlines() == [
        "| Δ<sup>b</sup> |",
        "| ---: |",
        "| +1.23<sup>\\*a</sup> |",
    ]


def test_a_table_without_rows_is_a_table() -> None:
    empty = Table("tab_x", (Column(Cell(Tex("Method"), "Method"), (), align="l"),))
    assert table_md(empty) == "| Method |\n| :--- |\n"

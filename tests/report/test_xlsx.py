"""The Excel file, read by another program: numbers are numbers, names are never formulas."""

import io
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import load_workbook

from paperkit.latex import Tex, escape
from paperkit.report import build
from paperkit.report.files.office import package
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.table_xlsx import table_xlsx


def opened(table: Table) -> Any:
    return load_workbook(io.BytesIO(package(table_xlsx(table)))).active


def generated(writer: Any, name: str) -> Any:
    build(writer.project())
    return load_workbook(writer.folder / "paper/generated" / name).active


def named(name: str) -> Table:
    first = Column(Cell(escape(name), name), (Cell(escape(name), name),), align="l")
    number = Column(Cell(escape(name), name), (Cell(Tex("1.5"), "1.5"),), name, group=name)
    return Table("tab_x", (first, number), notes=(("a", escape(name)),), caption=escape(name))


def test_numbers_are_unrounded_and_shown_as_printed(writer: Any) -> None:
    writer.ablation()
    writer.run("ablation/ca/seed0", {"iou_set": 0.7212345})
    sheet = generated(writer, "tab_ablation.xlsx")
    mean, std = sheet["C4"], sheet["D4"]
    assert mean.value == pytest.approx((72.12345 + 75) / 2, abs=1e-12)
    assert std.value == pytest.approx((75 - 72.12345) / 2**0.5, abs=1e-12)
    assert (mean.number_format, std.number_format) == ("0.00", "0.00")
    assert (mean.data_type, std.data_type) == ("n", "n")
    delta = sheet["E4"]
    assert delta.value == pytest.approx((72.12345 + 75) / 2 - 71, abs=1e-12)
    assert delta.number_format.startswith("+0.00")
    assert delta.number_format.count(";-0.00") == 1


def test_heads_are_merged_over_what_they_stand_above(writer: Any) -> None:
    writer.comparison()
    sheet = generated(writer, "tab_comparison.xlsx")
    assert [sheet.cell(1, c).value for c in range(1, 6)] == [None, "camvid", None, "Synth_1", None]
    assert [sheet.cell(2, c).value for c in range(1, 6)] == [
        "Method", "mIoU ↑ (%)", None, "mIoU ↑ (%)", None
    ]  # fmt: skip
    assert [sheet.cell(3, c).value for c in range(1, 6)] == [None, "mean", "std", "mean", "std"]
    assert {"B1:C1", "D1:E1", "B2:C2", "D2:E2"} <= {str(r) for r in sheet.merged_cells.ranges}
    assert sheet.freeze_panes == "A4"
    assert sheet["A4"].value == "U-Net [ronneberger2015unet]"


def test_notes_and_signs_leave_a_number_a_number(writer: Any) -> None:
    writer.ablation()
    writer.run("ablation/ca/seed1", {"iou_set": 0.9}, status="failed")
    sheet = generated(writer, "tab_ablation.xlsx")
    assert (sheet["C4"].value, sheet["C4"].number_format) == (72, '0.00" [a]"')
    column = [sheet.cell(row, 1).value for row in range(7, sheet.max_row + 1)]
    assert next(filter(None, column)).startswith("a: n = 1 of 2 runs (1 failed)")
    assert column[-1].startswith("mIoU: intersection over union")


def test_caption_and_notes_are_read_without_a_scroll(writer: Any) -> None:
    """In lines no wider than the table or 120 characters, in rows that are high enough."""
    writer.comparison(tuple(f"set{n}" for n in range(8)))
    sheet = generated(writer, "tab_comparison.xlsx")
    caption = sheet.cell(sheet.max_row, 1)
    assert caption.alignment.wrap_text and len(caption.value) > 400
    (area,) = [r for r in sheet.merged_cells.ranges if r.min_row == caption.row]
    widths = {n: d.width for d in sheet.column_dimensions.values() for n in range(d.min, d.max + 1)}
    room = sum(widths[at] for at in range(area.min_col, area.max_col + 1))
    padding = 5 / 7 * (area.max_col - area.min_col + 1)  # 5 pixels of each, 7 are a character
    assert 80 < room - padding <= 120.5
    assert sheet.row_dimensions[caption.row].height >= 12 * len(caption.value) / room
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)


def test_marks_are_looks(writer: Any) -> None:
    writer.ablation()
    sheet = generated(writer, "tab_ablation.xlsx")
    looks = [(sheet.cell(r, 3).font.b, sheet.cell(r, 3).font.u) for r in range(3, 7)]
    assert looks == [(False, None), (False, "single"), (False, "single"), (True, None)]


@pytest.mark.parametrize(
    "name",
    ["=1+1", '=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", '<a>&"'],
)
def test_a_name_is_never_a_formula(name: str) -> None:
    sheet = opened(named(name))
    texts = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in texts} == {"s"}
    assert sheet["A3"].value == name
    # Excel shows it as typed, also after somebody entered the field and left it
    assert sheet["A3"].quotePrefix == (name[0] in "=+-@")


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows(rows: int) -> None:
    table = named("Method")
    columns = tuple(replace(c, cells=c.cells[:rows]) for c in table.columns)
    sheet = opened(replace(table, columns=columns))
    assert sheet["A2"].value == "Method"
    assert sheet["A3"].value == ("Method" if rows else None)


def test_what_is_missing_is_no_number() -> None:
    column = Column(Cell(Tex("mIoU"), "mIoU"), (Cell(), Cell(Tex(r"$<$0.001"), "<0.001")))
    sheet = opened(Table("tab_a/b:c", (column,)))
    assert [sheet["A2"].value, sheet["A3"].value] == ["–", "<0.001"]
    assert sheet.title == "a_b_c"

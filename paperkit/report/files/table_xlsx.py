"""Write a table for Excel: numbers that one can compute with, shown as they are printed."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from paperkit.latex import escape
from paperkit.report.files.plain import SIGNS, plain_text
from paperkit.report.files.table import Cell, Column, Table, spans

__all__ = ["table_xlsx"]

_FORMULA = ("=", "+", "-", "@")
_NUMBER = re.compile(r"[+−-]?\d+(?:\.(\d+))?")
_FONT = {"font_name": "Times New Roman", "font_size": 10}
_MARKS: dict[str, dict[str, Any]] = {"best": {"bold": True}, "second": {"underline": 1}}
_ALIGN = {"l": "left", "c": "center", "r": "right"}
_SPREAD, _LONGEST, _LINE = 8, 120, 14  # characters: of spreads, of a line; points of a line
_HEAD = {"bold": True, "align": "center"}


@dataclass(frozen=True)
class _Sheet:
    """A sheet of XlsxWriter's; rows and columns count from 0."""

    book: Any
    page: Any

    def text(self, row: int, at: int, text: str, look: dict[str, Any], columns: int = 1) -> None:
        """Text that is no formula, whatever it begins with, also after it was edited."""
        form = self.book.add_format({**look, "quote_prefix": text.startswith(_FORMULA)})
        if columns > 1:
            self.page.merge_range(row, at, row, at + columns - 1, "", form)
        self.page.write_string(row, at, text, form)

    def number(self, row: int, at: int, value: float, look: dict[str, Any]) -> None:
        self.page.write_number(row, at, value, self.book.add_format(look))


def table_xlsx(table: Table) -> bytes:
    """Return the file: heads, rows, notes, caption; a spread has its own column."""
    from xlsxwriter import Workbook

    target = io.BytesIO()
    book = Workbook(target, {"in_memory": True, "default_format_properties": dict(_FONT)})
    book.set_properties({"created": datetime(1980, 1, 1)})  # else it is the clock's
    name = re.sub(r"[^\w -]", "_", table.name.removeprefix("tab_"))[:31] or "table"
    page = book.add_worksheet(name)
    page.set_landscape()
    page.fit_to_pages(1, 0)  # in width
    _fill(_Sheet(book, page), table)
    book.close()
    return target.getvalue()


def _fill(sheet: _Sheet, table: Table) -> None:
    columns = table.printed
    starts = [0]
    for column in columns:
        starts.append(starts[-1] + 1 + _has_spread(column))
    first = _heads(sheet, columns, starts)
    sheet.page.freeze_panes(first, 0)
    for column, at in zip(columns, starts, strict=False):
        sheet.page.set_column(at, at, _width(column))
        if _has_spread(column):
            sheet.page.set_column(at + 1, at + 1, _SPREAD)
        for i, cell in enumerate(column.cells):
            _value(sheet, first + i, at, cell, column.align)
    end = first + (len(columns[0].cells) if columns else 0) + 1
    notes = [f"{letter}: {plain_text(text)}." for letter, text in table.notes]
    for below, line in enumerate([*notes, plain_text(table.caption)]):
        _below(sheet, end + below, line, columns)


def _below(sheet: _Sheet, row: int, text: str, columns: Sequence[Column]) -> None:
    """A text in lines, as wide as the table; Excel gives merged cells no height of their own."""
    wide = [part for c in columns for part in [_width(c), *[_SPREAD] * _has_spread(c)]]
    room = [sum(wide[: n + 1]) for n in range(len(wide))]
    across = max(sum(one <= _LONGEST for one in room), 1)
    look = {"align": "left", "valign": "top", "text_wrap": True}
    sheet.text(row, 0, text, look, across)
    sheet.page.set_row(row, _LINE * max(ceil(len(text) / (room or [1])[across - 1]), 1))


def _has_spread(column: Column) -> bool:
    return any(cell.std for cell in column.cells)


def _width(column: Column) -> int:
    """Characters that a column has room for; its head stands over its spreads, too."""
    head = len(f"{plain_text(column.head.tex)} {column.unit}")
    cells = [len(plain_text(cell.tex)) for cell in column.cells]
    return min(max([head - _SPREAD * _has_spread(column), *cells]) + 3, 60)


def _heads(sheet: _Sheet, columns: Sequence[Column], starts: Sequence[int]) -> int:
    """Write the heads, merged over what they stand above; return the first row of the body."""
    groups = [(name, starts[at], starts[at + count]) for name, at, count in spans(columns) if name]
    for name, at, end in groups:
        sheet.text(0, at, plain_text(escape(name)), _HEAD, end - at)
    row = 1 if groups else 0
    for column, at in zip(columns, starts, strict=False):
        words = [plain_text(column.head.tex), plain_text(escape(column.unit))]
        note = f" [{column.head.note}]" if column.head.note else ""
        spread = _has_spread(column)
        if text := " ".join(filter(None, words)) + note:
            sheet.text(row, at, text, _HEAD, 1 + spread)
        if spread:
            sheet.text(row + 1, at, "mean", _HEAD)
            sheet.text(row + 1, at + 1, "std", _HEAD)
    return row + 1 + any(map(_has_spread, columns))


def _value(sheet: _Sheet, row: int, at: int, cell: Cell, align: str) -> None:
    """A number with its signs and notes in its format, so that it stays one; else text."""
    text = plain_text(cell.tex)
    note = f" [{cell.note}]" if cell.note else ""
    look = {**_MARKS.get(cell.mark, {}), "align": _ALIGN[align]}
    if at and align == "l":  # numbers end where it begins
        look["indent"] = 1
    digits = _NUMBER.fullmatch(text)
    if digits and (cell.number is not None or align == "r"):
        value = float(text.replace("−", "-")) if cell.number is None else cell.number
        form = _form(digits[1] or "", SIGNS.get(cell.sign, "") + note, signed=text[0] == "+")
        sheet.number(row, at, value, {**look, "num_format": form})
    elif text or note:
        sheet.text(row, at, text + note, look)
    if cell.std:
        spread = float(cell.std) if cell.spread is None else cell.spread
        form = _form(cell.std.partition(".")[2], "", signed=False)
        sheet.number(row, at + 1, spread, {"align": "right", "num_format": form})


def _form(decimals: str, suffix: str, *, signed: bool) -> str:
    """The format of a number with as many decimals, and what is printed behind it."""
    shown = "0" + ("." + "0" * len(decimals) if decimals else "")
    shown += f'"{suffix}"' if suffix else ""
    return f"+{shown};-{shown};{shown}" if signed else shown

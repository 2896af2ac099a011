"""Write a table for Excel: numbers that one can compute with, shown as they are printed.

SpreadsheetML is ECMA-376, part 1, section 18; the order of its elements is part of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape as xml
from xml.sax.saxutils import quoteattr

from paperkit.latex import escape
from paperkit.report.plain import SIGNS, plain_text
from paperkit.report.table import Cell, Column, Table, spans

__all__ = ["table_xlsx"]

_FORMULA = ("=", "+", "-", "@")
_NUMBER = re.compile(r"[+−-]?\d+(?:\.(\d+))?")
_GENERAL, _OWN = 0, 164  # number formats: the one without a form; the first that a file may define

_M = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = (
    f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
)
_FONTS = ("", "<b/>", "<u/>")
PLAIN, BOLD, UNDERLINED = range(3)


@dataclass(frozen=True)
class _Look:
    """How a field looks; a file lists its looks, and fields name them by number."""

    font: int = PLAIN
    align: str = "left"
    form: str = ""
    quoted: bool = False


@dataclass
class _Sheet:
    """Fields by (row, column), from 1; merged ranges; looks in the order of their use."""

    fields: dict[tuple[int, int], str] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    looks: list[_Look] = field(default_factory=lambda: [_Look(align="general")])

    def text(self, row: int, column: int, text: str, look: _Look) -> None:
        """Text that is no formula, whatever it begins with, also after it was edited."""
        look = _Look(look.font, look.align, "", text.startswith(_FORMULA))
        inside = f'<is><t xml:space="preserve">{xml(text)}</t></is>'
        self._put(row, column, f' t="inlineStr">{inside}', look)

    def number(self, row: int, column: int, value: float, look: _Look) -> None:
        self._put(row, column, f"><v>{value!r}</v>", look)

    def merge(self, row: int, first: int, last: int) -> None:
        self.merged.append(f"{_place(row, first)}:{_place(row, last)}")

    def _put(self, row: int, column: int, content: str, look: _Look) -> None:
        if look not in self.looks:
            self.looks.append(look)
        style = self.looks.index(look)
        self.fields[row, column] = f'<c r="{_place(row, column)}" s="{style}"{content}</c>'


def table_xlsx(table: Table) -> dict[str, str]:
    """Return the file's members: heads, rows, notes, caption; a spread has its own column."""
    sheet, columns = _Sheet(), table.printed
    starts = [1]
    for column in columns:
        starts.append(starts[-1] + 1 + _has_spread(column))
    first = _heads(sheet, columns, starts)
    for column, at in zip(columns, starts, strict=False):
        for i, cell in enumerate(column.cells):
            _value(sheet, first + i, at, cell, column.align)
    end = first + (len(columns[0].cells) if columns else 0) + 1
    notes = [f"{letter}: {plain_text(text)}." for letter, text in table.notes]
    for below, line in enumerate([*notes, plain_text(table.caption)]):
        sheet.text(end + below, 1, line, _Look())
    name = re.sub(r"[^\w -]", "_", table.name.removeprefix("tab_"))[:31] or "table"
    return {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_M}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name={quoteattr(name)} sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")
        ),
        "xl/styles.xml": _styles(sheet.looks),
        "xl/worksheets/sheet1.xml": _worksheet(sheet, first, _widths(columns, starts)),
    }


def _has_spread(column: Column) -> bool:
    return any(cell.std for cell in column.cells)


def _heads(sheet: _Sheet, columns: tuple[Column, ...], starts: list[int]) -> int:
    """Write the heads, merged over what they stand above; return the first row of the body."""
    groups = [(name, starts[at], starts[at + count]) for name, at, count in spans(columns)]
    row = 1
    if any(name for name, *_ in groups):
        for name, at, end in groups:
            _head(sheet, row, (at, end), plain_text(escape(name)))
        row += 1
    for column, at in zip(columns, starts, strict=False):
        words = [plain_text(column.head.tex), plain_text(escape(column.unit))]
        note = f" [{column.head.note}]" if column.head.note else ""
        spread = _has_spread(column)
        _head(sheet, row, (at, at + 1 + spread), " ".join(filter(None, words)) + note)
        if spread:
            _head(sheet, row + 1, (at, at + 1), "mean")
            _head(sheet, row + 1, (at + 1, at + 2), "std")
    return row + 1 + any(map(_has_spread, columns))


def _head(sheet: _Sheet, row: int, place: tuple[int, int], text: str) -> None:
    first, end = place
    if text:
        sheet.text(row, first, text, _Look(BOLD, "center"))
        if end - first > 1:
            sheet.merge(row, first, end - 1)


def _value(sheet: _Sheet, row: int, at: int, cell: Cell, align: str) -> None:
    """A number with its signs and notes in its format, so that it stays one; else text."""
    text = plain_text(cell.tex)
    note = f" [{cell.note}]" if cell.note else ""
    font = {"best": BOLD, "second": UNDERLINED}.get(cell.mark, PLAIN)
    side = {"c": "center", "r": "right"}.get(align, "left")
    digits = _NUMBER.fullmatch(text)
    if digits and (cell.number is not None or align == "r"):
        value = float(text.replace("−", "-")) if cell.number is None else cell.number
        form = _form(digits[1] or "", SIGNS.get(cell.sign, "") + note, signed=text[0] == "+")
        sheet.number(row, at, value, _Look(font, side, form))
    elif text or note:
        sheet.text(row, at, text + note, _Look(font, side))
    if cell.std:
        spread = float(cell.std) if cell.spread is None else cell.spread
        form = _form(cell.std.partition(".")[2], "", signed=False)
        sheet.number(row, at + 1, spread, _Look(PLAIN, "right", form))


def _form(decimals: str, suffix: str, *, signed: bool) -> str:
    """The format of a number with as many decimals, and what is printed behind it."""
    shown = "0" + ("." + "0" * len(decimals) if decimals else "")
    shown += f'"{suffix}"' if suffix else ""
    return f"+{shown};-{shown};{shown}" if signed else shown


def _widths(columns: tuple[Column, ...], starts: list[int]) -> Iterator[tuple[int, int]]:
    """Columns of the sheet and how many characters wide they are."""
    for column, at in zip(columns, starts, strict=False):
        cells = [plain_text(cell.tex) for cell in (column.head, *column.cells)]
        yield at, min(max(map(len, cells), default=0) + len(column.unit) + 3, 60)


def _place(row: int, column: int) -> str:
    """B3 for row 3, column 2."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def _worksheet(sheet: _Sheet, first: int, widths: Iterator[tuple[int, int]]) -> str:
    frozen = f'ySplit="{first - 1}" topLeftCell="A{first}" activePane="bottomLeft" state="frozen"'
    rows: dict[int, list[str]] = {}
    for (row, _), text in sorted(sheet.fields.items()):
        rows.setdefault(row, []).append(text)
    columns = [
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>' for at, width in widths
    ]
    data = [f'<row r="{row}">{"".join(fields)}</row>' for row, fields in rows.items()]
    merged = [f'<mergeCell ref="{place}"/>' for place in sheet.merged]
    return (
        f'{_XML}<worksheet xmlns="{_M}"><sheetViews><sheetView workbookViewId="0">'
        f"<pane {frozen}/></sheetView></sheetViews>"
        + (f"<cols>{''.join(columns)}</cols>" if columns else "")
        + f"<sheetData>{''.join(data)}</sheetData>"
        + (f'<mergeCells count="{len(merged)}">{"".join(merged)}</mergeCells>' if merged else "")
        + "</worksheet>"
    )


def _styles(looks: list[_Look]) -> str:
    forms = list(dict.fromkeys(look.form for look in looks if look.form))
    listed = [
        f'<numFmt numFmtId="{_OWN + i}" formatCode={quoteattr(form)}/>'
        for i, form in enumerate(forms)
    ]
    fonts = [f'<font>{font}<sz val="10"/><name val="Times New Roman"/></font>' for font in _FONTS]
    formats = [
        f'<xf numFmtId="{_OWN + forms.index(look.form) if look.form else _GENERAL}" '
        f'fontId="{look.font}" fillId="0" borderId="0" xfId="0" quotePrefix="{look.quoted:d}" '
        f'applyNumberFormat="1" applyFont="1" applyAlignment="1">'
        f'<alignment horizontal="{look.align}"/></xf>'
        for look in looks
    ]
    return (
        f'{_XML}<styleSheet xmlns="{_M}">'
        + (f'<numFmts count="{len(listed)}">{"".join(listed)}</numFmts>' if listed else "")
        + f'<fonts count="{len(fonts)}">{"".join(fonts)}</fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs><cellXfs count="{len(formats)}">{"".join(formats)}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )


def _relations(*targets: tuple[str, str]) -> str:
    listed = [
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets, 1)
    ]
    return (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{"".join(listed)}</Relationships>'
    )

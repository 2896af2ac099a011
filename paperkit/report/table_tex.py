r"""Write a table as LaTeX: only the tabular (booktabs), so that the author owns float and caption.

Marks are macros (``\pkbest``, ``\pksecond``, ``\pkstd``, ``\pkyes``, ``\pkno``) that the author may
redefine. The font size and the space between columns are chosen so that the table fits the venue's
column, else the text width; it is never scaled.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from paperkit.latex import Tex, escape
from paperkit.report.table import Cell, Column, Table
from paperkit.report.venue import Venue
from paperkit.report.width import table_width

__all__ = ["Fit", "fit", "table_tex"]

SURE = 0.96  # the estimate of the width is some percent off
HEADER = "% Written by `paperkit report`: edits here are lost."


@dataclass(frozen=True)
class Fit:
    """How a table is set.

    Attributes:
        size: Font command; separation: tabcolsep in points; width: natural width in points.
        wide: Whether it needs the whole text width (table*).
        fits: Whether it fits at all.
    """

    size: str
    separation: float
    width: float
    wide: bool
    fits: bool


def fit(table: Table, venue: Venue) -> Fit:
    """Choose the roomiest setting in which the table fits."""
    ladder = [("footnotesize", venue.small, gap) for gap in (6.0, 4.5, 3.0, 2.5)]
    last = ("scriptsize", venue.script, 3.0)
    for wide, room, steps in (
        (False, venue.column, ladder),
        (True, venue.text, [*ladder, last]),
    ):
        for size, points, gap in steps:
            width = table_width(table, points, gap)
            if width <= SURE * room:
                return Fit(size, gap, width, wide, True)
    return Fit(last[0], last[2], table_width(table, last[1], last[2]), True, False)


def table_tex(table: Table, venue: Venue) -> str:
    """Return the file's text."""
    how = fit(table, venue)
    columns = table.printed
    groups = _groups(columns)
    lines = [
        HEADER,
        f"% natural width about {how.width:.0f} pt; column {venue.column:.0f} pt, "
        f"text {venue.text:.0f} pt",
        rf"\begingroup\{how.size}\setlength{{\tabcolsep}}{{{how.separation:g}pt}}"
        r"\renewcommand{\arraystretch}{1.1}%",  # an underline must not touch the next row
        rf"\begin{{tabular}}{{@{{}}{''.join(column.align for column in columns)}@{{}}}}",
        r"\toprule",
        *_group_lines(groups),
        _line([_head(column) for column in columns]),
        *_unit_line(columns),
        r"\midrule",
        *_body(table),
        r"\bottomrule",
        r"\end{tabular}%",
        *_note_lines(table),
        r"\endgroup",
    ]
    return "\n".join(lines) + "\n"


def _groups(columns: tuple[Column, ...]) -> list[tuple[str, int]]:
    """Neighbours with the same group, as (name, number of columns)."""
    runs: list[tuple[str, int]] = []
    for column in columns:
        if runs and column.group and runs[-1][0] == column.group:
            runs[-1] = (column.group, runs[-1][1] + 1)
        else:
            runs.append((column.group, 1))
    return runs


def _group_lines(groups: list[tuple[str, int]]) -> Iterator[str]:
    if not any(name for name, _ in groups):
        return
    yield _line([rf"\multicolumn{{{n}}}{{c}}{{{escape(g)}}}" if g else "" for g, n in groups])
    rules, first = [], 1
    for name, n in groups:
        if name:
            rules.append(rf"\cmidrule(lr){{{first}-{first + n - 1}}}")
        first += n
    yield " ".join(rules)


def _head(column: Column) -> str:
    if column.align == "r":  # a head over right-aligned numbers reads better centred
        return rf"\multicolumn{{1}}{{c}}{{{column.head.tex}}}"
    return column.head.tex


def _unit_line(columns: tuple[Column, ...]) -> Iterator[str]:
    if any(column.unit for column in columns):
        units = [escape(column.unit) for column in columns]
        yield _line([rf"\multicolumn{{1}}{{c}}{{{unit}}}" if unit else "" for unit in units])


def _body(table: Table) -> Iterator[str]:
    columns = table.printed
    widest = [max((cell.std for cell in c.cells), key=len, default="") for c in columns]
    for row in range(len(columns[0].cells) if columns else 0):
        if row in table.rules and row > 0:
            yield r"\midrule"
        cells = [column.cells[row] for column in columns]
        yield _line([_cell(cell, std) for cell, std in zip(cells, widest, strict=True)])


def _cell(cell: Cell, widest: str) -> str:
    """A cell; where a column has spreads, every cell leaves the same room for one."""
    tex = str(cell.tex)
    if cell.fewer:
        tex += rf"\phantom{{{'0' * cell.fewer}}}"
    if cell.mark:
        tex = rf"\pk{cell.mark}{{{tex}}}"
    note = rf"\rlap{{\textsuperscript{{{cell.note}}}}}" if cell.note else ""
    sign = rf"\pk{cell.sign}{{}}" if cell.sign not in ("", "none") else ""
    room = rf"\pksign{{{sign}}}" if cell.sign else ""
    if cell.std:
        missing = "0" * (len(widest) - len(cell.std))
        padding = rf"\phantom{{{missing}}}" if missing else ""
        return rf"{tex}\pkstd{{{padding}{cell.std}}}{room}{note}"
    return tex + note + (rf"\phantom{{\pkstd{{{widest}}}}}" if widest else "") + room


def _note_lines(table: Table) -> Iterator[str]:
    if table.notes:
        notes = [rf"\textsuperscript{{{letter}}}{text}" for letter, text in table.notes]
        yield rf"\pktablenotes{{{Tex('; '.join(notes))}.}}%"


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"

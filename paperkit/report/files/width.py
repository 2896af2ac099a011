"""Estimate how wide a table will be, so that it fits its column without being scaled.

Advance widths of Times-Roman (Adobe's font metrics, 1/1000 em), characters 32 to 126; other
characters count as a digit. A test compares the estimate with what TeX measures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from paperkit.report.files.table import Cell, Column, spans

__all__ = [
    "BOLD",
    "LEADING",
    "Setting",
    "column_widths",
    "panels_height",
    "panels_width",
    "text_width",
]

_TIMES = (
    "250 333 408 500 500 833 778 333 333 333 500 564 250 333 250 278 500 500 500 500 500 500 500 "
    "500 500 500 278 278 564 564 564 444 921 722 667 667 722 611 556 722 722 333 389 722 611 889 "
    "722 722 556 722 667 556 611 722 722 944 722 722 611 333 278 333 469 500 333 444 500 444 500 "
    "444 333 500 500 278 278 500 278 778 500 500 500 500 333 389 278 500 500 722 500 500 444 480 "
    "200 480 541"
)
_ADVANCE = {chr(32 + i): int(width) for i, width in enumerate(_TIMES.split())}
_OTHER = 600
BOLD = 1.06  # how wide bold letters are
SIGN = 0.5  # em; \pksign of macros.tex
LEADING = 1.32  # of a row: baselineskip 1.2, arraystretch 1.1
RULE = 5.0  # points; of booktabs, with the space around it

Panels = Sequence[Sequence[Column]]


@dataclass(frozen=True)
class Setting:
    r"""How a table is set.

    Attributes:
        font: Command of its font size.
        size, script: Points of that size and of \scriptsize, times how wide the letters are.
        separation: tabcolsep in points: half of the space between two columns.
    """

    font: str
    size: float
    script: float
    separation: float


def text_width(text: str, size: float) -> float:
    """Return the width of plain text in points at a font size in points."""
    return _advance(text) * size / 1000


@lru_cache(maxsize=1 << 16)  # the same cells are tried in every setting
def _advance(text: str) -> float:
    return sum(_ADVANCE.get(char, _OTHER) for char in text)


def panels_width(panels: Panels, how: Setting) -> float:
    """Return the natural width of panels of columns, one above the other in one tabular.

    The outer edges are trimmed; a column is as wide as it must be in any of the panels. Names that
    are broken fill the room, so the last bits of a sum must not decide whether they fit.
    """
    widths = column_widths(panels, how)
    return round(sum(widths) + 2 * how.separation * max(len(widths) - 1, 0), 6)


def column_widths(panels: Panels, how: Setting) -> list[float]:
    """Return the width of each column in points."""
    each = [[_column_width(column, how) for column in panel] for panel in panels]
    widths = [max(column) for column in zip_longest(*each, fillvalue=0.0)]
    for panel in panels:
        for name, first, n in spans(panel):
            inside = sum(widths[first : first + n]) + 2 * how.separation * (n - 1)
            # TeX gives what a wide name lacks to the last of its columns
            widths[first + n - 1] += max(text_width(name, how.size) - inside, 0.0)
    return widths


def panels_height(panels: Panels, how: Setting) -> float:
    """Return about how high the panels are in points, with their heads and rules."""
    lines, rules = 0, 1
    for panel in panels:
        grouped = any(column.group for column in panel)
        heads = max((column.head.lines for column in panel), default=1)
        rows = zip(*(column.cells for column in panel), strict=True)
        lines += heads + grouped + any(column.unit for column in panel)
        lines += sum(max(cell.lines for cell in row) for row in rows)
        rules += 2 + grouped
    return lines * LEADING * how.size + rules * RULE


def _column_width(column: Column, how: Setting) -> float:
    head = max(_cell_width(column.head, how), text_width(column.unit, how.size))
    return max(head, _cells_width(_Same(column.cells), how))


class _Same:
    """Cells that are known by being the same object: to hash them takes as long as to measure."""

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self.cells = cells

    def __hash__(self) -> int:
        return id(self.cells)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.cells is other.cells


@lru_cache(maxsize=1 << 12)  # heads change from setting to setting, cells hardly
def _cells_width(same: _Same, how: Setting) -> float:
    return max((_cell_width(cell, how) for cell in same.cells), default=0.0)


def _cell_width(cell: Cell, how: Setting) -> float:
    if cell.width:
        return cell.width
    width = text_width(cell.plain, how.size) * (BOLD if cell.mark == "best" else 1)
    width += SIGN * how.size if cell.sign else 0
    return width + (text_width("±" + cell.std, min(how.size, how.script)) + 1 if cell.std else 0)

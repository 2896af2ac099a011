"""Estimate how wide a table will be, so that it fits its column without being scaled.

Advance widths of Times-Roman (Adobe's font metrics, 1/1000 em), characters 32 to 126; other
characters count as a digit. A test compares the estimate with what TeX measures.
"""

from paperkit.report.table import Cell, Column, Table

__all__ = ["table_width", "text_width"]

_TIMES = (
    "250 333 408 500 500 833 778 333 333 333 500 564 250 333 250 278 500 500 500 500 500 500 500 "
    "500 500 500 278 278 564 564 564 444 921 722 667 667 722 611 556 722 722 333 389 722 611 889 "
    "722 722 556 722 667 556 611 722 722 944 722 722 611 333 278 333 469 500 333 444 500 444 500 "
    "444 333 500 500 278 278 500 278 778 500 500 500 500 333 389 278 500 500 722 500 500 444 480 "
    "200 480 541"
)
_ADVANCE = {chr(32 + i): int(width) for i, width in enumerate(_TIMES.split())}
_OTHER, _BOLD = 600, 1.06
_SCRIPT = 7.0
SIGN = 0.5  # em; \pksign of macros.tex


def text_width(text: str, size: float) -> float:
    """Return the width of plain text in points at a font size in points."""
    return sum(_ADVANCE.get(char, _OTHER) for char in text) * size / 1000


def table_width(table: Table, size: float, separation: float) -> float:
    """Return the natural width of a table, outer edges trimmed, in points.

    Args:
        table: The table.
        size: Font size.
        separation: tabcolsep: half of the space between two columns.
    """
    widths = [_column_width(column, size) for column in table.printed]
    between = 2 * separation * max(len(widths) - 1, 0)
    return max(sum(widths), _groups_width(table, widths, size)) + between


def _column_width(column: Column, size: float) -> float:
    head = max(text_width(column.head.plain, size), text_width(column.unit, size))
    return max([head, *(_cell_width(cell, size) for cell in column.cells)])


def _cell_width(cell: Cell, size: float) -> float:
    width = text_width(cell.plain, size) * (_BOLD if cell.mark == "best" else 1)
    width += SIGN * size if cell.sign else 0
    return width + (text_width("±" + cell.std, min(size, _SCRIPT)) + 1 if cell.std else 0)


def _groups_width(table: Table, widths: list[float], size: float) -> float:
    """The total where each group is at least as wide as its name."""
    total, groups = 0.0, dict[str, float]()
    for column, width in zip(table.printed, widths, strict=True):
        if column.group:
            groups[column.group] = groups.get(column.group, 0.0) + width
        else:
            total += width
    return total + sum(max(width, text_width(name, size)) for name, width in groups.items())

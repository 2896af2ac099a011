"""Where the columns of a table stand on a page of Word's: widths, which way it lies, panels.

Word finds widths by itself, but not every program that reads its files; and what is too wide for a
page, Word breaks inside numbers. So widths are given: of what is printed, else with names and heads
in lines, else on the page on its side, else in panels one above the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from paperkit.report.files.split import Panels, stacked
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.width import Setting, column_widths, panels_width, text_width
from paperkit.report.files.wrapped import share

__all__ = ["Page", "on_page"]

NARROW = 0.15  # of the room: what columns of text always have, if a word needs no more
SLACK = 1.05  # widths are those of Times-Roman; bold heads and raised letters are a little off


@dataclass(frozen=True)
class Page:
    """How a table stands on its page.

    Attributes:
        panels: Its columns; several panels stand one above the other.
        widths: Of each column of each panel in points, with the space beside it.
        on_its_side: Whether the page is turned.
    """

    panels: Panels
    widths: tuple[tuple[float, ...], ...]
    on_its_side: bool


def on_page(
    table: Table, measured: Sequence[Column], how: Setting, rooms: tuple[float, float]
) -> Page:
    """Lay a table out.

    Args:
        table: The table.
        measured: Its printed columns with what Word shows in them: text (plain) or points (width).
        how: Points of its letters, and of the space on each side of a column.
        rooms: Points between the margins of a page that stands, and of one on its side.
    """
    # names that are broken fill the room exactly: the last bits of a sum must not decide
    inner = [round((room - 2 * how.separation) / SLACK, 3) for room in rooms]
    for on_its_side, room in zip((False, True), inner, strict=True):
        for shown in (measured, _in_lines(measured, how, room)):
            if panels_width([shown], how) <= room:
                return _page(table, shown, [shown], how, on_its_side=on_its_side)
    shown = _in_lines(measured, how, inner[1])
    panels = stacked(replace(table, columns=tuple(shown)), how, inner[1])
    return _page(table, shown, panels, how, on_its_side=True)


def _page(
    table: Table,
    measured: Sequence[Column],
    panels: Sequence[Sequence[Column]],
    how: Setting,
    *,
    on_its_side: bool,
) -> Page:
    """The page with the columns as they are, not as they were measured."""
    own = {id(one): column for one, column in zip(measured, table.printed, strict=True)}
    beside = 2 * how.separation
    return Page(
        tuple(tuple(own.get(id(column), column) for column in panel) for panel in panels),
        tuple(
            tuple(SLACK * width + beside for width in column_widths([panel], how))
            for panel in panels
        ),
        on_its_side,
    )


def _in_lines(columns: Sequence[Column], how: Setting, room: float) -> list[Column]:
    """The columns as wide as they are when the lines of names and heads are broken at spaces."""
    short = [replace(column, head=_word(column, how), unit="") for column in columns]
    widths = column_widths([short], how)
    texts = sorted(w for w, c in zip(widths, short, strict=True) if c.align == "l")
    others = sum(widths) - sum(texts) + 2 * how.separation * (len(widths) - 1)
    limit = share(max(room - others, NARROW * room), texts)
    return [_narrow(column, how, limit) if column.align == "l" else column for column in short]


def _narrow(column: Column, how: Setting, limit: float) -> Column:
    """A column of names that is no wider than `limit`, if no word is."""
    texts = [cell.plain for cell in column.cells]
    least = max(limit, _longest(texts, how))
    cells = (replace(c, width=min(text_width(c.plain, how.size), least)) for c in column.cells)
    return replace(column, cells=tuple(cells))


def _word(column: Column, how: Setting) -> Cell:
    return replace(column.head, width=_longest([column.head.plain, column.unit], how))


def _longest(texts: Iterable[str], how: Setting) -> float:
    """Points of the longest word."""
    words = (word for text in texts for word in text.split(" "))
    return max((text_width(word, how.size) for word in words), default=0.0)

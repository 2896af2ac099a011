r"""Make a table narrower without scaling it: turned or numbered heads, panels.

Each step returns what is set instead of the table that was given; Markdown and Excel have no fixed
width and show the table as it is, Word has panels (on_page.py).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain
from math import ceil

from paperkit.latex import Tex, tex
from paperkit.report.files.table import Cell, Column, Table, spans
from paperkit.report.files.width import LEADING, Setting, column_widths, panels_width, text_width
from paperkit.report.files.wrapped import wrapped

__all__ = ["Panels", "stacked", "turned"]

Panels = tuple[tuple[Column, ...], ...]

LONG = 80.0  # points: a turned head that is longer makes the table's head too high
HEADS = 0.5  # of the room: what columns that are repeated in each panel may take
TURNED = 0.95  # em: how wide a line is when it is turned


def turned(table: Table, how: Setting, room: float) -> Table:
    """Turn heads that are wider than their columns; where one is too long, number them instead.

    The numbers are explained below the table; so are names of groups that are too wide. Names in
    columns of text are broken where it is still too wide.
    """
    wide = [column for column in table.printed if _is_head_wide(column, how)]
    long = any(_head_width(column, how) > LONG for column in wide)
    columns, key = [], list[Tex]()
    for column in table.columns:
        if not any(column is one for one in wide):
            columns.append(column)
        elif long:
            key.append(tex("(#1)~#2", len(key) + 1, _whole_head(column)))
            head = Cell(tex("(#1)", len(key)), f"({len(key)})", note=column.head.note)
            columns.append(replace(column, head=head, unit=""))
        else:
            columns.append(_upright(column, how))
    if wide and not long:
        columns = [_at_the_bottom(column, how) for column in columns]
    columns, groups = _short_groups(columns, how)
    notes = table.notes + tuple(("", Tex(", ").join(part)) for part in (groups, key) if part)
    return wrapped(replace(table, columns=tuple(columns), notes=notes), how, room)


def _is_head_wide(column: Column, how: Setting) -> bool:
    bare = replace(column, head=Cell(Tex(""), ""), unit="", group="")
    (cells,) = column_widths([[bare]], how)
    return column.align != "l" and _head_width(column, how) > max(cells, TURNED * how.size)


def _head_width(column: Column, how: Setting) -> float:
    return max(text_width(column.head.plain, how.size), text_width(column.unit, how.size))


def _whole_head(column: Column) -> Tex:
    return tex("#1 #2", column.head.tex, column.unit) if column.unit else column.head.tex


def _upright(column: Column, how: Setting) -> Column:
    """The column with its head turned; the head's unit is in the same line."""
    length = text_width(f"{column.head.plain} {column.unit}", how.size)
    head = replace(
        column.head,
        tex=tex(r"\rotatebox{90}{#1\,}", _whole_head(column)),
        width=TURNED * how.size,
        lines=ceil(length / (LEADING * how.size)),
    )
    return replace(column, head=head, unit="")


def _at_the_bottom(column: Column, how: Setting) -> Column:
    """The column with its unit in the head, so that all heads end on one line."""
    if not column.unit:
        return column
    stack = tex(r"\shortstack{#1\\#2}", column.head.tex, column.unit)
    head = replace(column.head, tex=stack, width=_head_width(column, how), lines=2)
    return replace(column, head=head, unit="")


def _short_groups(columns: list[Column], how: Setting) -> tuple[list[Column], list[Tex]]:
    """Letters instead of names that are wider than the columns below them, and what they mean."""
    shown = [column for column in columns if column.printed]
    bare = column_widths([[replace(column, group="") for column in shown]], how)
    short: dict[str, str] = {}
    for name, first, n in spans(shown):
        inside = sum(bare[first : first + n]) + 2 * how.separation * (n - 1)
        if text_width(name, how.size) > inside:
            short.setdefault(name, f"({_letter(len(short))})")
    key = [tex("#1~#2", letter, name) for name, letter in short.items()]
    return [replace(c, group=short.get(c.group, c.group)) for c in columns], key


def _letter(index: int) -> str:
    return chr(ord("A") + index % 26) * (index // 26 + 1)


def stacked(table: Table, how: Setting, room: float) -> Panels:
    """Return the fewest panels that fit one above the other; the row heads are in each of them.

    Data sets stay whole where that is enough; else metrics are parted. Where nothing fits, every
    panel has one metric.
    """
    heads, units = _heads(table.printed, how, room)
    panels: Panels = (table.printed,)
    for blocks, apart in _divisions(units):
        widths = [panels_width([block], how) for block in blocks]
        for count in range(len(apart) + 1, len(blocks) + 1):
            parts = [blocks[i:j] for i, j in _parted(widths, count, apart)]
            panels = tuple((*heads, *chain.from_iterable(part)) for part in parts)
            if len(panels) > 1 and panels_width(panels, how) <= room:
                return panels
    return panels


def _divisions(units: list[list[Column]]) -> Iterator[tuple[list[list[Column]], set[int]]]:
    """What may be parted, and where it must be: data sets; their metrics; all metrics alike."""
    yield _by_group(units), set()
    groups = [unit[0].group for unit in units]
    yield units, {i for i in range(1, len(units)) if groups[i] != groups[i - 1]}
    yield units, set()


def _heads(
    columns: Sequence[Column], how: Setting, room: float
) -> tuple[list[Column], list[list[Column]]]:
    """The columns that tell the rows apart, and the others with those that follow them.

    Where the former are too wide to be repeated, rows have numbers instead.
    """
    end = next((i for i, c in enumerate(columns) if c.align == "r" or c.group), len(columns))
    heads = list(columns[:end])
    if panels_width([heads], how) > HEADS * room or end == len(columns):
        rows = len(columns[0].cells) if columns else 0
        numbers = tuple(Cell(tex("#1", n), str(n)) for n in range(1, rows + 1))
        heads, end = [Column(Cell(Tex("No."), "No."), numbers, align="l")], 0
    units: list[list[Column]] = []
    for column in columns[end:]:
        if units and column.follows:
            units[-1].append(column)
        else:
            units.append([column])
    return heads, units


def _by_group(units: list[list[Column]]) -> list[list[Column]]:
    blocks: list[list[Column]] = []
    for unit in units:
        if blocks and unit[0].group and blocks[-1][-1].group == unit[0].group:
            blocks[-1] = [*blocks[-1], *unit]
        else:
            blocks.append(unit)
    return blocks


def _parted(widths: list[float], count: int, apart: set[int]) -> list[tuple[int, int]]:
    """Cut a row of widths into at most `count` pieces whose largest is as small as it can be.

    Args:
        widths: The row.
        count: How many pieces, more than there are in `apart`.
        apart: Where a piece must begin.
    """
    ends = [0.0, *accumulate(widths)]
    sums = sorted({ends[j] - ends[i] for j in range(len(ends)) for i in range(j)})

    def cuts(most: float) -> list[int]:
        found, total = [0], 0.0
        for i, width in enumerate(widths):
            if i in apart or (total and total + width > most + 1e-6):
                found.append(i)
                total = 0.0
            total += width
        return found

    fewest = bisect_left(sums, max(widths))
    best = bisect_left(sums, True, lo=fewest, key=lambda most: len(cuts(most)) <= count)
    found = cuts(sums[min(best, len(sums) - 1)])
    return list(zip(found, [*found[1:], len(widths)], strict=True))

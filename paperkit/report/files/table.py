"""A table as data: columns of cells, rules and notes. Every format is written from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from paperkit.latex import MISSING, Tex

__all__ = ["Cell", "Column", "Table", "spans"]

NOTHING = Tex("")


@dataclass(frozen=True)
class Cell:
    """One entry.

    Attributes:
        tex: What is set.
        plain: The same as a reader sees it; the width is estimated from it.
        std: The spread behind it, as plain digits; empty without one.
        mark: "best", "second" or "".
        sign: What is shown of the difference beside it: "method", "checkpoints", "noise", "none"
            (only the room of a sign, so that the column stays aligned) or "".
        note: Letters of the footnotes.
        fewer: How many decimals less than its column it has.
        width, lines: Points that it takes, whatever its text, and the lines that it is broken into.
        number, spread: What `tex` and `std` show, unrounded and in the unit that is printed
            (percent as percent): a spreadsheet computes with them. None: read from the text.
    """

    tex: Tex = MISSING
    plain: str = "--"
    std: str = ""
    mark: str = ""
    note: str = ""
    fewer: int = 0
    sign: str = ""
    width: float = 0.0
    lines: int = 1
    number: float | None = None
    spread: float | None = None


@dataclass(frozen=True)
class Column:
    """A column: its head, and one cell for each row.

    Attributes:
        head, unit: First and second line of the head.
        group: What stands above the head, over neighbours with the same group; empty without one.
        align: l, c or r.
        follows: Whether it belongs to the column before it; the two stay side by side.
        printed: Whether it is in the printed table; else only its data is in the CSV file.
        data: Exact values for the CSV file: (header, one value per row) pairs; first what is
            printed.
        runs: Ids of the runs behind each cell; empty where the keys of its numbers say it.
    """

    head: Cell
    cells: tuple[Cell, ...]
    unit: str = ""
    group: str = ""
    align: str = "r"
    follows: bool = False
    printed: bool = True
    data: tuple[tuple[str, tuple[float | str | None, ...]], ...] = ()
    runs: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Table:
    r"""A table of the paper.

    Attributes:
        name: The file's name without suffix: tab_<experiment>.
        columns: From left to right.
        rules: Rows (from 0) that a rule stands before.
        notes: Footnotes as (letter, text); a key of abbreviations has no letter.
        caption: What \pkcaption prints for it: the sentences that the table owes its reader.
        owners: What the keys of each row's numbers begin with; empty: the table's name without
            tab_, and the row's id.
    """

    name: str
    columns: tuple[Column, ...]
    rules: frozenset[int] = frozenset()
    notes: tuple[tuple[str, Tex], ...] = field(default=())
    caption: Tex = NOTHING
    owners: tuple[str, ...] = ()

    @property
    def printed(self) -> tuple[Column, ...]:
        """The columns of the printed table."""
        return tuple(column for column in self.columns if column.printed)


def spans(columns: Sequence[Column]) -> list[tuple[str, int, int]]:
    """Return what stands in the line above the heads: (group or "", first column, how many)."""
    runs: list[tuple[str, int, int]] = []
    for i, column in enumerate(columns):
        if runs and column.group and runs[-1][0] == column.group:
            runs[-1] = (column.group, runs[-1][1], runs[-1][2] + 1)
        else:
            runs.append((column.group, i, 1))
    return runs

"""cases.csv: the counts per test case and class, from which every overlap metric derives."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.errors import UserError
from paperkit.runs.schema import shown

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Case", "CaseColumns", "read_case_columns", "read_cases"]

_TEXTS = ("split", "case", "group", "class", "target", "prediction")
Texts = tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One row: of a test case, and in segmentation of one class of it.

    Attributes:
        split, case, group: Where it belongs; group is empty without groups.
        label: The class (segmentation) or the true class (classification).
        prediction: The predicted class (classification), else empty.
        values: tp, fp, fn, tn, hd95, assd, nsd, or p_target, rank; None where undefined.
    """

    split: str
    case: str
    group: str
    label: str
    prediction: str = ""
    values: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)  # the object itself is the key of what is made of it
class CaseColumns:
    """The rows of cases.csv by column; place i of every column is row i.

    Attributes:
        split, case, group, label, prediction: As in Case. Runs whose rows stand in the same order
            share these tuples, so that `is` tells in most cases that two runs can be stacked.
        values: [row] by name; NaN where undefined.
    """

    split: Texts = ()
    case: Texts = ()
    group: Texts = ()
    label: Texts = ()
    prediction: Texts = ()
    values: dict[str, "Values"] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.case)


def read_cases(path: Path) -> list[Case]:
    """Return the rows in the file's order; a torn last line is left out.

    Raises:
        UserError: A column is missing, or a value is no number; with file and line.
    """
    columns = read_case_columns(path)
    texts = (columns.split, columns.case, columns.group, columns.label, columns.prediction)
    names = list(columns.values)
    numbers = [
        [None if value != value else value for value in column.tolist()]
        for column in columns.values.values()
    ]
    rows: Any = zip(*numbers, strict=True) if numbers else iter(() for _ in columns.case)
    return [
        Case(split, case, group, label, prediction, dict(zip(names, values, strict=True)))
        for split, case, group, label, prediction, values in zip(*texts, rows, strict=True)
    ]


def read_case_columns(path: Path) -> CaseColumns:
    """Return the same as columns, ten times as fast.

    Raises:
        UserError: See read_cases.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except FileNotFoundError:
        return CaseColumns()
    whole = text[: text.rfind("\n") + 1]
    if not whole:
        return CaseColumns()
    try:
        table = _plain(whole) or _table(whole)
    except csv.Error as error:
        raise UserError(f"{shown(path)}: no CSV file: {error}") from None
    for name in ("split", "case"):
        if name not in table:
            raise UserError(f"{shown(path)}:1: column '{name}' is missing")
    values = {}
    for name, column in table.items():
        if name not in _TEXTS:
            try:
                values[name] = _numbers(column)
            except ValueError:
                raise _complaint(path, whole) from None
    return CaseColumns(
        _shared(tuple(table["split"])),
        _shared(tuple(table["case"])),
        _shared(_first(table, "group")),
        _shared(_first(table, "class", "target")),
        _shared(_first(table, "prediction")),
        values,
    )


def _plain(text: str) -> dict[str, Sequence[str]] | None:
    """Columns of a file without quotes whose rows are all as long as its head; else None."""
    if '"' in text or "\r" in text:
        return None
    names = text[: text.index("\n")].split(",")
    width = len(names) + 1
    cells = text.replace("\n", ",\n,").split(",")
    cells.pop()  # behind the last line
    ends = cells[width - 1 :: width]
    if len(cells) % width or len(ends) != text.count("\n") or set(ends) != {"\n"}:
        return None
    return {name: cells[width + place :: width] for place, name in enumerate(names)}


def _table(text: str) -> dict[str, Sequence[str]]:
    """Columns of any CSV file; what a row lacks is empty, what it has beyond the head is left."""
    rows = [row for row, _ in _rows(text)]
    names = rows.pop(0) if rows else []
    width = len(names)
    full = [row if len(row) >= width else [*row, *[""] * (width - len(row))] for row in rows]
    return {name: [row[place] for row in full] for place, name in enumerate(names)}


def _rows(text: str) -> Iterator[tuple[list[str], int]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    yield from ((row, reader.line_num) for row in reader if row)


def _first(table: dict[str, Sequence[str]], *names: str) -> Texts:
    """The first of the columns; where a cell is empty, that of the next column."""
    there = [table[name] for name in names if name in table]
    if not there:
        return ("",) * len(table["case"])
    if len(there) == 1:
        return tuple(there[0])
    return tuple(next(filter(None, cells), "") for cells in zip(*there, strict=True))


@lru_cache(maxsize=256)
def _shared(column: Texts) -> Texts:
    return column


def _numbers(column: Sequence[str]) -> "Values":
    import numpy as np

    if not any(column):
        return np.full(len(column), np.nan)
    try:
        values = np.array(list(map(float, column)))
    except ValueError:
        values = np.array([float(cell) if cell else math.nan for cell in column])
    values[~np.isfinite(values)] = np.nan
    return values


def _complaint(path: Path, text: str) -> UserError:
    """The first value that is no number, with its line."""
    rows = _rows(text)
    names, _ = next(rows)
    for row, line in rows:
        for name, cell in zip(names, row, strict=False):
            if name not in _TEXTS and cell and not _is_number(cell):
                return UserError(f"{shown(path)}:{line}: {name} is '{cell}', expected a number")
    return UserError(f"{shown(path)}: a value is no number")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True

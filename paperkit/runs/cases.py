"""cases.csv: the counts per test case and class, from which every overlap metric derives."""

import codecs
import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.errors import UserError
from paperkit.runs.cells import Cells, plain_cells
from paperkit.runs.schema import shown

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Case", "CaseColumns", "parse_cases", "read_case_columns", "read_cases"]

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


_NONE = CaseColumns()


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
    """Return the same as columns, many times as fast.

    Raises:
        UserError: See read_cases.
    """
    try:
        return parse_cases(path, path.read_bytes())
    except FileNotFoundError:
        return _NONE


def parse_cases(path: Path, content: bytes | None) -> CaseColumns:
    """Return the columns of a file's content, none of None; `path` is for messages.

    Raises:
        UserError: See read_cases.
    """
    content = (content or b"").removeprefix(codecs.BOM_UTF8)
    whole = content[: content.rfind(b"\n") + 1]
    if not whole:
        return _NONE
    cells = plain_cells(whole)
    try:
        texts, numbers = _table(whole) if cells is None else _plain(cells)
    except csv.Error as error:
        raise UserError(f"{shown(path)}: no CSV file: {error}") from None
    for name in ("split", "case"):
        if name not in texts:
            raise UserError(f"{shown(path)}:1: column '{name}' is missing")
    try:
        values = {
            name: _numbers(column) if isinstance(column, list) else column
            for name, column in numbers.items()
        }
    except ValueError:
        raise _complaint(path, whole) from None
    return CaseColumns(
        split=_shared(texts["split"]),
        case=_shared(texts["case"]),
        group=_first(texts, "group"),
        label=_first(texts, "class", "target"),
        prediction=_first(texts, "prediction"),
        values=values,
    )


def _plain(cells: Cells) -> tuple[dict[str, Texts], dict[str, "list[str] | Values"]]:
    """Columns by name: texts, and numbers, those that are not all digits as text."""
    at = {name: place for place, name in enumerate(cells.names)}
    named = [name for name in at if name in _TEXTS]
    texts = dict(zip(named, cells.texts(tuple(at[name] for name in named)), strict=True))
    others = [name for name in at if name not in _TEXTS]
    known = cells.numbers([at[name] for name in others])
    return texts, {
        name: known[at[name]] if at[name] in known else cells.cells(at[name]) for name in others
    }


def _table(content: bytes) -> tuple[dict[str, Texts], dict[str, "list[str] | Values"]]:
    """The same of any CSV file; what a row lacks is empty, what it has beyond the head is left."""
    names, *rows = [row for row, _ in _rows(content)] or [[]]
    width = len(names)
    full = [row if len(row) >= width else [*row, *[""] * (width - len(row))] for row in rows]
    columns = {name: [row[place] for row in full] for place, name in enumerate(names)}
    texts = {name: tuple(column) for name, column in columns.items() if name in _TEXTS}
    return texts, {name: column for name, column in columns.items() if name not in _TEXTS}


def _rows(content: bytes) -> Iterator[tuple[list[str], int]]:
    text = content.decode("utf-8", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    yield from ((row, reader.line_num) for row in reader if row)


def _first(texts: dict[str, Texts], *names: str) -> Texts:
    """The first of the columns; where a cell is empty, that of the next column."""
    there = [texts[name] for name in names if name in texts]
    if len(there) < 2:
        return _shared(there[0] if there else ("",) * len(texts["case"]))
    return _shared(tuple(next(filter(None, cells), "") for cells in zip(*there, strict=True)))


@lru_cache(maxsize=256)
def _shared(column: Texts) -> Texts:
    return column


def _numbers(column: list[str]) -> "Values":
    import numpy as np

    values = np.array([float(cell) if cell else math.nan for cell in column])
    values[~np.isfinite(values)] = np.nan
    return values


def _complaint(path: Path, content: bytes) -> UserError:
    """The first value that is no number, with its line."""
    rows = _rows(content)
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

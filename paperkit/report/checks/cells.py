"""What provenance.json keeps of each table, so that find_cell.py finds a cell and its runs.

    {"rows": [[id, display], ...],
     "columns": [{"names": [id, ...], "display", "head", "printed"}, ...],
     "keys": {column id: [key of a number or null, per row]},
     "behind": {column id: [place in "runs" or null, per row]}, for columns that lack a key,
     "runs": [[id of a run, ...], ...]}

A column's ids are the headers of the CSV file: iou_set, iou_set/std, camvid/iou_set.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from paperkit.report.files.plain import plain_text
from paperkit.report.files.table import Cell, Table

__all__ = [
    "PREFIX",
    "cell_text",
    "column_names",
    "row_ids",
    "row_names",
    "table_record",
    "tables_by_key",
]

PREFIX = "tab_"
_COSTS = ("params", "gmacs")


def table_record(table: Table, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Return what provenance.json keeps of a table (see above).

    Args:
        table: The table.
        numbers: Every number by key.
    """
    ids, heads = row_ids(table), column_heads(table)
    owners = table.owners or [f"{table.name.removeprefix(PREFIX)}/{row}" for row in ids]
    costs, keys = _costs(numbers), {}
    for column in table.columns:
        for header, _ in column.data:
            found = [_key(owner, header, numbers, costs) for owner in owners]
            if any(found):
                keys[header] = found
    behind, runs = _behind(table, keys, numbers)
    columns = [
        {
            "names": [header for header, _ in column.data],
            "display": name,
            "head": head,
            "printed": column.printed,
        }
        for column, name, head in zip(table.columns, column_names(table), heads, strict=True)
    ]
    return {
        "rows": [list(row) for row in zip(ids, row_names(table), strict=True)],
        "columns": columns,
        "keys": keys,
        "behind": behind,
        "runs": runs,
    }


def _behind(
    table: Table, keys: Mapping[str, Sequence[str | None]], numbers: Mapping[str, Any]
) -> tuple[dict[str, list[int | None]], list[list[str]]]:
    """Of columns that lack keys: the place of each cell's runs, and the runs."""
    places: dict[tuple[str, ...], int] = {}
    behind = {}
    for column in table.columns:
        runs = column.runs or _of_keys([keys.get(header) for header, _ in column.data], numbers)
        for header, _ in column.data:
            if runs and not all(keys.get(header, [None])):
                found = [places.setdefault(ids, len(places)) if ids else None for ids in runs]
                behind[header] = found
    return behind, [list(ids) for ids in places]


def _of_keys(
    columns: Sequence[Sequence[str | None] | None], numbers: Mapping[str, Any]
) -> list[tuple[str, ...]]:
    """The runs of the first number that stands in each row of some columns."""
    rows = zip(*filter(None, columns), strict=True)
    first = (next(filter(None, row), None) for row in rows)
    return [() if key is None else tuple(numbers[key].runs) for key in first]


def row_ids(table: Table) -> list[str]:
    """Return what the CSV file calls each row."""
    first = table.columns[0] if table.columns else None
    if first is None:
        return []
    if not first.data:
        return row_names(table)
    return ["" if name is None else str(name) for name in first.data[0][1]]


def row_names(table: Table) -> list[str]:
    """Return what a reader calls each row; a table may tell its rows by check marks alone."""
    return [cell_text(cell) for cell in table.columns[0].cells] if table.columns else []


def column_heads(table: Table) -> list[str]:
    """Return what stands above each column, without its arrow and its group."""
    return [re.sub(r"\s*[↑↓]", "", plain_text(column.head.tex)) for column in table.columns]


def column_names(table: Table) -> list[str]:
    """Return what a reader calls each column: mIoU, or mIoU Δ for one that belongs to it."""
    found, last = [], ""
    for column, shown in zip(table.columns, column_heads(table), strict=True):
        name = f"{column.group} {shown}".strip()
        last = last if column.follows else name
        found.append(f"{last} {shown}" if column.follows else name)
    return found


def cell_text(cell: Cell) -> str:
    """Return what a reader sees of a cell: 73.50 ± 2.12."""
    shown = plain_text(cell.tex)
    return f"{shown} ± {cell.std}" if cell.std else shown


def _key(
    owner: str, header: str, numbers: Mapping[str, Any], costs: Mapping[str, str]
) -> str | None:
    """The number of a cell; a cost stands without a data set in its header."""
    key = f"{owner}/{re.sub('/(low|high)$', '', header)}"
    return key if key in numbers else costs.get(key)


def _costs(numbers: Mapping[str, Any]) -> dict[str, str]:
    """The first data set's cost by the key that has no data set."""
    found: dict[str, str] = {}
    for key in numbers:
        parts = key.split("/")
        if parts[-1] in _COSTS and len(parts) == 4:
            found.setdefault("/".join([*parts[:2], parts[3]]), key)
    return found


def tables_by_key(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the tables in which each number stands."""
    found: dict[str, list[str]] = {}
    for name, table in sorted(tables.items()):
        every = (key for keys in table["keys"].values() for key in keys if key)
        for key in dict.fromkeys(every):
            found.setdefault(key, []).append(name)
    return found

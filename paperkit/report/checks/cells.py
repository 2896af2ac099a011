"""Cells of the tables by name: TABLE:ROW:COL, as `paperkit trace` takes them.

provenance.json keeps of each table what it takes to find a cell:

    {"rows": [[id, display], ...],
     "columns": [{"names": [id, ...], "display", "printed"}, ...],
     "keys": {column id: [key of a number or null, per row]}}

A column's ids are the headers of the CSV file: iou_set, iou_set/std, camvid/iou_set.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paperkit.errors import UserError
from paperkit.project.nearest import nearest
from paperkit.report.files.plain import plain_text
from paperkit.report.files.table import Cell, Table

__all__ = [
    "Place",
    "cell_text",
    "column_names",
    "find_cell",
    "row_ids",
    "row_names",
    "table_record",
    "tables_by_key",
]

PREFIX = "tab_"
_COSTS = ("params", "gmacs")


@dataclass(frozen=True)
class Place:
    """One cell: its table, the row (from 0) with its id, the column's id, and the number's key."""

    table: str
    row: int
    row_id: str
    column: str
    key: str | None


def table_record(table: Table, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Return what provenance.json keeps of a table (see above).

    Args:
        table: The table.
        numbers: Every number by key.
    """
    ids = row_ids(table)
    owners, costs = _owners(table, ids), _costs(numbers)
    keys = {}
    for column in table.columns:
        for header, _ in column.data:
            found = [_key(owner, header, numbers, costs) for owner in owners]
            if any(found):
                keys[header] = found
    columns = [
        {"names": [header for header, _ in column.data], "display": name, "printed": column.printed}
        for column, name in zip(table.columns, column_names(table), strict=True)
    ]
    return {
        "rows": [list(row) for row in zip(ids, row_names(table), strict=True)],
        "columns": columns,
        "keys": keys,
    }


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


def column_names(table: Table) -> list[str]:
    """Return what a reader calls each column: mIoU, or mIoU Δ for one that belongs to it."""
    found, last = [], ""
    for column in table.columns:
        shown = re.sub(r"\s*[↑↓]", "", plain_text(column.head.tex))
        name = f"{column.group} {shown}".strip()
        last = last if column.follows else name
        found.append(f"{last} {shown}" if column.follows else name)
    return found


def cell_text(cell: Cell) -> str:
    """Return what a reader sees of a cell: 73.50 ± 2.12."""
    shown = plain_text(cell.tex)
    return f"{shown} ± {cell.std}" if cell.std else shown


def _owners(table: Table, ids: Sequence[str]) -> list[str]:
    """What the keys of each row begin with; the appendix has a row for each metric of a variant."""
    name = table.name.removeprefix(PREFIX)
    data = {header: values for column in table.columns for header, values in column.data}
    if "metric" not in data:
        return [f"{name}/{row}" for row in ids]
    datasets = data.get("dataset") or (None,) * len(ids)
    return [
        "/".join(filter(None, [name.partition("_")[2], row, dataset, metric]))  # type: ignore[list-item]
        for row, dataset, metric in zip(ids, datasets, data["metric"], strict=True)
    ]


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


def find_cell(text: str, tables: Mapping[str, Mapping[str, Any]]) -> Place:
    """Find TABLE:ROW:COL; a row or column goes by its id, its printed name, or its number from 1.

    Raises:
        UserError: No such table, row or column; with the nearest.
    """
    name, _, rest = text.partition(":")
    named = name if name in tables else f"{PREFIX}{name}"
    if named not in tables:
        raise UserError(f"{text}: no table '{name}' in the report{nearest(name, tables)}")
    table = tables[named]
    splits = [(rest[: m.start()], rest[m.end() :]) for m in re.finditer(":", rest)]
    if not splits:
        raise UserError(
            f"{text}: expected TABLE:ROW:COL, such as {named}:{_example(table)}; or a key, such as "
            "ablation/full/iou_set"
        )
    found = [(_find_row(row, table), _find_column(column, table)) for row, column in splits]
    for (rows, columns), (row, _) in zip(found, splits, strict=True):
        if len(rows) > 1:
            raise UserError(
                f"{text}: {len(rows)} rows of {named} are called '{row}': say which by its number, "
                f"{', '.join(str(i + 1) for i in rows)}"
            )
        if rows and columns:
            at, column = rows[0], columns[0]
            keys = table["keys"].get(column)
            return Place(named, at, table["rows"][at][0], column, keys[at] if keys else None)
    raise _unknown(text, named, table, splits[0], found[0][0])


def _example(table: Mapping[str, Any]) -> str:
    column = next(iter(table["keys"]), None) or table["columns"][-1]["names"][0]
    return f"{table['rows'][0][0] if table['rows'] else 'ROW'}:{column}"


def _find_row(name: str, table: Mapping[str, Any]) -> list[int]:
    rows = table["rows"]
    for part in (0, 1):
        if found := [i for i, row in enumerate(rows) if _same(row[part], name)]:
            return found
    return [int(name) - 1] if name.isdecimal() and 1 <= int(name) <= len(rows) else []


def _find_column(name: str, table: Mapping[str, Any]) -> list[str]:
    columns = table["columns"]
    every = [header for column in columns for header in column["names"]]
    found = [header for header in every if _same(header, name)]
    found += [c["names"][0] for c in columns if c["names"] and _same(c["display"], name)]
    printed = [column for column in columns if column["printed"]]
    if not found and name.isdecimal() and 1 <= int(name) <= len(printed):
        found = printed[int(name) - 1]["names"][:1]
    return found


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.strip().casefold()


def _unknown(
    text: str, name: str, table: Mapping[str, Any], asked: tuple[str, str], rows: Sequence[int]
) -> UserError:
    if not rows:
        known: Iterable[str] = [row[0] for row in table["rows"]]
        return UserError(f"{text}: no row '{asked[0]}' in {name}{nearest(asked[0], known)}")
    known = [*_headers(table)]
    return UserError(f"{text}: no column '{asked[1]}' in {name}{nearest(asked[1], known)}")


def _headers(table: Mapping[str, Any]) -> Iterator[str]:
    for column in table["columns"][1:]:
        yield from column["names"]

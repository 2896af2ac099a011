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
from paperkit.report.plain import plain_text
from paperkit.report.table import Cell, Column, Table

__all__ = [
    "Place",
    "cell_text",
    "column_text",
    "find_cell",
    "row_ids",
    "table_record",
    "tables_by_key",
]

PREFIX = "tab_"


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
    experiment = table.name.removeprefix(PREFIX)
    ids = row_ids(table)
    shown = [cell_text(cell) for cell in table.columns[0].cells] if table.columns else []
    keys = {}
    for column in table.columns:
        for header, _ in column.data:
            found = [_key(experiment, row, header, numbers) for row in ids]
            if any(found):
                keys[header] = found
    columns = [
        {
            "names": [header for header, _ in column.data],
            "display": column_text(column),
            "printed": column.printed,
        }
        for column in table.columns
    ]
    rows = [list(row) for row in zip(ids, shown, strict=True)]
    return {"rows": rows, "columns": columns, "keys": keys}


def row_ids(table: Table) -> list[str]:
    """Return what the CSV file calls each row."""
    first = table.columns[0] if table.columns else None
    if first is None:
        return []
    ids = first.data[0][1] if first.data else [cell_text(cell) for cell in first.cells]
    return ["" if name is None else str(name) for name in ids]


def column_text(column: Column) -> str:
    """Return what a reader sees above a column: its group and its name, without arrows."""
    shown = re.sub(r"\s*[↑↓]", "", plain_text(column.head.tex))
    return f"{column.group} {shown}".strip()


def cell_text(cell: Cell) -> str:
    """Return what a reader sees of a cell: 73.50 ± 2.12."""
    shown = plain_text(cell.tex)
    return f"{shown} ± {cell.std}" if cell.std else shown


def _key(experiment: str, row: str, header: str, numbers: Mapping[str, Any]) -> str | None:
    """The number of a cell; what has no data set in its header has the first one that knows it."""
    key = f"{experiment}/{row}/{header}"
    if key in numbers:
        return key
    if header not in ("params", "gmacs"):
        return None
    start, end = f"{experiment}/{row}/", f"/{header}"
    every = (name for name in numbers if name.startswith(start) and name.endswith(end))
    return next((name for name in every if name.count("/") == key.count("/") + 1), None)


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

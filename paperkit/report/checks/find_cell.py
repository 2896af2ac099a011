"""Find a cell of a table by name: TABLE:ROW:COL, as `paperkit trace` takes it.

Row and column go by their id, what is printed, or their number. What is printed above a column may
be said with its group or without, and without its unit: "IoU (%) U-Net", "IoU U-Net", "U-Net".
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paperkit.errors import UserError
from paperkit.project.nearest import nearest
from paperkit.report.checks.cells import PREFIX

__all__ = ["Place", "find_cell"]

_UNIT = re.compile(r"\s*\([^()]*\)")


@dataclass(frozen=True)
class Place:
    """One cell.

    Attributes:
        table: Its table.
        row, row_id: Its row, from 0, and the row's id.
        column: The column's id.
        key: Of the number; None where it has none.
        runs: Ids of the runs behind a cell that has no key.
    """

    table: str
    row: int
    row_id: str
    column: str
    key: str | None
    runs: tuple[str, ...] = ()


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
    for (rows, columns), (row, column) in zip(found, splits, strict=True):
        if len(rows) > 1:
            raise UserError(
                f"{text}: {len(rows)} rows of {named} are called '{row}': say which by its number, "
                f"{', '.join(str(i + 1) for i in rows)}"
            )
        if rows and columns:
            if len(columns) > 1:
                raise UserError(
                    f"{text}: {len(columns)} columns of {named} are called '{column}': say which "
                    f"by its id, {', '.join(columns)}"
                )
            return _place(text, named, table, rows[0], columns[0])
    raise _unknown(text, named, table, splits[0], found[0][0])


def _place(text: str, name: str, table: Mapping[str, Any], at: int, column: str) -> Place:
    if column in table["columns"][0]["names"]:
        raise UserError(
            f"{text}: the name of a row; ask for a number, such as {name}:{_example(table)}"
        )
    keys = table["keys"].get(column)
    behind = table.get("behind", {}).get(column)  # younger than schema 1
    runs = () if behind is None or behind[at] is None else tuple(table["runs"][behind[at]])
    return Place(name, at, table["rows"][at][0], column, keys[at] if keys else None, runs)


def _example(table: Mapping[str, Any]) -> str:
    column = next(iter(table["keys"]), None) or next(_headers(table), "COL")
    return f"{table['rows'][0][0] if table['rows'] else 'ROW'}:{column}"


def _find_row(name: str, table: Mapping[str, Any]) -> list[int]:
    rows = table["rows"]
    for part in (0, 1):
        if found := [i for i, row in enumerate(rows) if _same(row[part], name)]:
            return found
    return [int(name) - 1] if name.isdecimal() and 1 <= int(name) <= len(rows) else []


def _find_column(name: str, table: Mapping[str, Any]) -> list[str]:
    """The ids of the columns that are called so."""
    columns = [column for column in table["columns"] if column["names"]]
    ids = [header for column in columns for header in column["names"]]
    if name.strip() in ids:
        return [name.strip()]
    for part in ("display", "head"):
        for called in (str, _without_unit):
            same = [c for c in columns if _same(called(c.get(part, "")), name)]
            if same:
                return [c["names"][0] for c in ([c for c in same if c["printed"]] or same)]
    if found := [header for header in ids if _same(header, name)]:
        return found
    printed = [column for column in table["columns"] if column["printed"]]
    if name.isdecimal() and 1 <= int(name) <= len(printed):
        return list(printed[int(name) - 1]["names"][:1])
    return []


def _without_unit(called: str) -> str:
    return _UNIT.sub("", called)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.strip().casefold()


def _unknown(
    text: str, name: str, table: Mapping[str, Any], asked: tuple[str, str], rows: Sequence[int]
) -> UserError:
    if not rows:
        known: Iterable[str] = [row[0] for row in table["rows"]]
        return UserError(f"{text}: no row '{asked[0]}' in {name}{nearest(asked[0], known)}")
    ids = [*_headers(table)]
    shown = [column["display"] for column in table["columns"] if column["printed"]]
    end = nearest(asked[1], [*ids, *shown])
    end = end if end.startswith("; did you mean") else nearest(asked[1], ids)
    return UserError(f"{text}: no column '{asked[1]}' in {name}{end}")


def _headers(table: Mapping[str, Any]) -> Iterator[str]:
    for column in table["columns"][1:]:
        yield from column["names"]

"""Runs as columns of JSON values, and back: what the index holds.

    {"folders": [...], "columns": {FIELD: [...]}, "pools": {FIELD: [...]}}

A field with a pool has in its column the place of its value in the pool: a thousand runs of one
experiment share a handful of environments, citations and plugs, which are then read, and kept in
memory, once. A summary is [place, n_cases, checkpoint], its place that of [split, metric_spec,
names of its metrics, [class, names of its metrics]...]; the values of all summaries stand in
"values" one after the other, as base64 of little-endian doubles (JSON would take most of the time
for them), NaN for None.
"""

import base64
import dataclasses
import json
import math
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from paperkit.runs.files import Files
from paperkit.runs.record import Cite, Model, Run, Selection, Summary

__all__ = ["LAYOUT", "pack", "unpack"]

_UNIQUE = ("id", "command")  # for anything else, a pool is never longer than the column
FIELDS = [
    item.name for item in dataclasses.fields(Run) if item.name not in ("folder", "files", "summary")
]
LAYOUT = [
    *(f"{kind.__name__}.{item.name}" for kind in (Run, Summary, Model, Selection, Cite)
      for item in dataclasses.fields(kind)),
]  # fmt: skip


def pack(runs: Sequence[Run], start: str) -> dict[str, Any]:
    """Return runs as JSON values; `start` is what their folders begin with."""
    columns: dict[str, list[Any]] = {}
    pools: dict[str, list[Any]] = {}
    for name in FIELDS:
        values = [getattr(run, name) for run in runs]
        if name in _UNIQUE:
            columns[name] = values
        else:
            columns[name], pools[name] = _pooled(values)
    shapes: dict[str, int] = {}
    numbers = array("d")
    columns["summary"] = [_flat(run.summary, shapes, numbers) for run in runs]
    pools["summary"] = [json.loads(shape) for shape in shapes]
    folders = [str(run.folder).removeprefix(start) for run in runs]
    text = base64.b64encode(_little_endian(numbers).tobytes()).decode()
    return {"folders": folders, "columns": columns, "pools": pools, "values": text}


def unpack(packed: dict[str, Any], start: str, files: Files) -> Iterator[tuple[str, Run]]:
    """Yield the runs again, each with its folder as text."""
    columns, pools = packed["columns"], packed["pools"]
    every: list[Iterable[Any]] = []
    for name in FIELDS:
        column = columns[name]
        if name not in _UNIQUE:
            pool = [_BACK[name](item) if name in _BACK else item for item in pools[name]]
            column = [pool[place] for place in column]
        every.append(column)
    numbers = array("d", base64.b64decode(packed["values"]))
    every.append(_summaries(columns["summary"], pools["summary"], _little_endian(numbers)))
    make: Callable[..., Run] = Run
    for name, *values in zip(packed["folders"], *every, strict=True):
        yield start + name, make(Path(start + name), *values, files)


def _pooled(values: list[Any]) -> tuple[list[int], list[Any]]:
    """Each value's place in the pool, and the pool; equal is what prints alike (0.0 and -0.0)."""
    places: dict[str, int] = {}
    pool: list[Any] = []
    column: list[int] = []
    known: dict[int, int] = {}  # most values are one object, which need not be printed
    for value in values:
        place = known.get(id(value))
        if place is None:
            text = repr(value)
            if text not in places:
                places[text] = len(pool)
                pool.append(_plain(value))
            place = known[id(value)] = places[text]
        column.append(place)
    return column, pool


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [_plain(getattr(value, item.name)) for item in dataclasses.fields(value)]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _model(values: list[Any]) -> Model:
    name, params, gmacs, size = values
    return Model(name, params, gmacs, None if size is None else tuple(size))


def _selection(values: list[Any] | None) -> Selection | None:
    return None if values is None else Selection(*values)


def _cites(cites: list[list[str]]) -> tuple[Cite, ...]:
    return tuple(Cite(*cite) for cite in cites)


_BACK: dict[str, Callable[[Any], Any]] = {
    "model": _model,
    "selection": _selection,
    "cites": _cites,
    "plugs": tuple,
}


def _flat(
    summary: Summary | None, shapes: dict[str, int], values: "array[float]"
) -> list[Any] | None:
    if summary is None:
        return None
    classes = [[name, list(inner)] for name, inner in summary.per_class.items()]
    shape = json.dumps([summary.split, summary.metric_spec, list(summary.metrics), classes])
    for named in (summary.metrics, *summary.per_class.values()):
        values.extend(math.nan if value is None else value for value in named.values())
    return [shapes.setdefault(shape, len(shapes)), summary.n_cases, summary.checkpoint]


def _summaries(
    rows: list[Any], shapes: list[Any], values: "array[float]"
) -> Iterator[Summary | None]:
    rest = iter([None if value != value else value for value in values])
    for row in rows:
        if row is None:
            yield None
            continue
        place, n_cases, checkpoint = row
        split, spec, names, classes = shapes[place]
        metrics = dict(zip(names, rest, strict=False))
        per_class = {name: dict(zip(inner, rest, strict=False)) for name, inner in classes}
        yield Summary(split, spec, n_cases, metrics, per_class, checkpoint)


def _little_endian(values: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        values.byteswap()
    return values

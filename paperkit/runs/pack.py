"""Runs as columns of JSON values, and back: what the index holds.

    {"folders": TEXTS, "texts": {FIELD: TEXTS}, "columns": {FIELD: PLACES}, "pools": {FIELD: [...]}}

TEXTS are one text with a line each, which is read many times as fast as a list. A field with a
pool has in its column the place of its value in the pool, one number where it is the same for all:
a thousand runs of one experiment share a handful of environments, citations and plugs, which are
then read, and kept in memory, once. A summary is a place in the pool of shapes, [split,
metric_spec, n_cases, names of its metrics, [class, names of its metrics]...], and its checkpoint;
the values of all summaries are doubles one after the other, apart from the JSON (it would take
most of the time for them), NaN for None. columns.py reads it.
"""

import dataclasses
import json
import math
import sys
from array import array
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from paperkit.runs.record import Cite, Model, Run, Selection, Summary

__all__ = ["BACK", "LAYOUT", "SUMMARY", "joined", "little_endian", "pack", "parted", "unpacked"]

_UNIQUE = ("id", "command")  # for anything else, a pool is never longer than the column
_LATER = ("command", "checkpoint")  # long, and no table asks for them
SUMMARY = ("summary.split", "summary.metric_spec", "summary.n_cases")  # as a shape begins
_APART = ("folder", "files", "summary")
FIELDS = [item.name for item in dataclasses.fields(Run) if item.name not in (*_APART, *_UNIQUE)]
LAYOUT = [
    *(f"{kind.__name__}.{item.name}" for kind in (Run, Summary, Model, Selection, Cite)
      for item in dataclasses.fields(kind)),
]  # fmt: skip
Texts = str | list[str | None]
Number = TypeVar("Number", int, float)


def joined(texts: Sequence[str | None]) -> Texts:
    """Return texts as lines of one text; as they are where one is None or has a line break."""
    if not texts or any(text is None or "\n" in text for text in texts):
        return list(texts)
    return "\n".join(text for text in texts if text is not None)


def parted(texts: Texts) -> list[Any]:
    """Return what `joined` was given."""
    return texts.split("\n") if isinstance(texts, str) else texts


def pack(runs: Sequence[Run], start: str) -> "tuple[dict[str, Any], dict[str, Any], array[float]]":
    """Return runs as JSON values, those that are rarely asked, with the same keys, and numbers.

    Args:
        runs: At least one.
        start: What their folders begin with.
    """
    columns: dict[str, int | list[int]] = {}
    pools: dict[str, list[Any]] = {}
    for name in FIELDS:
        columns[name], pools[name] = _pooled([getattr(run, name) for run in runs])
    shapes: dict[str, int] = {}
    numbers = array("d")
    columns["summary"] = _same([_flat(run.summary, shapes, numbers) for run in runs])
    pools["summary"] = [json.loads(shape) for shape in shapes]
    checkpoints = [run.summary and run.summary.checkpoint for run in runs]
    columns["checkpoint"], pools["checkpoint"] = _pooled(checkpoints)
    texts = {name: joined([getattr(run, name) for run in runs]) for name in _UNIQUE}
    packed: dict[str, dict[str, Any]] = {"texts": texts, "columns": columns, "pools": pools}
    later = {
        key: {name: of.pop(name) for name in _LATER if name in of} for key, of in packed.items()
    }
    folders = joined([str(run.folder).removeprefix(start) for run in runs])
    return {"folders": folders, **packed}, later, numbers


def _same(places: list[int]) -> int | list[int]:
    return places[0] if len(set(places)) == 1 else places


def _pooled(values: list[Any]) -> tuple[int | list[int], list[Any]]:
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
    return _same(column), pool


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


BACK: dict[str, Callable[[Any], Any]] = {
    "model": _model,
    "selection": _selection,
    "cites": _cites,
    "plugs": tuple,
}


def _flat(summary: Summary | None, shapes: dict[str, int], values: "array[float]") -> int:
    """The place of the summary's shape, -1 of none; its values are put to the others."""
    if summary is None:
        return -1
    classes = [[name, list(inner)] for name, inner in summary.per_class.items()]
    said = (summary.split, summary.metric_spec, summary.n_cases)
    for named in (summary.metrics, *summary.per_class.values()):
        values.extend(math.nan if value is None else value for value in named.values())
    shape = json.dumps([*said, list(summary.metrics), classes])
    return shapes.setdefault(shape, len(shapes))


def little_endian(values: "array[Number]") -> "array[Number]":
    """Return numbers in the byte order of files, and from it."""
    if sys.byteorder == "big":
        values.byteswap()
    return values


def unpacked(kind: str, content: memoryview) -> "array[Any]":
    """Return the numbers in the bytes of a file; `kind` as in array."""
    values = array(kind)
    values.frombytes(content)
    return little_endian(values)

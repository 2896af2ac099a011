"""metrics.jsonl: one flat object per epoch and split; survives a killed writer."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import from_json

__all__ = ["Entry", "read_history"]

_PLACE = ("epoch", "split", "step")


@dataclass(frozen=True)
class Entry:
    """One row: the values (loss, lr, metrics) of a split after an epoch; epochs count from 1."""

    epoch: int
    split: str
    step: int | None
    values: dict[str, float | None]


def read_history(path: Path) -> list[Entry]:
    """Return every whole row, sorted by epoch, then split.

    A line that is torn or no row is skipped; of two rows for one epoch and split the later counts.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found: dict[tuple[int, str], Entry] = {}
    for row in _rows([line for line in lines if line]):
        entry = _entry(row)
        if entry is not None:
            found[entry.epoch, entry.split] = entry
    return [found[key] for key in sorted(found)]


def _rows(lines: list[bytes]) -> Iterable[object]:
    """The value of each line; None where it is no JSON.

    All at once where that gives the same: rows that begin and end with their line and hold no
    other object or list cannot reach into the next line, and one for each line is all of them.
    """
    if all(line[:1] == b"{" and line[-1:] == b"}" for line in lines):
        rows = _value(b"[" + b",".join(lines) + b"]")
        if isinstance(rows, list) and len(rows) == len(lines) and all(map(_is_flat, rows)):
            return rows
    return map(_value, lines)


def _value(text: bytes) -> object:
    try:
        return from_json(text)
    except ValueError:
        pass
    try:
        return json.loads(text)  # which takes some that the faster one refuses
    except (ValueError, RecursionError):
        return None


def _is_flat(row: object) -> bool:
    return isinstance(row, dict) and not {list, dict} & set(map(type, row.values()))


def _entry(row: object) -> Entry | None:
    if not isinstance(row, dict):
        return None
    epoch, split, step = row.get("epoch"), row.get("split"), row.get("step")
    if type(epoch) is not int or type(split) is not str:
        return None
    values = {key: value for key, value in row.items() if key not in _PLACE}
    if set(map(type, values.values())) != {float} or not all(map(math.isfinite, values.values())):
        known = ((k, v) for k, v in values.items() if v is None or type(v) in (int, float))
        values = {key: _number(value) for key, value in known}
    return Entry(epoch, split, step if type(step) is int else None, values)


def _number(value: float | None) -> float | None:
    """As a float; what is not finite is None, as in every other file of the run folder."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    try:
        return None if value is None else float(value)
    except OverflowError:
        return None

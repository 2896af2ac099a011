"""metrics.jsonl: one flat object per epoch and split; survives a killed writer."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Entry", "read_history"]


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
    rows: dict[tuple[int, str], Entry] = {}
    for line in lines:
        entry = _entry(line)
        if entry is not None:
            rows[entry.epoch, entry.split] = entry
    return [rows[key] for key in sorted(rows)]


def _entry(line: bytes) -> Entry | None:
    try:
        row = json.loads(line)
        epoch, split = row["epoch"], row["split"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if type(epoch) is not int or type(split) is not str:
        return None
    step = row.get("step")
    values = {
        key: _number(value)
        for key, value in row.items()
        if key not in ("epoch", "split", "step") and (value is None or _is_number(value))
    }
    return Entry(epoch, split, step if type(step) is int else None, values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float | None) -> float | None:
    """As a float; what is not finite is None, as in every other file of the run folder."""
    try:
        return None if value is None or not math.isfinite(value) else float(value)
    except OverflowError:
        return None

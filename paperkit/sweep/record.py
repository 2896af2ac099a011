"""The few facts about a run folder that the sweep itself needs; damaged files read as absent."""

import json
import os
import uuid
from pathlib import Path
from typing import Any

__all__ = ["epoch_of", "last_lines", "progress_mark", "read_json", "write_json"]

TAIL = 64 * 1024


def read_json(path: Path) -> dict[str, Any] | None:
    """Return a JSON object, or None where there is none that can be read."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object so that a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        beside.write_text(text + "\n", encoding="utf-8", newline="\n")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def epoch_of(folder: Path) -> int:
    """Return the last epoch in metrics.jsonl whose validation is written (0: none yet)."""
    for line in reversed(_tail(folder / "metrics.jsonl")):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if (
            isinstance(row, dict)
            and row.get("split") == "val"
            and isinstance(row.get("epoch"), int)
        ):
            return int(row["epoch"])
    return 0


def progress_mark(folder: Path) -> tuple[int, int, int]:
    """Return something that differs when the run has moved on: checkpoint and log."""
    last, log = (folder / name for name in ("checkpoints/last.pt", "metrics.jsonl"))
    return (
        epoch_of(folder),
        last.stat().st_mtime_ns if last.is_file() else 0,
        log.stat().st_size if log.is_file() else 0,
    )


def last_lines(folder: Path, count: int = 8) -> tuple[str, ...]:
    """Return the last non-empty lines of log.txt."""
    lines = [line.rstrip() for line in _tail(folder / "log.txt")]
    return tuple([line for line in lines if line][-count:])


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL))
            return file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []

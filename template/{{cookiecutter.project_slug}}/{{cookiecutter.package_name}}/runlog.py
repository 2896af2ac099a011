"""The run folder: what a training leaves behind, and all that the report reads.

One file, standard library only: copy it into any training loop.

    log = RunLog("runs/mine/baseline/seed0")
    log.start(seed=0, config_sha256="...")          # run.json: status running
    log.row(epoch=1, split="train", loss=0.7)       # metrics.jsonl
    log.end("done")                                 # run.json: status done

Whatever dies in between leaves files that can be read: JSON is replaced as a whole, and a log of
lines loses at most its last one.
"""

import csv
import datetime
import json
import math
import os
import platform
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

SCHEMA = 1
KEPT = ("id", "experiment", "variant", "method", "dataset", "seed", "fold", "attempt", "seconds")


class RunLog:
    """Writes one run folder. `writes=False` makes every method do nothing (DDP ranks above 0)."""

    def __init__(self, folder: str | Path, *, writes: bool = True) -> None:
        self.folder, self.writes = Path(folder), writes
        self.facts: dict[str, Any] = self.read("run.json")
        self._before = float(self.facts.get("seconds") or 0)
        self._clock = time.perf_counter()

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder; {} where there is none."""
        path = self.folder / name
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def start(self, **facts: Any) -> None:
        """Mark the run as running. Its place in the plan, written before, stays."""
        kept = {key: self.facts[key] for key in KEPT if key in self.facts}
        place = {**self._place(), **kept}
        attempt = int(place.get("attempt") or 0) + 1
        self.facts = {"schema": SCHEMA, **place, "status": "running", "attempt": attempt}
        self.facts |= {"started": _now(), "ended": None, **facts, "error": None}
        self._write_facts()
        self.say(f"start attempt={attempt} pid={os.getpid()} host={platform.node()}")

    def end(self, status: str, **facts: Any) -> None:
        """Mark the run as done, failed, diverged or stopped; nothing if it never had a place."""
        if not self.facts:
            return
        self.facts |= {"status": status, "ended": _now(), **facts}
        self._write_facts()

    def row(self, **values: Any) -> None:
        """Append one flat object to metrics.jsonl; NaN and infinity become null."""
        line = json.dumps(_finite(values), ensure_ascii=False)
        self._append("metrics.jsonl", line)

    def offset(self) -> int:
        """Bytes in metrics.jsonl now, on disk: a checkpoint stores it, a resume cuts back to it."""
        path = self.folder / "metrics.jsonl"
        if not path.is_file():
            return 0
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        return path.stat().st_size

    def truncate(self, offset: int) -> None:
        """Forget the rows after a checkpoint; they will be written again."""
        path = self.folder / "metrics.jsonl"
        if self.writes and path.is_file():
            with path.open("rb+") as file:
                file.truncate(offset)

    def table(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write a CSV file; the first row's keys are its columns."""
        rows = list(rows)
        if not self.writes or not rows:
            return
        path = self.folder / f"{name}.tmp"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        path.replace(self.folder / name)

    def json(self, name: str, data: Any) -> None:
        """Write a JSON file as a whole; NaN and infinity become null."""
        text = json.dumps(_finite(data), indent=1, ensure_ascii=False, allow_nan=False)
        self.text(name, text + "\n")

    def text(self, name: str, text: str) -> None:
        """Write a text file as a whole: a reader sees the old one or the new one."""
        if self.writes:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{name}.tmp"
            path.write_text(text, encoding="utf-8", newline="\n")
            path.replace(self.folder / name)

    def say(self, line: str) -> None:
        """Append a line to log.txt."""
        self._append("log.txt", line)

    def _append(self, name: str, line: str) -> None:
        if self.writes:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / name).open("a", encoding="utf-8", newline="\n") as file:
                file.write(line + "\n")

    def _write_facts(self) -> None:
        self.facts["seconds"] = round(self._before + time.perf_counter() - self._clock, 3)
        self.json("run.json", self.facts)

    def _place(self) -> dict[str, Any]:
        """Its place as the path says it: runs/EXPERIMENT/VARIANT[/DATASET]/seedK[-foldJ]."""
        parts = self.folder.resolve().parts
        runs = max((i for i, part in enumerate(parts[:-1]) if part == "runs"), default=-1)
        below = parts[runs + 1 :] if runs >= 0 else parts[-3:]
        if len(below) < 3:
            below = ("single", "run", parts[-1])
        dataset = below[2] if len(below) > 3 else None
        place = {"id": "/".join(below), "experiment": below[0], "variant": below[1]}
        return place | {"method": below[1], "dataset": dataset, "seed": None, "fold": None}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

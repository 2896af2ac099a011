"""Estimate when a launch will end, from the epochs that were finished since it began."""

import time
from collections.abc import Iterable
from pathlib import Path

from paperkit.sweep.plan import PlannedRun, Row
from paperkit.sweep.record import epoch_of

__all__ = ["Pace"]


class Pace:
    """Counts epochs to do and epochs done; a run that already has some needs only the rest."""

    def __init__(self, pairs: Iterable[tuple[Row, PlannedRun]], root: Path) -> None:
        self.began = time.monotonic()
        self.known = True
        self.left: dict[str, int] = {}
        self.ends: dict[str, int] = {}
        self.trained = 0
        for row, run in pairs:
            self.known &= row.epochs is not None
            resumes = run.state.name in ("partial", "failed", "running")
            self.ends[run.id] = row.epochs or 0
            self.left[run.id] = max(0, (row.epochs or 0) - (epoch_of(root / run.dir) * resumes))

    def at(self, run: str, epoch: int) -> None:
        """Note how many epochs a run has."""
        left = max(0, self.ends.get(run, 0) - epoch)
        self.trained += max(0, self.left.get(run, 0) - left)
        self.left[run] = left

    def drop(self, run: str) -> None:
        """Note that a run needs no more time."""
        self.left[run] = 0

    def remaining(self) -> float | None:
        """Return seconds to the end; None before the first epoch."""
        if not self.trained or not self.known:
            return None
        return (time.monotonic() - self.began) / self.trained * sum(self.left.values())

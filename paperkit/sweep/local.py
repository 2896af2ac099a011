"""The local executor: a few processes at once, one run folder each, nothing run twice."""

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from paperkit.errors import LockedError
from paperkit.sweep import lock
from paperkit.sweep.alive import end_group, interrupt
from paperkit.sweep.changes import changes
from paperkit.sweep.child import Child, start
from paperkit.sweep.folder import mark_failed, prepare
from paperkit.sweep.machine import Packing
from paperkit.sweep.outcome import Event, Failure, Outcome
from paperkit.sweep.pace import Pace
from paperkit.sweep.plan import Plan, PlannedRun, Row
from paperkit.sweep.record import epoch_of, last_lines, progress_mark, read_json
from paperkit.sweep.signals import counted
from paperkit.sweep.verdict import judge

__all__ = ["Local"]

TICK = 0.5  # seconds between looks at the epochs and at runs that others hold
STUCK = 3  # starts without progress after which a run is given up
Pair = tuple[Row, PlannedRun]


class Local:
    """Trains the runs of a plan on this machine; `run()` returns when all have ended."""

    def __init__(
        self, plan: Plan, packing: Packing, *, force: bool, on_event: Callable[[Event], None]
    ) -> None:
        self.plan, self.packing, self.force, self.on_event = plan, packing, force, on_event
        self.root = plan.project.root
        self.free = list(reversed(range(packing.workers)))
        self.active: dict[str, Child] = {}
        self.waiting: list[Pair] = []
        self.ended: SimpleQueue[str | None] = SimpleQueue()
        self.asked = self.told = 0
        self.stuck: dict[str, int] = {}
        self.done: list[str] = []
        self.failed: list[Failure] = []
        self.stopped: list[str] = []
        self.notes: list[str] = []
        self.skipped = [run.id for _, run in plan.runs if run.state.name == "done" and not force]
        self.pending: deque[Pair] = deque(self._to_do())
        self.total = len(self.pending)
        self.pace = Pace(self.pending, self.root)

    def run(self) -> Outcome:
        """Train until everything has ended, or the user stops it."""
        began = time.monotonic()
        with counted(self._ask_to_stop):
            try:
                self._loop()
            finally:
                self._abandon()
        return Outcome(
            done=tuple(self.done),
            skipped=tuple(self.skipped),
            failed=tuple(self.failed),
            stopped=tuple(self.stopped),
            interrupted=self.asked > 0,
            seconds=time.monotonic() - began,
            notes=tuple(self.notes),
        )

    def _to_do(self) -> list[Pair]:
        chosen = []
        for row, run in self.plan.runs:
            if run.state.name == "diverged" and not self.force:
                reason = f"diverged before ({run.state.why}); --force trains it again"
                self._note_failure(run, reason)
            elif run.id not in self.skipped:
                chosen.append((row, run))
        return chosen

    def _loop(self) -> None:
        while self.active or (not self.asked and (self.pending or self.waiting)):
            while self.free and self.pending and not self.asked:
                self._begin(*self.pending.popleft())
            self._wait()
            self._pass_on_signals()
            self._look()

    def _begin(self, row: Row, run: PlannedRun) -> None:
        path = lock.run_lock(self.root / run.dir)
        try:
            taken = lock.acquire(path, run.dir)
        except LockedError as error:
            self._held_by_other(row, run, error)
            return
        try:
            what, text = prepare(self.plan, row, run, force=self._forced(run))
            if what == "train":
                self._start(row, run, taken, text)
                return
        except OSError as error:
            taken.release()
            self._fail(run, f"cannot start: {error}")
            return
        except BaseException:
            taken.release()
            raise
        taken.release()
        self.skipped.append(run.id)
        self.pace.drop(run.id)
        self._tell("done", run, text)

    def _forced(self, run: PlannedRun) -> bool:
        """A run that stopped in this launch is continued, not thrown away a second time."""
        return self.force and run.id not in self.stuck

    def _held_by_other(self, row: Row, run: PlannedRun, error: LockedError) -> None:
        if lock.elsewhere(lock.run_lock(self.root / run.dir)):
            self._fail(run, str(error))
            return
        if (row, run) not in self.waiting:
            self.waiting.append((row, run))
            self._tell("waiting", run, str(error))

    def _start(self, row: Row, run: PlannedRun, taken: lock.Lock, text: str) -> None:
        if text:
            self._tell("moved", run, text)
        worker = self.free.pop()
        try:
            self.active[run.id] = start(
                self.plan.project,
                row,
                run,
                worker=worker,
                lock=taken,
                environment=self.packing.environment(worker),
                ended=self.ended,
            )
        except BaseException:
            self.free.append(worker)
            raise
        self._tell("start", run, epoch=self.active[run.id].epoch, epochs=row.epochs)

    def _wait(self) -> None:
        """Sleep until a child ends, a signal comes or it is time to look."""
        with contextlib.suppress(Empty):
            name = self.ended.get(timeout=TICK)
            if name is not None:
                self._finish(self.active.pop(name))

    def _finish(self, child: Child) -> None:
        try:
            self._conclude(child)
        finally:
            child.lock.release()
            self.free.append(child.worker)

    def _conclude(self, child: Child) -> None:
        run, folder = child.run, self.root / child.run.dir
        self.pace.at(run.id, epoch_of(folder))
        verdict, reason = judge(folder, child.process.returncode)
        recorded = (read_json(folder / "run.json") or {}).get("status")
        if verdict == "done":
            self._succeed(child)
        elif self.asked and recorded not in ("failed", "diverged"):
            self.stopped.append(run.id)
            self._tell("stopped", run, reason)
        elif verdict == "again":
            self._again(child)
        else:
            self._fail(run, reason)

    def _succeed(self, child: Child) -> None:
        run = child.run
        self.done.append(run.id)
        self.pace.drop(run.id)
        record = read_json(self.root / run.dir / "run.json") or {}
        changed = changes(record, run.identity, self.root / run.dir, child.row.resolved)
        if changed:
            self.notes.append(
                f"{run.id}: {'; '.join(changed)} while the sweep ran; launch again to make all "
                "rows equal"
            )
        self._tell("done", run)

    def _again(self, child: Child) -> None:
        run = child.run
        moved = progress_mark(self.root / run.dir) != child.mark
        self.stuck[run.id] = 0 if moved else self.stuck.get(run.id, 0) + 1
        if self.stuck[run.id] >= STUCK:
            self._fail(run, f"no progress in {STUCK} starts (each ended with exit code 75)")
            return
        self.pending.appendleft((child.row, run))
        self._tell("again", run, "stopped with a checkpoint; goes on")

    def _fail(self, run: PlannedRun, reason: str) -> None:
        mark_failed(self.root / run.dir, reason)
        self._note_failure(run, reason)
        self.pace.drop(run.id)
        self._tell("failed", run, reason)

    def _note_failure(self, run: PlannedRun, reason: str) -> None:
        lines = last_lines(self.root / run.dir)
        self.failed.append(Failure(run.id, run.dir, reason, lines))

    def _ask_to_stop(self) -> None:
        # runs inside a signal handler: count, wake the loop, nothing else
        self.asked += 1
        self.ended.put(None)

    def _pass_on_signals(self) -> None:
        """First: write a checkpoint; second: stop at once; third: end them."""
        while self.told < self.asked:
            self.told += 1
            self._tell("interrupt", None, f"stopping {len(self.active)} runs")
            for child in self.active.values():
                if self.told > 2:
                    end_group(child.process)
                else:
                    interrupt(child.process)

    def _look(self) -> None:
        for child in self.active.values():
            epoch = epoch_of(self.root / child.run.dir)
            if epoch != child.epoch:
                child.epoch = epoch
                self.pace.at(child.run.id, epoch)
                self._tell("epoch", child.run, epoch=epoch, epochs=child.row.epochs)
        for pair in list(self.waiting):
            path = lock.run_lock(self.root / pair[1].dir)
            if self.free and not self.asked and not lock.busy(path):
                self.waiting.remove(pair)
                self._begin(*pair)

    def _abandon(self) -> None:
        """Children that are left when the launcher itself fails: checkpoint, and the lock stays."""
        for child in self.active.values():
            interrupt(child.process)
            os.close(child.lock.fd)

    def _tell(self, kind: Any, run: PlannedRun | None, text: str = "", **progress: Any) -> None:
        finished = self.total - len(self.pending) - len(self.waiting) - len(self.active)
        self.on_event(
            Event(
                kind=kind,
                run=run.id if run else None,
                text=text,
                finished=finished,
                total=self.total,
                remaining=self.pace.remaining(),
                **progress,
            )
        )

"""Prepare a run folder for training; nothing is ever deleted."""

from pathlib import Path
from typing import Literal

from paperkit.sweep.plan import Plan, PlannedRun, Row
from paperkit.sweep.record import read_json, write_json
from paperkit.sweep.state import state_of

__all__ = ["Prepared", "mark_failed", "prepare"]

Prepared = tuple[Literal["train", "done"], str]


def prepare(plan: Plan, row: Row, run: PlannedRun, *, force: bool) -> Prepared:
    """Make a run's folder ready, under its lock.

    Args:
        plan: The plan that the run belongs to.
        row: The run's row.
        run: The run.
        force: Train again, whatever is there.

    Returns:
        ("train", ...) or ("done", ...) where somebody finished it meanwhile or the result of this
        identity was found in superseded/; with one line to tell, or "".
    """
    root, experiment = plan.project.root, plan.spec.experiment
    state = state_of(root, run, resolved=row.resolved, locks=False)
    if state.name == "done" and not force:
        return "done", ""
    text = ""
    if state.name in ("stale", "missing") and not force:
        found = _revive(root, experiment, run)
        if found:
            return "done", f"taken back from {found}: same configuration, code and data"
    if state.name == "stale" or (force and state.name != "missing"):
        moved = _supersede(root, experiment, run)
        text = f"{state.why or state.name}; the old result is in {moved}"
    _queue(root, experiment, row, run)
    return "train", text


def _queue(root: Path, experiment: str, row: Row, run: PlannedRun) -> None:
    """Write the run.json that says what is going to be trained here."""
    place = {
        "schema": 1,
        "id": run.id,
        "experiment": experiment,
        "variant": row.variant,
        "method": row.method,
        "dataset": row.dataset,
        "seed": run.seed,
        "fold": run.fold,
        "status": "queued",
        **run.identity,
    }
    path = root / run.dir / "run.json"
    # attempts and seconds of a run that is continued are kept
    write_json(path, {**(read_json(path) or {}), **place})


def _supersede(root: Path, experiment: str, run: PlannedRun) -> str:
    """Move a stale run folder aside; return where it is now, relative to the root."""
    folder = root / run.dir
    inside = folder.relative_to(root / "runs" / experiment)
    kept = root / "runs" / experiment / "superseded" / inside.parent
    kept.mkdir(parents=True, exist_ok=True)
    number = 1
    while (target := kept / f"{inside.name}-{number}").exists():
        number += 1
    folder.rename(target)
    return target.relative_to(root).as_posix()


def _revive(root: Path, experiment: str, run: PlannedRun) -> str | None:
    """Bring back a finished result of exactly this identity; return where it was, or None.

    What lies in its place is moved aside first.
    """
    inside = (root / run.dir).relative_to(root / "runs" / experiment)
    kept = root / "runs" / experiment / "superseded" / inside.parent
    for folder in sorted(kept.glob(f"{inside.name}-*")):
        record = read_json(folder / "run.json") or {}
        same = all(record.get(name) == value for name, value in run.identity.items())
        if run.identity and same and record.get("status") == "done":
            if (root / run.dir).exists():
                _supersede(root, experiment, run)
            folder.rename(root / run.dir)
            return folder.relative_to(root).as_posix()
    return None


def mark_failed(folder: Path, reason: str) -> None:
    """Write into run.json that a run ended without saying so itself (killed, out of memory)."""
    record = read_json(folder / "run.json")
    if record is not None and record.get("status") in ("queued", "running"):
        write_json(folder / "run.json", {**record, "status": "failed", "error": reason})

"""How a planned run stands, read from its folder alone."""

from pathlib import Path
from typing import Any

from paperkit.sweep import lock
from paperkit.sweep.changes import changes
from paperkit.sweep.plan import PlannedRun, State
from paperkit.sweep.record import epoch_of, read_json

__all__ = ["is_empty", "state_of"]

# a folder with nothing else was prepared, but never trained in
PREPARED = {"run.json", "log.txt"}


def state_of(
    root: Path, run: PlannedRun, *, resolved: dict[str, Any] | None = None, locks: bool = True
) -> State:
    """Return the state of a run.

    Args:
        root: The project's root.
        run: Its identity may be empty; then nothing is ever stale.
        resolved: The row's configuration, to say which key changed.
        locks: False for the process that holds the run's lock itself.
    """
    folder = root / run.dir
    if locks and lock.busy(lock.run_lock(folder)):
        return State("running", f"epoch {epoch_of(folder)}")
    if is_empty(folder):
        return State("missing")
    record = read_json(folder / "run.json")
    if record is None:
        return State("stale", "run.json is missing or damaged")
    changed = changes(record, run.identity, folder, resolved or {})
    if changed:
        return State("stale", "; ".join(changed))
    return _recorded(folder, record)


def is_empty(folder: Path) -> bool:
    """Whether a folder is absent, empty, or holds only what a launch prepares."""
    if not folder.is_dir():
        return True
    names = {path.name for path in folder.iterdir()}
    if not names <= PREPARED:
        return False
    record = read_json(folder / "run.json")
    return record is None or record.get("status") in ("queued", None)


def _recorded(folder: Path, record: dict[str, Any]) -> State:
    status = record.get("status")
    if status in ("done", "imported"):
        if (folder / "summary.json").is_file():
            return State("done")
        return State("failed", "summary.json is missing")
    if status == "diverged":
        return State("diverged", _first_line(record.get("error")))
    if status == "failed":
        return State("failed", _first_line(record.get("error")))
    if (folder / "checkpoints" / "last.pt").is_file():
        return State("partial", f"stopped after epoch {epoch_of(folder)}; will be continued")
    return State("partial", "stopped before its first checkpoint; will start again")


def _first_line(error: Any) -> str:
    """The line that names the error: the last one of a traceback."""
    lines = str(error or "").strip().splitlines()
    return lines[-1].strip() if lines else ""

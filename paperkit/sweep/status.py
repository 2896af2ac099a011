"""How an experiment stands, from plan.json and the run folders alone: fast, no project code."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.project import Project
from paperkit.project.yamlfile import read_yaml
from paperkit.sweep import lock
from paperkit.sweep.describe import HASHES
from paperkit.sweep.plan import PlannedRun, State
from paperkit.sweep.planfile import plan_path
from paperkit.sweep.planning import find_spec, make_plan
from paperkit.sweep.record import epoch_of, read_json
from paperkit.sweep.spec import load_spec
from paperkit.sweep.state import state_of

__all__ = ["RunStatus", "Status", "read_status"]


@dataclass(frozen=True)
class RunStatus:
    """One run: its state, and how far it is.

    Attributes:
        epoch, epochs: Finished epochs, of how many; None where not known.
        seconds: Wall-clock seconds over all attempts; None before the first.
        score: Name and value of the selected checkpoint's metric; None before the end.
    """

    id: str
    dir: str
    state: str
    why: str
    epoch: int
    epochs: int | None
    seconds: float | None
    score: tuple[str, float] | None


@dataclass(frozen=True)
class Status:
    """An experiment, in table order.

    Attributes:
        launched: Whether there was a launch; else the states are those of a first plan.
        running: Whether a launcher is at work now.
        notes: What to know (the spec was changed since the last launch).
    """

    experiment: str
    launched: bool
    running: bool
    runs: tuple[RunStatus, ...]
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """State -> number of runs."""
        return dict(sorted(Counter(run.state for run in self.runs).items()))

    def as_json(self) -> dict[str, Any]:
        """Return the document of `paperkit status --json`."""
        return {**asdict(self), "counts": self.counts}


def read_status(project: Project, spec_path: Path) -> Status:
    """Return how the runs of a spec stand, as the last launch resolved them.

    Raises:
        UserError: The spec or plan.json cannot be read.
    """
    path, shown = find_spec(project, spec_path)
    spec = load_spec(path, name=shown)
    written = read_json(plan_path(project.root, spec.experiment))
    if written is None:
        planned = [
            run for row in make_plan(project, spec_path, check=False).rows for run in row.runs
        ]
        notes: list[str] = ["not launched yet"]
    else:
        planned, notes = _planned(spec.experiment, written), []
        if written.get("spec") != spec.model_dump(mode="json", exclude_unset=True):
            notes.append(f"{shown} was changed since the last launch; see: paperkit plan {shown}")
    experiment = project.root / "runs" / spec.experiment
    running = lock.busy(lock.sweep_lock(experiment))
    runs = tuple(_status(project.root, run, running) for run in planned)
    return Status(spec.experiment, written is not None, running, runs, tuple(notes))


def _planned(experiment: str, written: dict[str, Any]) -> list[PlannedRun]:
    try:
        return [
            PlannedRun(
                id=run["id"],
                dir=run["dir"],
                seed=run["seed"],
                fold=run["fold"],
                arguments=(),
                identity={name: run[name] for name in HASHES},
            )
            for row in written["rows"]
            for run in row["runs"]
        ]
    except (KeyError, TypeError):
        path = plan_path(Path(), experiment).as_posix()
        raise UserError(f"{path}: not a plan; launch again to renew it: paperkit run") from None


def _status(root: Path, run: PlannedRun, running: bool) -> RunStatus:
    folder = root / run.dir
    state = state_of(root, run)
    if running and state.name in ("missing", "partial", "stale"):
        state = State("queued", state.why)
    record = read_json(folder / "run.json") or {}
    return RunStatus(
        id=run.id,
        dir=run.dir,
        state=state.name,
        why="" if state.name == "running" else state.why,
        epoch=epoch_of(folder),
        epochs=_epochs(folder) if state.name in ("running", "partial", "queued") else None,
        seconds=record.get("seconds"),
        score=_score(record),
    )


def _epochs(folder: Path) -> int | None:
    try:
        train = read_yaml(folder / "config.yaml").data.get("train")
    except (UserError, AttributeError):
        return None
    value = train.get("epochs") if isinstance(train, dict) else None
    return value if isinstance(value, int) else None


def _score(record: dict[str, Any]) -> tuple[str, float] | None:
    selection = record.get("selection")
    if not isinstance(selection, dict) or not isinstance(selection.get("value"), int | float):
        return None
    return str(selection.get("metric")), float(selection["value"])

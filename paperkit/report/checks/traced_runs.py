"""The runs behind a number, as they were when the report was written and as they are now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperkit.project import Project
from paperkit.report.collect import Experiment
from paperkit.report.provenance import Recorded, file_digest
from paperkit.runs import Run, load_runs

__all__ = ["TracedFile", "TracedRun", "later_runs", "traced_runs"]

_REASONS = {
    "stale": "its code, data or configuration are not the plan's any more",
    "not run": "it is not done any more",
    "without a result": "it has no summary.json any more",
}


@dataclass(frozen=True)
class TracedFile:
    """A file that the number was read from: its sha256 then; state: unchanged, changed, missing."""

    name: str
    sha256: str
    state: str


@dataclass(frozen=True)
class TracedRun:
    """One run behind a number.

    Attributes:
        folder: Below the project.
        value: What it logged for the metric, unrounded; None for other numbers.
        commit, dirty: Of the code that trained it; dirty: with changes that were not committed.
        checkpoint: {file, sha256, epoch} of what was evaluated; here: whether the file is there.
        split, metric_spec: What was evaluated, and by which version of the metrics.
        problems: Why the number is not what this run gives now; empty where it is.
    """

    id: str
    folder: str
    seed: int | None
    fold: int | None
    value: float | None
    status: str
    commit: str | None
    dirty: bool | None
    command: str | None
    checkpoint: dict[str, Any]
    split: str | None
    metric_spec: str | None
    files: tuple[TracedFile, ...]
    problems: tuple[str, ...]


def traced_runs(
    project: Project,
    found: Recorded,
    now: Sequence[Experiment],
    ids: Sequence[str],
    metric: str = "",
) -> tuple[TracedRun, ...]:
    """Return the runs of these ids, in order.

    Args:
        project: The project.
        found: What the last report wrote down.
        now: The experiments as they are.
        ids: Of runs.
        metric: Whose values to tell; empty for none.
    """
    known: dict[str, Run] = {}
    for experiment in dict.fromkeys(identity.partition("/")[0] for identity in ids):
        known |= {run.id: run for run in load_runs(project.root / "runs", experiment)}
    results = [result for experiment in now for result in experiment.results]
    reasons = {identity: reason for result in results for identity, reason in result.left_out}
    return tuple(_run(project.root, found, name, known, reasons, metric) for name in ids)


def later_runs(
    found: Recorded, now: Sequence[Experiment], runs: Sequence[TracedRun]
) -> Iterator[str]:
    """Yield a line for each run that would be part of the number if the report were made now."""
    ids = {run.id for run in runs}
    for result in (result for experiment in now for result in experiment.results):
        counted = [run.id for run in result.runs]
        if ids & {*counted, *(identity for identity, _ in result.left_out)}:
            for identity in counted:
                if identity not in found.runs:
                    yield f"{identity} is done since the report and not in the number"


def _run(
    root: Path,
    found: Recorded,
    name: str,
    known: dict[str, Run],
    reasons: dict[str, str],
    metric: str,
) -> TracedRun:
    then, run = found.runs.get(name, {}), known.get(name)
    place = run.folder.relative_to(root).as_posix() if run else str(then.get("folder", ""))
    files = tuple(_files(root / place, then.get("files") or {}))
    summary = run.summary if run else None
    return TracedRun(
        id=name,
        folder=place,
        seed=run.seed if run else then.get("seed"),
        fold=run.fold if run else then.get("fold"),
        value=summary.metrics.get(metric) if summary else None,
        status=run.status if run else "gone",
        commit=then.get("commit"),
        dirty=then.get("dirty"),
        command=run.command if run else None,
        checkpoint=_checkpoint(root / place, dict(summary.checkpoint) if summary else {}),
        split=summary.split if summary else None,
        metric_spec=then.get("metric_spec"),
        files=files,
        problems=tuple(_problems(name, place, run, files, reasons.get(name))),
    )


def _files(folder: Path, then: dict[str, str]) -> Iterator[TracedFile]:
    for name, sha256 in sorted(then.items()):
        now = file_digest(folder / name)
        state = "missing" if now is None else "unchanged" if now == sha256 else "changed"
        yield TracedFile(name, sha256, state)


def _checkpoint(folder: Path, said: dict[str, Any]) -> dict[str, Any]:
    if not said:
        return {}
    return said | {"here": (folder / str(said.get("file", ""))).is_file()}


def _problems(
    name: str, place: str, run: Run | None, files: Sequence[TracedFile], reason: str | None
) -> Iterator[str]:
    if run is None:
        yield f"{name}: its folder is gone (it was {place})"
        return
    if not files:
        yield f"{name}: the report recorded no file of it"
    for file in files:
        if file.state != "unchanged":
            yield f"{place}/{file.name} {'changed' if file.state == 'changed' else 'is lost'}"
    if reason:
        yield f"{name}: {_REASONS.get(reason, f'its status is {reason} now')}"

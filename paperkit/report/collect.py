"""Bring a plan and its runs together: which results count, and why the others do not.

A result counts when its run is done and has the identity that the plan asked for. What failed,
diverged, is stale or missing is never a number; it is counted, and the table says so. A result
whose checkpoint was chosen on the test set is refused: it would be false.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from paperkit.errors import UserError
from paperkit.report.metrics import Metric, find_metric
from paperkit.runs import Each, Plan, Planned, Row, Run, experiments, load_plan, load_runs

__all__ = ["Experiment", "Result", "collect"]

_COUNTS = ("done", "imported")
_IDENTITY = ("config_sha256", "code_sha256", "data_sha256")
_identity = attrgetter(*_IDENTITY)
Pair = tuple[int | None, int | None]  # seed, fold


@dataclass(frozen=True)
class Result:
    """One row of the plan with its evidence.

    Attributes:
        row: As planned.
        runs: The runs that count, in the order of the plan.
        left_out: (id, reason) of every planned run that does not count.
    """

    row: Row
    runs: tuple[Run, ...]
    left_out: tuple[tuple[str, str], ...]

    def values(self, metric: str) -> dict[Pair, float]:
        """Return the metric by (seed, fold), of the runs that count and have it."""
        if metric not in self._values:
            found = zip(self._pairs, self.each.metric(metric), strict=True)
            self._values[metric] = {pair: value for pair, value in found if value is not None}
        return self._values[metric]

    def ids(self, pairs: Collection[Pair] | None = None) -> tuple[str, ...]:
        """Return the ids of the runs with these (seed, fold), or of all."""
        if pairs is None or len(pairs) == len(self.runs):
            return self._ids
        return tuple(run.id for run in self.runs if run.pair in pairs)

    def of(self, pairs: Sequence[Pair]) -> Each:
        """Return the fields of the runs with these (seed, fold), in this order."""
        return self.each if pairs == self._pairs else Each([self.by_pair[pair] for pair in pairs])

    @cached_property
    def by_pair(self) -> dict[Pair, Run]:
        """The runs by (seed, fold)."""
        return dict(zip(self._pairs, self.runs, strict=True))

    @cached_property
    def each(self) -> Each:
        """A field of all runs at once."""
        return Each(self.runs)

    @cached_property
    def _pairs(self) -> list[Pair]:
        return list(zip(self.each("seed"), self.each("fold"), strict=True))

    @cached_property
    def _ids(self) -> tuple[str, ...]:
        return tuple(self.each("id"))

    @cached_property
    def _values(self) -> dict[str, dict[Pair, float]]:
        return {}

    def reasons(self) -> str:
        """Say in words how many results are missing and why; empty where none is."""
        counts = Counter(reason for _, reason in self.left_out)
        return ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))


@dataclass(frozen=True)
class Experiment:
    """A plan with its results, in the order of the table.

    Attributes:
        name: The experiment.
        root: The folder runs/.
        plan: As launched.
        results: One per row of the plan.
        own: Metrics that paperkit.yaml says something of, by name.
    """

    name: str
    root: Path
    plan: Plan
    results: tuple[Result, ...]
    own: Mapping[str, Metric] = field(default_factory=dict)

    def metric(self, name: str) -> Metric:
        """Return what is known about a metric."""
        return self.own.get(name) or find_metric(name)

    @property
    def components(self) -> tuple[str, ...]:
        """Ids of the components, in the order of the spec."""
        return tuple(component.id for component in self.plan.components)

    @property
    def datasets(self) -> tuple[str | None, ...]:
        """Data sets in the order of the plan; (None,) where the spec names none."""
        return tuple(dict.fromkeys(result.row.dataset for result in self.results)) or (None,)

    @property
    def runs(self) -> list[Run]:
        """Every run that counts, in the order of the table."""
        return [run for result in self.results for run in result.runs]

    def reference(self, row: Row) -> Result | None:
        """Return what a row is compared to: on its data set, with its settings, no components.

        A row that only changes settings is compared to the one that changes nothing. Where no row
        is without components it is the one with all; in a comparison the first.
        """
        rows = [result for result in self.results if result.row.dataset == row.dataset]
        if self.plan.kind != "ablation":
            return next(iter(rows), None)
        same = [result for result in rows if result.row.set == row.set]
        plain = [result for result in same if not result.row.on]
        full = [result for result in same if result.row.on == self.components]
        untouched = [result for result in rows if not result.row.on and not result.row.set]
        found = [*plain, *full, *untouched] if row.on else [*untouched, *plain]
        return next(iter(found), None)

    def is_full(self, row: Row) -> bool:
        """Whether the row has all components and changes nothing else."""
        return bool(row.on) and row.on == self.components and not row.set


def collect(root: Path, own: Mapping[str, Metric] | None = None) -> list[Experiment]:
    """Return every experiment below `root` (the folder runs/) that has a plan, by name.

    Args:
        root: The folder.
        own: Metrics that paperkit.yaml says something of.

    Raises:
        UserError: A plan cannot be read, or checkpoints were chosen on the test set.
    """
    found = [_experiment(root, name, own or {}) for name in experiments(root)]
    chosen = {name for item in found for result in item.results for name in _on_test(result)}
    if chosen:
        ids = ", ".join(sorted(chosen))
        raise UserError(
            f"the checkpoint was chosen on the test set in {ids}: such a number is no test result; "
            "choose it on validation (eval.monitor) and run again, or remove these runs"
        )
    return found


def _experiment(root: Path, name: str, own: Mapping[str, Metric]) -> Experiment:
    plan = load_plan(root, name)
    loaded = load_runs(root, name)
    runs = dict(zip(Each(loaded)("id"), loaded, strict=True))
    results = tuple(_result(row, runs, plan.metrics) for row in plan.rows)
    return Experiment(name, root, plan, results, own)


def _result(row: Row, runs: Mapping[str, Run], metrics: Sequence[str]) -> Result:
    counted: list[Run] = []
    left_out: list[tuple[str, str]] = []
    found = [runs.get(planned.id) for planned in row.runs]
    whole = Result(row, tuple(run for run in found if run is not None), ())
    if len(whole.runs) == len(found) > 0 and _all_count(whole, metrics):
        return whole
    for planned, run in zip(row.runs, found, strict=True):
        reason = _reason(planned, run)
        if run is None or reason:
            left_out.append((planned.id, reason or "not run"))
        else:
            counted.append(run)
    return Result(row, tuple(counted), tuple(left_out))


def _all_count(result: Result, metrics: Sequence[str]) -> bool:
    """Whether all planned runs certainly count; if not, each of them is asked."""
    asked = dict(zip(Planned._fields, zip(*result.row.runs, strict=True), strict=True))
    return (
        set(result.each("status")) == {"done"}
        and all(asked[name] == tuple(result.each(name)) for name in _IDENTITY)
        and any(None not in result.each.metric(metric) for metric in metrics)
    )


def _reason(planned: Planned, run: Run | None) -> str | None:
    """Why a planned run is no number; None where it is one."""
    if run is None:
        return "not run"
    if run.status not in _COUNTS:
        return {"queued": "not run"}.get(run.status, run.status)
    if run.status == "done" and _is_stale(planned, run):
        return "stale"
    if run.summary is None:
        return "without a result"
    return None


def _is_stale(planned: Planned, run: Run) -> bool:
    """Whether code, data or configuration are others than the plan's."""
    asked, got = _identity(planned), _identity(run)
    return asked != got and any(a is not None and a != b for a, b in zip(asked, got, strict=True))


def _on_test(result: Result) -> Iterator[str]:
    """The ids of the runs whose checkpoint was chosen on the test set."""
    for name, selection in zip(result.each("id"), result.each("selection"), strict=True):
        if selection is not None and selection.split == "test":
            yield name

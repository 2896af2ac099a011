"""Which rows of an experiment differ only in the values of some keys of their configuration.

A spec's grid varies its keys together. Rows that an ablation sets by hand vary each key alone,
beside the row that leaves it as it is configured.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from paperkit.project.yamlfile import flow
from paperkit.report.collect import Experiment, Result
from paperkit.report.names import Names
from paperkit.report.tables.budget import configuration
from paperkit.runs import Row
from paperkit.stats import Described, best_and_second, describe

__all__ = ["Sweep", "Validation", "point_id", "safe_name", "sweeps"]

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Validation:
    """What the sweep is chosen by: the selection metric on validation, mean over each row's runs.

    Attributes:
        metric: Its name; higher: whether more is better.
        found: By the values of the keys.
        best: Values of the best mean (more than one where they look alike).
    """

    metric: str
    higher: bool
    found: Mapping[str, Described]
    best: frozenset[str]


@dataclass(frozen=True)
class Sweep:
    """A model on a data set, with some keys varied.

    Attributes:
        keys: Dotted.
        variant: Id of the model; name: what it is called.
        points: (values of the keys, result), in the order of the plan.
    """

    keys: tuple[str, ...]
    variant: str
    name: str
    dataset: str | None
    points: tuple[tuple[Values, Result], ...]

    def axis(self, place: int) -> list[Any]:
        """Return the values of one key, each once, in order."""
        return list(
            {point_id((values[place],)): values[place] for values, _ in self.points}.values()
        )

    def results(self) -> dict[str, Result]:
        """Return the results by the id of their values."""
        return {point_id(values): result for values, result in self.points}

    def validation(self) -> Validation | None:
        """Return the rows' scores on validation; None where a run's score is not recorded."""
        results = {key: result for key, result in self.results().items() if result.runs}
        chosen = [run.selection for result in results.values() for run in result.runs]
        metrics = {(s.metric, s.mode) if s and s.split == "val" else None for s in chosen}
        if (
            len(metrics) != 1
            or None in metrics
            or any(s is None or s.value is None for s in chosen)
        ):
            return None
        metric, mode = next(iter(metrics)) or (None, None)
        found = {
            key: describe([run.selection.value or 0.0 for run in result.runs if run.selection])
            for key, result in results.items()
        }
        means = [described.mean for described in found.values()]
        higher = mode != "min"
        best, _ = best_and_second(means, means, higher=higher)
        names = list(found)
        return Validation(str(metric), higher, found, frozenset(names[i] for i in best))


def point_id(values: Values) -> str:
    """Return a text that tells values apart as the configuration does (1 and 1.0, true and 1)."""
    return flow(list(values))


def sweeps(experiment: Experiment, names: Names) -> list[list[Sweep]]:
    """Return the sweeps of an experiment; those in one list vary the same keys."""
    grid = experiment.plan.spec.get("grid")
    if isinstance(grid, dict) and grid:
        keys = tuple(key for key, values in grid.items() if len(values) > 1)
        found = list(_grid(experiment, keys, tuple(grid), names)) if keys else []
        return [found] if found else []
    if experiment.plan.kind != "ablation":
        return []
    by_hand = dict.fromkeys(key for result in experiment.results for key in result.row.set)
    every = [list(_by_hand(experiment, key, names)) for key in by_hand]
    return [found for found in every if found]


def safe_name(text: str) -> str:
    """Return a part of a file's name."""
    return re.sub(r"[^A-Za-z0-9_.+-]+", "_", text).strip("_")


def _grid(
    experiment: Experiment, keys: tuple[str, ...], grid: tuple[str, ...], names: Names
) -> Iterator[Sweep]:
    for rows in _families(experiment, keys):
        points = [
            (tuple(result.row.set[key] for key in keys), result)
            for result in rows
            if all(key in result.row.set for key in keys)
        ]
        if len(points) > 1:
            row = _without(points[0][1].row, grid)
            name = names.variant(row, experiment.components)
            yield Sweep(keys, row.variant, name, row.dataset, tuple(points))


def _by_hand(experiment: Experiment, key: str, names: Names) -> Iterator[Sweep]:
    """A key of at least two rows; sorted where it is a number."""
    for rows in _families(experiment, (key,)):
        if sum(key in result.row.set for result in rows) < 2:
            continue
        points = [((value,), r) for r in rows if (value := _value(r, key)) is not None]
        if all(isinstance(values[0], int | float) for values, _ in points):
            points.sort(key=lambda point: point[0])
        row = replace(rows[0].row, variant="-".join(rows[0].row.on) or "baseline", set={})
        others = {k.rpartition(".")[2]: flow(v) for k, v in rows[0].row.set.items() if k != key}
        variant = "".join([row.variant, *(f"-{k}{v}" for k, v in others.items())])
        name = names.variant(row, experiment.components)
        name += "".join(f", {k} {v}" for k, v in others.items())
        yield Sweep((key,), variant, name, row.dataset, tuple(points))


def _families(experiment: Experiment, keys: tuple[str, ...]) -> list[list[Result]]:
    """Results that are alike but for the keys, in the order of the plan."""
    found: dict[str, list[Result]] = {}
    for result in experiment.results:
        row = result.row
        rest = sorted((k, flow(v)) for k, v in row.set.items() if k not in keys)
        method = row.method if experiment.plan.kind != "ablation" else None
        found.setdefault(repr((method, row.on, row.dataset, rest)), []).append(result)
    return list(found.values())


def _value(result: Result, key: str) -> Any:
    """What the row sets, else what its runs were configured with."""
    if key in result.row.set:
        return result.row.set[key]
    return configuration(result.runs[0]).get(key) if result.runs else None


def _without(row: Row, grid: tuple[str, ...]) -> Row:
    """The row before the grid: the sweep appends -KEYVALUE of every key to its id."""
    last = [key.rpartition(".")[2] for key in grid]
    short = [end if last.count(end) == 1 else key for key, end in zip(grid, last, strict=True)]
    parts = [
        f"-{name}{safe_name(flow(row.set.get(key)))}" for key, name in zip(grid, short, strict=True)
    ]
    rest = {key: value for key, value in row.set.items() if key not in grid}
    return replace(row, variant=row.variant.removesuffix("".join(parts)), set=rest)

"""Every number of the paper, computed once, with what it rests on.

Tables, macros, CSV files and the provenance all print these; none of them computes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from paperkit.latex import Tex, number
from paperkit.report.collect import Experiment, Result
from paperkit.report.literature import Literature, literature
from paperkit.report.metrics import Metric, find_metric
from paperkit.stats import Described, describe, paired_difference

__all__ = ["Quantity", "quantities", "result_key"]

MILLION = 1e6
_ALL = "full"


@dataclass(frozen=True)
class Quantity:
    """A number and its origin.

    Attributes:
        key: EXPERIMENT/VARIANT[/DATASET]/METRIC[/std|delta|n].
        value: Unrounded, in `unit` before percent is applied; None where it is missing.
        unit: "%" (value is a fraction), "M", "G", "" for a pure number or count.
        decimals: Digits after the point, as printed.
        signed: Whether a plus is printed.
        n: How many runs it is computed from; ddof: of a standard deviation.
        runs: Their ids.
        source: What it was made from: "runs", "plan" or "literature".
    """

    key: str
    value: float | None
    unit: str
    decimals: int
    n: int = 0
    ddof: int | None = None
    signed: bool = False
    runs: tuple[str, ...] = ()
    source: str = "runs"

    @property
    def display(self) -> Tex:
        """As printed, without its unit."""
        return number(self.value, self.decimals, percent=self.unit == "%", sign=self.signed)


def result_key(experiment: str, variant: str, dataset: str | None, *rest: str) -> str:
    """Return the key of a result: EXPERIMENT/VARIANT[/DATASET]/..."""
    return "/".join([experiment, variant, *([dataset] if dataset else []), *rest])


def quantities(experiment: Experiment) -> dict[str, Quantity]:
    """Return every number of an experiment by key; `full` answers for all components, too."""
    found = {}
    costs = _cost_decimals(experiment)
    for result in experiment.results:
        names = [result.row.variant]
        if experiment.is_full(result.row) and _ALL not in names:
            names.append(_ALL)
        for variant in names:
            every = [
                *_metrics(experiment, result, variant),
                *_costs(experiment, result, variant, costs),
            ]
            found.update({quantity.key: quantity for quantity in every})
    for row in literature(experiment):
        found.update({quantity.key: quantity for quantity in _copied(experiment, row)})
    return found


def _metrics(experiment: Experiment, result: Result, variant: str) -> Iterator[Quantity]:
    base = experiment.reference(result.row)
    for name in experiment.plan.metrics:
        metric, values = find_metric(name), result.values(name)
        key = result_key(experiment.name, variant, result.row.dataset, name)
        runs = tuple(run.id for run in result.runs if run.pair in values)
        described = describe(list(values.values()))
        yield from _described(key, metric, described, runs)
        if base is not None and base is not result:
            theirs = base.values(name)
            pairs = [pair for pair in values if pair in theirs]
            delta = paired_difference([values[p] for p in pairs], [theirs[p] for p in pairs])
            both = (*runs, *(run.id for run in base.runs if run.pair in pairs))
            yield Quantity(
                f"{key}/delta", delta.mean, metric.unit, metric.decimals, delta.n,
                signed=True, runs=both,
            )  # fmt: skip


def _described(
    key: str, metric: Metric, described: Described, runs: tuple[str, ...]
) -> Iterator[Quantity]:
    n, unit, decimals = described.n, metric.unit, metric.decimals
    yield Quantity(key, described.mean, unit, decimals, n, runs=runs)
    yield Quantity(f"{key}/std", described.std, unit, decimals, n, ddof=1, runs=runs)
    yield Quantity(f"{key}/n", float(n), "", 0, n, runs=runs)


def _costs(
    experiment: Experiment, result: Result, variant: str, decimals: dict[str, int]
) -> Iterator[Quantity]:
    for name, (value, unit) in _cost(result).items():
        key = result_key(experiment.name, variant, result.row.dataset, name)
        yield Quantity(key, value, unit, decimals[name], source="plan")


def _cost(result: Result) -> dict[str, tuple[float | None, str]]:
    params, gmacs = result.row.params, result.row.gmacs
    return {
        "params": (None if params is None else params / MILLION, "M"),
        "gmacs": (gmacs, "G"),
    }


def _cost_decimals(experiment: Experiment) -> dict[str, int]:
    """Two decimals, or three where two would hide a difference between rows."""
    decimals = {}
    for name in ("params", "gmacs"):
        values = {_cost(result)[name][0] for result in experiment.results} - {None}
        told_apart = len({number(value, 2) for value in values}) == len(values)
        visible = all(value is not None and value >= 0.1 for value in values)
        decimals[name] = 2 if told_apart and visible else 3
    return decimals


def _copied(experiment: Experiment, row: Literature) -> Iterator[Quantity]:
    for (dataset, name), value in row.values.items():
        key = result_key(experiment.name, row.name, dataset, name)
        metric, decimals = find_metric(name), row.decimals[dataset, name]
        exact = float(Decimal(repr(value)).scaleb(-2)) if metric.percent else value
        yield Quantity(key, exact, metric.unit, decimals, source="literature")

"""Every number of the paper, computed once, with what it rests on.

Tables, macros, CSV files and the provenance all print these; none of them computes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from paperkit.latex import Tex, escape, number, tex
from paperkit.report.collect import Experiment, Result
from paperkit.report.judged import Judged, compared, judge, steady
from paperkit.report.metrics import Metric
from paperkit.report.tables.literature import Literature, literature
from paperkit.report.verdict import p_tex, verdict_words
from paperkit.stats import Described, describe, paired_difference, t_interval

__all__ = ["Quantity", "quantities", "result_key"]

MILLION = 1e6
_ALL = "full"


@dataclass(frozen=True)
class Quantity:
    """A number and its origin.

    Attributes:
        key: EXPERIMENT/VARIANT[/DATASET]/METRIC[/std|ci|delta|delta/ci|p|n|verdict].
        value: Unrounded, in `unit` before percent is applied; None where it is missing. Of a
            verdict, the difference that it is about.
        high: The other end of an interval, whose low end is `value`.
        unit: "%" (value is a fraction), "M", "G", "mm" or the like, "" for a pure number or count.
        decimals: Digits after the point, as printed.
        signed: Whether a plus is printed.
        n: How many runs it is computed from; ddof: of a standard deviation.
        runs: Their ids.
        source: What it was made from: "runs", "plan" or "literature".
        text: What is printed instead of the number.
        judged: All that is known of the difference, where the key ends in verdict.
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
    high: float | None = None
    text: Tex | None = None
    judged: Judged | None = None

    @property
    def display(self) -> Tex:
        """As printed, without its unit."""
        if self.text is not None:
            return self.text
        low, high = (
            number(value, self.decimals, percent=self.unit == "%", sign=self.signed)
            for value in (self.value, self.high)
        )
        return low if self.high is None else tex("#1 to #2", low, high)


def result_key(experiment: str, variant: str, dataset: str | None, *rest: str) -> str:
    """Return the key of a result: EXPERIMENT/VARIANT[/DATASET]/..."""
    return "/".join([experiment, variant, *([dataset] if dataset else []), *rest])


def quantities(experiment: Experiment) -> dict[str, Quantity]:
    """Return every number of an experiment by key; `full` answers for all components, too."""
    found = {}
    costs, judged = _cost_decimals(experiment), judge(experiment)
    pairs = {id(at): (ours, theirs) for at, ours, theirs in compared(experiment)}
    for result in experiment.results:
        names = [result.row.variant]
        if experiment.is_full(result.row) and _ALL not in names:
            names.append(_ALL)
        for variant in names:
            every = [
                *_metrics(experiment, result, variant),
                *_differences(experiment, result, variant, pairs.get(id(result)), judged),
                *_costs(experiment, result, variant, costs),
            ]
            found.update({quantity.key: quantity for quantity in every})
    for row in literature(experiment):
        found.update({quantity.key: quantity for quantity in _copied(experiment, row)})
    return found


def _metrics(experiment: Experiment, result: Result, variant: str) -> Iterator[Quantity]:
    for name in experiment.plan.metrics:
        metric, values = experiment.metric(name), result.values(name)
        key = result_key(experiment.name, variant, result.row.dataset, name)
        runs = result.ids(values)
        described = describe(list(values.values()))
        yield from _described(key, metric, described, runs)
        # folds share their training data: the interval of their mean would be too narrow
        folds = any(fold is not None for _, fold in values)
        interval = None if folds else t_interval(described)
        low, high = map(steady, interval) if interval else (None, None)
        if low is not None and high is not None and metric.percent:
            low, high = max(low, 0.0), min(high, 1.0)  # covers as often
        yield Quantity(
            f"{key}/ci", low, metric.unit, metric.decimals, described.n, runs=runs, high=high
        )


def _described(
    key: str, metric: Metric, described: Described, runs: tuple[str, ...]
) -> Iterator[Quantity]:
    n, unit, decimals = described.n, metric.unit, metric.decimals
    yield Quantity(key, described.mean, unit, decimals, n, runs=runs)
    yield Quantity(f"{key}/std", described.std, unit, decimals, n, ddof=1, runs=runs)
    yield Quantity(f"{key}/n", float(n), "", 0, n, runs=runs)


def _differences(
    experiment: Experiment,
    result: Result,
    variant: str,
    pair: tuple[Result, Result] | None,
    judged: Mapping[tuple[str, str | None, str], Judged],
) -> Iterator[Quantity]:
    """The difference of a row to its reference, or of the own method to it, and its verdict."""
    if pair is None:
        return
    for name in experiment.plan.metrics:
        key = result_key(experiment.name, variant, result.row.dataset, name)
        delta = _delta(f"{key}/delta", experiment.metric(name), *pair)
        yield delta
        found = judged.get((result.row.variant, result.row.dataset, name))
        if found is not None:
            yield from _judged(key, delta, found)


def _delta(key: str, metric: Metric, ours: Result, theirs: Result) -> Quantity:
    a, b = ours.values(metric.name), theirs.values(metric.name)
    seeds = {seed: value for seed, value in a.items() if seed in b}
    delta = paired_difference(list(seeds.values()), [b[seed] for seed in seeds])
    runs = (*ours.ids(seeds), *theirs.ids(seeds))
    return Quantity(key, delta.mean, metric.unit, metric.decimals, delta.n, signed=True, runs=runs)


def _judged(key: str, delta: Quantity, found: Judged) -> Iterator[Quantity]:
    verdict = found.verdict
    low, high = verdict.interval or (None, None)
    yield replace(delta, key=f"{delta.key}/ci", value=low, high=high)
    printed = None if verdict.p is None else p_tex(verdict.p)
    yield Quantity(f"{key}/p", verdict.p, "", 3, delta.n, runs=delta.runs, text=printed)
    words = escape(verdict_words(verdict))
    yield replace(delta, key=f"{key}/verdict", text=words, judged=found)


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
        metric, decimals = experiment.metric(name), row.decimals[dataset, name]
        exact = float(Decimal(repr(value)).scaleb(-2)) if metric.percent else value
        yield Quantity(key, exact, metric.unit, decimals, source="literature")

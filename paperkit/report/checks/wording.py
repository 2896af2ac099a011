"""What a number is, in words: its statistic and the definition of its metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paperkit.report.metrics import Metric, find_metric

if TYPE_CHECKING:
    from paperkit.report.checks.traced_runs import TracedRun

__all__ = ["Parts", "definition", "split_key", "statistic"]

_STATISTICS = {
    "": "mean over {n} runs",
    "std": "standard deviation over {n} runs (n - 1 in the denominator)",
    "ci": "95 % confidence interval of the mean over {n} runs (Student's t)",
    "delta": "mean difference over {n} pairs of runs with the same seed: to the reference row, in "
    "a comparison of the own method to this row",
    "delta/ci": "95 % interval of this difference alone, not adjusted for the others of its table",
    "p": "p of the difference, adjusted for the differences of its table",
    "verdict": "what the difference shows, in words",
    "n": "number of runs that count",
}
_COSTS = {
    "params": "parameters of the model, counted when the experiment was planned",
    "gmacs": "10^9 multiply-accumulate operations for one input, counted when it was planned",
}
CASES = "where"
_WORDS = ("std", "ci", "delta", "p", "n", "verdict")


@dataclass(frozen=True)
class Parts:
    """A key in parts: EXPERIMENT/WHERE.../METRIC[/SUFFIX]."""

    experiment: str
    where: tuple[str, ...]
    metric: str
    suffix: str


def split_key(key: str) -> Parts:
    """Return the parts of a key; EXPERIMENT/where/... is about cases and has no single metric."""
    experiment, *rest = key.split("/")
    if rest[:1] == [CASES]:
        return Parts(experiment, tuple(rest), "", "")
    suffix: list[str] = []
    while len(rest) > 2 and rest[-1] in _WORDS:
        suffix.insert(0, rest.pop())
    metric = rest.pop() if len(rest) > 1 else ""
    return Parts(experiment, tuple(rest), metric, "/".join(suffix))


def statistic(key: str, n: int, source: str = "runs") -> str:
    """Return what was computed of the metric, from `n` runs."""
    parts = split_key(key)
    if source == "literature":
        return "as the other paper prints it; its data, code and protocol may be others"
    if parts.where[:1] == (CASES,):
        return f"computed from the test cases of {n} runs; the caption of tab_where says how"
    if parts.metric in _COSTS:
        return _COSTS[parts.metric]
    words = _STATISTICS.get(parts.suffix, parts.suffix).format(n=n)
    return words.replace(" 1 runs", " 1 run").replace(" 1 pairs of runs", " 1 pair of runs")


def definition(metric: str, runs: Sequence["TracedRun"], own: Mapping[str, Metric]) -> str:
    """Return what was measured: the definition, and the version of its code."""
    if not runs or not metric:
        return ""
    known = own.get(metric) or find_metric(metric)
    specs = sorted({run.metric_spec.partition(";")[0] for run in runs if run.metric_spec})
    version = f" (metric_spec {', '.join(specs)})" if specs else ""
    if not known.definition:
        return f"{metric}, as the runs logged it{version}"
    splits = sorted({run.split for run in runs if run.split}) or ["test"]
    words = known.definition.format(
        split=" and ".join(splits),
        classes="averaged over the classes",
        then="then over the classes",
        units="pixels or images",
    )
    return f"{words}{version}"

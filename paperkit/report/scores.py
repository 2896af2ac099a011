"""Evidence by seed and test case: what the tests of a table rest on.

A metric that is a mean over the test cases is taken apart into one share for each case, such that
the mean of the shares is the metric that was logged. With one class, or with classes that are in
every image, the share of a case is its own score. With classes that some images lack, an image
counts for a class by how few others have it, and a false alarm by what it costs the mean:

    share[c] = N / K * sum over k of (v[c,k] if c has class k, -m[k] if k is only predicted) / T[k]

with N cases, K classes, the class's mean m[k] (metric_spec v1: a false alarm counts as 0 in it)
and T[k] cases that have it. The weights 1 / T[k] come from the truth alone, so that they are the
same for every run, and two equal predictions have equal shares.

Cases of one group (images of a patient) are no independent evidence: the group counts as one, with
the sum of its shares. Where the shares do not give the logged metric (it is pooled, or the file is
another's), only one value per seed is known.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paperkit.runs import Case, Run
from paperkit.stats import paired_difference

__all__ = ["Evidence", "Scores"]

CLOSE = 1e-6  # of the logged metric, which text files may have rounded
_TOP = 5
Shares = Mapping[str, float]


@dataclass(frozen=True)
class Evidence:
    """A metric of two methods.

    Attributes:
        ours, theirs: [seed, case], or [seed] where a metric has no value per case.
        difference: Ours - theirs of the logged values, averaged over the seeds.
        grouped: Whether a "case" is a group of cases.
    """

    ours: Sequence[Sequence[float]] | Sequence[float]
    theirs: Sequence[Sequence[float]] | Sequence[float]
    difference: float
    grouped: bool = False


class Scores:
    """Reads cases.csv of a run when it is asked for, once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[dict[str, Shares], bool]] = {}

    def evidence(self, ours: Sequence[Run], theirs: Sequence[Run], metric: str) -> Evidence:
        """Return what is known of a metric; runs of the same seeds, all of which have it."""
        runs, half = [*ours, *theirs], len(ours)
        logged = [_logged(run, metric) for run in runs]
        difference = paired_difference(logged[:half], logged[half:]).mean or 0.0
        found = [self._of(run) for run in runs] if _may_have_cases(metric) else []
        shares = [by_metric[metric] for by_metric, _ in found if metric in by_metric]
        cases = sorted(shares[0]) if shares else []
        if len(shares) < len(runs) or any(sorted(of) != cases for of in shares):
            return Evidence(logged[:half], logged[half:], difference)
        table = [[of[case] for case in cases] for of in shares]
        grouped = any(of_groups for _, of_groups in found)
        return Evidence(table[:half], table[half:], difference, grouped)

    def _of(self, run: Run) -> tuple[dict[str, Shares], bool]:
        if run.id not in self._known:
            self._known[run.id] = _shares(run)
        return self._known[run.id]


def _may_have_cases(metric: str) -> bool:
    """Whether it is worth reading cases.csv."""
    return metric.endswith("_img") or metric in ("acc_set", "top5_set")


def _logged(run: Run, metric: str) -> float:
    return (run.summary and run.summary.metrics.get(metric)) or 0.0


def _shares(run: Run) -> tuple[dict[str, Shares], bool]:
    """Shares by metric and unit (case or group), and whether there are groups."""
    split = (run.summary and run.summary.split) or "test"
    rows = [row for row in run.cases() if row.split == split]
    found: dict[str, dict[str, float]]
    if any("tp" in row.values for row in rows):
        found = {"iou_img": _overlap(rows, 1), "dice_img": _overlap(rows, 2)}
    else:
        ranks = {row.case: row.values.get("rank") for row in rows}
        found = {
            "acc_set": {row.case: float(row.prediction == row.label) for row in rows},
            "top5_set": {case: float(rank <= _TOP) for case, rank in ranks.items() if rank},
        }
    groups = {row.case: row.group for row in rows if row.group}
    logged = run.summary.metrics if run.summary else {}
    kept = {name: of for name, of in found.items() if _is_mean(of, logged.get(name))}
    return {name: _grouped(of, groups) for name, of in kept.items()}, bool(groups)


def _is_mean(shares: Shares, logged: float | None) -> bool:
    if logged is None or not shares:
        return False
    return abs(math.fsum(shares.values()) / len(shares) - logged) <= CLOSE


def _overlap(rows: Sequence[Case], weight: int) -> dict[str, float]:
    """Shares of IoU (weight 1) or Dice (2); empty where a class is only ever predicted."""
    by_class: dict[str, list[tuple[str, float, float]]] = {}
    for row in rows:
        tp, fp, fn = (row.values.get(key) or 0.0 for key in ("tp", "fp", "fn"))
        whole = weight * tp + fp + fn
        if whole:
            value = weight * tp / whole
            by_class.setdefault(row.label, []).append((row.case, value, tp + fn))
    labels = list(dict.fromkeys(row.label for row in rows))
    # of two classes only the second, the foreground, counts (metric_spec v1)
    counted = [by_class[name] for name in labels[len(labels) == 2 :] if name in by_class]
    shares = dict.fromkeys((row.case for row in rows), 0.0)
    for of_class in counted:
        true = sum(1 for _, _, size in of_class if size)
        if not true:
            return {}
        mean = math.fsum(value for _, value, _ in of_class) / len(of_class)
        scale = len(shares) / (len(counted) * true)
        for case, value, size in of_class:
            shares[case] += scale * (value if size else -mean)
    return shares


def _grouped(shares: Shares, groups: Mapping[str, str]) -> Shares:
    """Sums by group, scaled so that their mean stays the metric; a case without group is one."""
    if not groups:
        return shares
    sums: dict[str, float] = {}
    for case, share in shares.items():
        unit = groups.get(case, case)
        sums[unit] = sums.get(unit, 0.0) + share
    return {unit: total * len(sums) / len(shares) for unit, total in sums.items()}

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
from typing import TYPE_CHECKING, Any

from paperkit.report.where.case_list import CaseTable, read_table
from paperkit.runs import Run
from paperkit.stats import paired_difference

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

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
    table = read_table(run)
    groups = {case: group for case, group in table.groups.items() if group}
    found = {}
    for metric, values in _by_metric(table).items():
        shares = dict(zip(table.cases, values.tolist(), strict=True))
        if _is_mean(shares, _logged(run, metric)):
            found[metric] = _grouped(shares, groups)
    return found, bool(groups)


def _by_metric(table: CaseTable) -> dict[str, "Array"]:
    """Shares [case] by metric; empty where a class is only ever predicted."""
    if table.guesses is not None:
        truth, guess, rank = table.guesses
        return {"acc_set": (truth == guess) * 1.0, "top5_set": (rank <= _TOP) * 1.0}
    if table.counts is None:
        return {}
    # of two classes only the second, the foreground, counts (metric_spec v1)
    tp, fp, fn, _ = table.counts[:, :, len(table.labels) == 2 :]
    found = {"iou_img": _overlap(tp, fp, fn), "dice_img": _overlap(2 * tp, fp, fn)}
    return {metric: shares for metric, shares in found.items() if shares is not None}


def _overlap(hit: "Array", fp: "Array", fn: "Array") -> "Array | None":
    """Shares [case] from counts [case, class], those of the hits times the weight they have."""
    import numpy as np

    whole = hit + fp + fn
    true, alarm = (hit + fn) > 0, ((hit + fn) == 0) & (fp > 0)
    images = true.sum(axis=0)
    counted = images > 0
    if not counted.any() or (alarm.any(axis=0) & ~counted).any():
        return None
    values = hit[:, counted] / whole[:, counted].clip(min=1)
    true, alarm, images = true[:, counted], alarm[:, counted], images[counted]
    mean = values.sum(axis=0) / (images + alarm.sum(axis=0))
    cost = (values * true - mean * alarm) / images
    return np.asarray(len(hit) * cost.mean(axis=1))


def _is_mean(shares: Shares, logged: float) -> bool:
    return bool(shares) and abs(math.fsum(shares.values()) / len(shares) - logged) <= CLOSE


def _grouped(shares: Shares, groups: Mapping[str, str]) -> Shares:
    """Sums by group, scaled so that their mean stays the metric; a case without group is one."""
    if not groups:
        return shares
    sums: dict[str, float] = {}
    for case, share in shares.items():
        unit = groups.get(case, case)
        sums[unit] = sums.get(unit, 0.0) + share
    return {unit: total * len(sums) / len(shares) for unit, total in sums.items()}

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
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from paperkit.report.where.case_list import CaseTable, read_table
from paperkit.runs import Each, Run
from paperkit.stats import paired_difference

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["Evidence", "Scores", "Unlike"]

CLOSE = 1e-6  # of the logged metric, which text files may have rounded
_TOP = 5


@dataclass(frozen=True)
class Unlike:
    """A run whose cases give another value of a metric than the one that it logged."""

    run: str
    cases: float
    logged: float


@dataclass(frozen=True)
class Evidence:
    """A metric of two methods.

    Attributes:
        ours, theirs: [seed, case], cases by name, or [seed] where a metric has no value per case.
        difference: Ours - theirs of the logged values, averaged over the seeds.
        grouped: Whether a "case" is a group of cases.
        unlike: Runs whose cases are no evidence, because they are not those of the logged value.
    """

    ours: "Array"
    theirs: "Array"
    difference: float
    grouped: bool = False
    unlike: tuple[Unlike, ...] = ()


@dataclass(frozen=True)
class _Shares:
    """Shares of runs: their units (cases or groups) by name, values [run, unit]."""

    units: tuple[str, ...]
    values: "Array"
    grouped: bool


_Found = dict[str, dict[str, _Shares | Unlike]]  # by run and metric


class Scores:
    """Reads cases.csv of a run when it is asked for, once."""

    def __init__(self) -> None:
        self._runs: _Found = {}
        self._known: dict[tuple[str, ...], tuple[_Shares | tuple[Unlike, ...], list[float]]] = {}

    def evidence(self, ours: Each, theirs: Each, metric: str) -> Evidence:
        """Return what is known of a metric; runs of the same seeds, all of which have it."""
        import numpy as np

        (a, logged), (b, others) = (self._of(runs, metric) for runs in (ours, theirs))
        difference = paired_difference(logged, others).mean or 0.0
        if isinstance(a, tuple) or isinstance(b, tuple) or a.units != b.units:
            unlike = tuple(one for of in (a, b) if isinstance(of, tuple) for one in of)
            return Evidence(np.array(logged), np.array(others), difference, unlike=unlike)
        return Evidence(a.values, b.values, difference, a.grouped or b.grouped)

    def _of(self, each: Each, metric: str) -> tuple[_Shares | tuple[Unlike, ...], list[float]]:
        """The shares of all runs, else those that are unlike; the logged values."""
        key = (metric, *each("id"))
        if key not in self._known:
            shares = self._stacked(each.runs, metric) if _may_have_cases(metric) else ()
            self._known[key] = shares, [value or 0.0 for value in each.metric(metric)]
        return self._known[key]

    def _stacked(self, runs: Sequence[Run], metric: str) -> _Shares | tuple[Unlike, ...]:
        """The shares of all runs; where one has none, or other cases, those that are unlike."""
        import numpy as np

        if not len(runs[0].case_columns):  # without the first, the others need not be read
            return ()
        self._read(runs)
        every = [self._runs[run.id].get(metric) for run in runs]
        found = [shares for shares in every if isinstance(shares, _Shares)]
        if len(found) < len(every) or any(one.units != found[0].units for one in found):
            return tuple(one for one in every if isinstance(one, Unlike))
        values = np.concatenate([shares.values for shares in found])
        return _Shares(found[0].units, values, any(shares.grouped for shares in found))

    def _read(self, runs: Sequence[Run]) -> None:
        alike: dict[tuple[int, int], list[tuple[Run, CaseTable]]] = {}
        for run in runs:
            if run.id not in self._runs:
                table = read_table(run)
                alike.setdefault((id(table.cases), id(table.labels)), []).append((run, table))
        for found in alike.values():  # most have the same cases: one computation
            self._runs |= _shares(found)


def _may_have_cases(metric: str) -> bool:
    """Whether it is worth reading cases.csv."""
    return metric.endswith("_img") or metric in ("acc_set", "top5_set")


def _logged(run: Run, metric: str) -> float:
    return (run.summary and run.summary.value(metric)) or 0.0


def _shares(runs: Sequence[tuple[Run, CaseTable]]) -> _Found:
    """Shares by run and metric; their tables have the same cases and classes."""
    found: _Found = {run.id: {} for run, _ in runs}
    first = runs[0][1]
    if not first.cases:
        return found
    groups = {case: group for case, group in first.groups.items() if group}
    for metric, rows in _by_metric([table for _, table in runs]).items():
        for (run, _), values in zip(runs, rows, strict=True):
            mean, logged = math.fsum(values.tolist()) / len(values), _logged(run, metric)
            if abs(mean - logged) <= CLOSE:
                found[run.id][metric] = _by_name(tuple(first.cases), values, groups)
            elif math.isfinite(mean):
                found[run.id][metric] = Unlike(run.id, mean, logged)
    return found


def _by_metric(tables: Sequence[CaseTable]) -> dict[str, "Array"]:
    """Shares [run, case] by metric; NaN where a class is only ever predicted."""
    import numpy as np

    guesses = [table.guesses for table in tables if table.guesses is not None]
    if guesses:
        truth, guess, rank = np.stack(guesses, axis=1)
        return {"acc_set": (truth == guess) * 1.0, "top5_set": (rank <= _TOP) * 1.0}
    counts = [table.counts for table in tables if table.counts is not None]
    if not counts:
        return {}
    # of two classes only the second, the foreground, counts (metric_spec v1)
    tp, fp, fn, _ = np.stack(counts, axis=1)[..., len(tables[0].labels) == 2 :]
    return {"iou_img": _overlap(tp, fp, fn), "dice_img": _overlap(2 * tp, fp, fn)}


def _overlap(hit: "Array", fp: "Array", fn: "Array") -> "Array":
    """Shares [run, case] of counts [run, case, class], those of the hits times their weight."""
    import numpy as np

    there = hit + fn
    true, alarm = there > 0, (there == 0) & (fp > 0)
    values = hit / (there + fp).clip(min=1)
    images = true.sum(axis=1, keepdims=True)  # [run, 1, class]
    counted = images > 0
    mean = values.sum(axis=1, keepdims=True) / (images + alarm.sum(axis=1, keepdims=True)).clip(1)
    cost = np.where(counted, (values * true - mean * alarm) / images.clip(1), 0.0)
    shares = hit.shape[1] * cost.sum(axis=2) / counted.sum(axis=2).clip(1)
    known = counted.any(axis=2) & ~(alarm & ~counted).any(axis=(1, 2))[:, None]
    return np.asarray(np.where(known, shares, np.nan))


def _by_name(cases: tuple[str, ...], values: "Array", groups: Mapping[str, str]) -> _Shares:
    """In the order of the names; where there are groups, their sums, scaled to keep the mean."""
    import numpy as np

    if not groups:
        units, order = _sorted(cases)
        return _Shares(units, values[None, order], grouped=False)
    sums: dict[str, float] = {}
    for case, share in zip(cases, values.tolist(), strict=True):
        unit = groups.get(case, case)
        sums[unit] = sums.get(unit, 0.0) + share
    units, order = _sorted(tuple(sums))
    scaled = np.array(list(sums.values())) * len(sums) / len(cases)
    return _Shares(units, scaled[None, order], grouped=True)


@lru_cache(maxsize=64)  # the runs on one data set have the same cases
def _sorted(names: tuple[str, ...]) -> "tuple[tuple[str, ...], Array]":
    import numpy as np

    order = sorted(range(len(names)), key=names.__getitem__)
    return tuple(names[place] for place in order), np.array(order)

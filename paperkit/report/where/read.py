"""Ours and what it is compared to, on every test case: what "where it helps" rests on."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from paperkit.report.collect import Experiment, Result
from paperkit.report.judged import own_method
from paperkit.report.where.case_list import CaseTable, labels_of, over_runs, read_table, stacked
from paperkit.runs import Run

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["Compared", "Method", "Truth", "compared"]

BACKGROUND = "background"


@dataclass(frozen=True)
class Truth:
    """What the test cases are, the same for every method.

    Attributes:
        cases, groups: Names [case], sorted by case; an empty group where none is given.
        classes: That count: of two classes of pixels the second, the foreground, alone.
        objects: Places of the classes that are no background: of more than two classes of pixels,
            all but one that is called background.
        sizes: [case, class]: share of the image that the class covers; NaN where it is not there,
            or where the image's size is not known. [case, 0] in classification.
        label: [case]: place of the true class in classification; empty in segmentation.
    """

    cases: tuple[str, ...]
    groups: tuple[str, ...]
    classes: tuple[str, ...]
    objects: tuple[int, ...]
    sizes: "Array"
    label: "Array"

    @property
    def dense(self) -> bool:
        """Whether it is a segmentation."""
        return not self.label.size

    @cached_property
    def bounds(self) -> tuple[float, float] | None:
        """The terciles of the sizes of all objects, as shares of the image; both sizes occur.

        An object is all that the truth has of one class in one image, background left out. None
        where fewer than three are known.
        """
        if not self.dense:
            return None
        found = sorted(x for x in self.sizes[:, list(self.objects)].ravel().tolist() if x > 0)
        if len(found) < 3:
            return None
        return found[math.ceil(len(found) / 3) - 1], found[math.ceil(2 * len(found) / 3) - 1]


@dataclass(frozen=True)
class Method:
    """A row of the plan on every case; a run that lacks a case has NaN there.

    Attributes:
        result: The row with its runs.
        scores: [run, case]. Segmentation: the overlap, averaged over the classes that truth or
            prediction have (metric_spec v1); NaN where the truth has none of them.
            Classification: 1 where it is right, else 0.
        classes: [run, case, class]: the overlap where the truth has the class, else NaN.
        marked: [run, case]: 1 where it marks an object on an image whose truth has none, 0 where
            it marks none there, NaN on images with objects.
        taken: [run, case]: place of the predicted class (classification).
        ranks: [run, case]: of the true class among the predicted ones; 1 is right.
    """

    result: Result
    scores: "Array"
    classes: "Array"
    marked: "Array"
    taken: "Array"
    ranks: "Array"

    @property
    def mean(self) -> "Array":
        """[case]: the score, averaged over the runs."""
        return over_runs(self.scores)


@dataclass(frozen=True)
class Compared:
    """Ours and what it is compared to, on one data set.

    Attributes:
        experiment, dataset: Where it is from; `dataset` is None where the spec names none.
        dice: Whether the overlap is the Dice coefficient, as the first metric of the spec is.
        truth: The test cases.
        ours: The full method of an ablation, else its last row with components; of a comparison
            the method `ours`, else the last with plugs.
        others: The baseline of an ablation; every other method of a comparison.
        left_out: Test cases that a method lacks; the others are compared.
    """

    experiment: Experiment
    dataset: str | None
    dice: bool
    truth: Truth
    ours: Method
    others: tuple[Method, ...]
    left_out: int = 0

    @property
    def methods(self) -> tuple[Method, ...]:
        """The others in the order of the plan, then ours."""
        return (*self.others, self.ours)

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run that it rests on."""
        return tuple(run for method in self.methods for run in method.result.runs)

    @property
    def folds(self) -> bool:
        """Whether runs are folds: their training sets overlap, so they get no verdict."""
        return any(run.fold is not None for run in self.runs)


def compared(experiment: Experiment) -> Iterator[Compared]:
    """Yield ours against the others on each data set where both have cases.

    Raises:
        UserError: A cases.csv cannot be understood.
    """
    for dataset in experiment.datasets:
        found = [r for r in experiment.results if r.row.dataset == dataset and r.runs]
        ours = _ours(experiment, found)
        results = [*_others(experiment, found, ours), ours] if ours else []
        read = [(result, [read_table(run) for run in result.runs]) for result in results]
        read = [(result, tables) for result, tables in read if any(t.cases for t in tables)]
        if len(read) > 1 and read[-1][0] is ours and len({_dense(t) for _, t in read}) == 1:
            made = _compared(experiment, dataset, read)
            if made.truth.cases:
                yield made


def _ours(experiment: Experiment, found: list[Result]) -> Result | None:
    if experiment.plan.kind == "ablation":
        full = [result for result in found if experiment.is_full(result.row)]
        parts = [result for result in found if result.row.on]
        return next(iter([*full, *parts[::-1]]), None)
    own = own_method(experiment)
    return next((result for result in found if result.row.variant == own), None)


def _others(experiment: Experiment, found: list[Result], ours: Result) -> list[Result]:
    if experiment.plan.kind != "ablation":
        return [result for result in found if result is not ours]
    base = experiment.reference(ours.row)
    return [base] if base is not None and base is not ours and base.runs else []


def _dense(tables: Sequence[CaseTable]) -> bool:
    return any(table.counts is not None for table in tables)


def _compared(
    experiment: Experiment, dataset: str | None, read: list[tuple[Result, list[CaseTable]]]
) -> Compared:
    dice = experiment.plan.metrics[:1] in (("dice_img",), ("dice_set",))
    known = [{case for table in tables for case in table.cases} for _, tables in read]
    cases = sorted(set.intersection(*known))
    every = [table for _, tables in reversed(read) for table in tables]
    labels = _labels(every, read[-1][0])
    groups = {case: group for table in reversed(every) for case, group in table.groups.items()}
    values = [stacked(tables, cases, labels) for _, tables in read]
    truth = _truth(cases, [groups[case] for case in cases], labels, values[-1])
    methods = [
        _method(result, truth, of, dice=dice) for (result, _), of in zip(read, values, strict=True)
    ]
    left_out = len(set.union(*known)) - len(cases)
    return Compared(experiment, dataset, dice, truth, methods[-1], tuple(methods[:-1]), left_out)


def _labels(tables: list[CaseTable], ours: Result) -> list[str]:
    """The classes that count; of a classification in the order of the run's summary."""
    labels = labels_of(tables)
    if _dense(tables):
        return labels[1:] if len(labels) == 2 else labels
    listed = [name for run in ours.runs[:1] if run.summary for name in run.summary.per_class]
    return list(dict.fromkeys([*(name for name in listed if name in labels), *labels]))


def _truth(cases: list[str], groups: list[str], labels: list[str], values: "Array") -> Truth:
    """What the runs of ours say of the truth: the first that has the case counts."""
    import numpy as np

    found = values[0].copy()  # [4 | 3, case (, class)]
    for other in values[1:]:
        found = np.where(np.isnan(found), other, found)
    several = len(labels) > 1
    objects = tuple(n for n, x in enumerate(labels) if not (several and x.lower() == BACKGROUND))
    names = (tuple(cases), tuple(groups), tuple(labels), objects)
    if values.ndim == 3:
        return Truth(*names, np.full((len(cases), 0), np.nan), found[0].astype(int))
    with np.errstate(invalid="ignore", divide="ignore"):
        sizes = (found[0] + found[2]) / found.sum(axis=0)
    return Truth(*names, np.where(sizes > 0, sizes, np.nan), np.empty(0, dtype=int))


def _method(result: Result, truth: Truth, values: "Array", *, dice: bool) -> Method:
    import numpy as np

    if not truth.dense:
        right = np.where(np.isnan(values[:, 0]), np.nan, values[:, 0] == values[:, 1])
        nothing = np.full_like(right, np.nan)
        return Method(result, right, nothing[..., None], nothing, values[:, 1], values[:, 2])
    tp, fp, fn = (values[:, n] for n in range(3))
    with np.errstate(invalid="ignore", divide="ignore"):
        overlap = 2 * tp / (2 * tp + fp + fn) if dice else tp / (tp + fp + fn)
    there = tp + fn > 0
    scores = np.where(there.any(axis=2), over_runs(overlap, axis=2), np.nan)
    objects = list(truth.objects)
    known = ~np.isnan(tp[..., objects]).all(axis=2)
    marked = (tp + fp)[..., objects] > 0
    empty = known & ~there[..., objects].any(axis=2)
    false = np.where(empty, marked.any(axis=2), np.nan)
    nothing = np.full_like(scores, np.nan)
    return Method(result, scores, np.where(there, overlap, np.nan), false, nothing, nothing)

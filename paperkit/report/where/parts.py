"""Parts of the test set (classes, sizes, groups, confused pairs), ours against the others in each.

Every part is fixed by the truth alone (a confused pair by all methods together), never by the
difference that is then reported of it. A difference is called a gain only where
`paperkit.stats.verdicts` shows one, adjusted by Holm over all parts that are tested:

- Against several others, ours is held against the best of the part. Chosen on the same numbers, it
  looks better than it is, so that a gain over it is a gain over each; a loss to it must also hold
  when p is adjusted over all pairs of part and other method.
- Cases of one group are no independent evidence: tests take each group as one case.
- Parts with fewer than FEW cases (or groups) are listed without a verdict; so are folds.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from paperkit.report.judged import ALPHA
from paperkit.report.where.case_list import over_runs
from paperkit.report.where.read import Compared, Method, Truth
from paperkit.stats import Verdict, verdicts

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["FEW", "Part", "mean", "parts"]

FEW = 5
MOST_GROUPS = 12  # more are patients rather than hospitals: no rows of a table
PAIRS = 3


@dataclass(frozen=True)
class Part:
    """A part of the test set.

    Attributes:
        kind: "all", "class", "size", "group" or "pair".
        name: The class or group; small, medium or large; the true class of a pair.
        taken: The class that a pair takes it for; else empty.
        n: Test cases in it.
        means: Of every method, the others in the order of the plan, then ours: over the runs, then
            over the cases. Of a pair, the share of the true class that is taken for the other one.
        best: Place of the best of the others.
        verdict: On ours against it; None where it is not tested.
        tests: How many parts are tested together.
    """

    kind: str
    name: str
    n: int
    means: tuple[float, ...]
    best: int
    taken: str = ""
    verdict: Verdict | None = None
    tests: int = 0

    @property
    def higher(self) -> bool:
        """Whether more is better."""
        return self.kind != "pair"

    @property
    def difference(self) -> float:
        """Ours minus the best of the others; 12 digits, so that the order of seeds is no gain."""
        return round(self.means[-1] - self.means[self.best], 12)

    @property
    def ahead(self) -> bool:
        """Whether ours is better."""
        return self.difference > 0 if self.higher else self.difference < 0


@dataclass(frozen=True)
class _Asked:
    """A part before it is judged.

    Attributes:
        cases: Places of the cases that may be in it.
        values: [run, case] of every method on these cases, NaN outside of the part. A thousand
            classes on all fifty thousand cases of ImageNet would take gigabytes.
    """

    kind: str
    name: str
    cases: "Array"
    values: "tuple[Array, ...]"
    taken: str = ""


def mean(values: "Array") -> float:
    """Return the exact mean of those that are there; NaN where none is."""
    there = [value for value in values.tolist() if not math.isnan(value)]
    return math.fsum(there) / len(there) if there else math.nan


def parts(compared: Compared) -> list[Part]:
    """Return the parts that have cases, each with its verdict: all, classes, sizes, groups, pairs.

    A division that has one part only is left out: it would say the same as all cases.
    """
    asked = [*_all(compared), *_classes(compared), *_sizes(compared)]
    asked += [*_groups(compared), *_pairs(compared)]
    found = [_part(of) for of in asked]
    units = [_units(compared, of) for of in asked]
    tested = [n for n, of in enumerate(units) if len(of) >= FEW and not compared.folds]
    judged = _judged(
        compared,
        [asked[n] for n in tested],
        [units[n] for n in tested],
        [found[n].best for n in tested],
    )
    known = dict(zip(tested, judged, strict=True))
    return [
        replace(part, verdict=_settled(known.get(n), part), tests=len(tested))
        for n, part in enumerate(found)
    ]


def _settled(verdict: Verdict | None, part: Part) -> Verdict | None:
    """Its difference is the printed one, and p has 12 digits, so that processors agree."""
    if verdict is None:
        return None
    p = None if verdict.p is None else float(f"{verdict.p:.12g}")
    return replace(verdict, difference=part.difference, p=p)


def _all(compared: Compared) -> Iterator[_Asked]:
    import numpy as np

    if not np.isnan(compared.ours.scores).all():
        scores = tuple(method.scores for method in compared.methods)
        yield _Asked("all", "all", _every(compared), scores)


def _every(compared: Compared) -> "Array":
    import numpy as np

    return np.arange(len(compared.truth.cases))


def _classes(compared: Compared) -> Iterator[_Asked]:
    import numpy as np

    truth = compared.truth
    for n, name in enumerate(truth.classes if len(truth.classes) > 1 else ()):
        if truth.dense:
            cases = _every(compared)
            values = tuple(method.classes[..., n] for method in compared.methods)
        else:
            cases = np.flatnonzero(truth.label == n)
            values = tuple(method.scores[:, cases] for method in compared.methods)
        if not np.isnan(values[-1]).all():
            yield _Asked("class", name, cases, values)


def _sizes(compared: Compared) -> Iterator[_Asked]:
    import numpy as np

    limits = compared.truth.bounds
    if limits is None:
        return
    objects = list(compared.truth.objects)
    sizes, ends = compared.truth.sizes[:, objects], (0.0, *limits, math.inf)
    inside = [(sizes > low) & (sizes <= high) for low, high in pairwise(ends)]
    filled = [(name, of) for name, of in zip(("small", "medium", "large"), inside, strict=True)]
    filled = [(name, of) for name, of in filled if of.any()]
    for name, of in filled if len(filled) > 1 else ():
        yield _Asked("size", name, _every(compared), tuple(
            over_runs(np.where(of, method.classes[..., objects], np.nan), axis=2)
            for method in compared.methods
        ))  # fmt: skip


def _groups(compared: Compared) -> Iterator[_Asked]:
    import numpy as np

    names = sorted({name for name in compared.truth.groups if name})
    for name in names if 2 <= len(names) <= MOST_GROUPS else ():
        cases = np.flatnonzero([group == name for group in compared.truth.groups])
        values = tuple(method.scores[:, cases] for method in compared.methods)
        if not np.isnan(values[-1]).all():
            yield _Asked("group", name, cases, values)


def _pairs(compared: Compared) -> Iterator[_Asked]:
    """The pairs of classes that the methods confuse most, ours and the others weighted alike.

    Chosen by one side alone, a pair would be where that side had bad luck.
    """
    import numpy as np

    truth, k = compared.truth, len(compared.truth.classes)
    if truth.dense or k < 3:
        return
    *others, ours = (_confused(method, truth, k) for method in compared.methods)
    total = ours + sum(others) / len(others)
    for place in np.argsort(-total, axis=None, kind="stable")[:PAIRS].tolist():
        a, b = divmod(place, k)
        if total[a, b] > 0:
            cases = np.flatnonzero(truth.label == a)
            taken = [method.taken[:, cases] for method in compared.methods]
            shares = tuple(np.where(np.isnan(of), np.nan, of == b) for of in taken)
            yield _Asked("pair", truth.classes[a], cases, shares, truth.classes[b])


def _confused(method: Method, truth: Truth, k: int) -> "Array":
    """Mean number of cases [true, predicted] over the runs, zero where they are equal."""
    import numpy as np

    table = np.zeros((k, k))
    for taken in method.taken:
        wrong = ~np.isnan(taken) & (taken != truth.label)
        np.add.at(table, (truth.label[wrong], taken[wrong].astype(int)), 1.0)
    return np.asarray(table / len(method.taken))


def _part(asked: _Asked) -> Part:
    means = tuple(mean(over_runs(values)) for values in asked.values)
    sign = -1 if asked.kind == "pair" else 1
    known = [n for n, value in enumerate(means[:-1]) if not math.isnan(value)]
    best = max(known, key=lambda n: (sign * means[n], -n), default=0)
    return Part(asked.kind, asked.name, int(_there(asked).sum()), means, best, asked.taken)


def _there(asked: _Asked) -> "Array":
    """Of the cases that may be in the part, which are."""
    import numpy as np

    return np.asarray((~np.isnan(asked.values[-1])).any(axis=0))


def _units(compared: Compared, asked: _Asked) -> list[list[int]]:
    """Cases that count as one, by their places in asked.cases: those of a group, else each."""
    import numpy as np

    places = np.flatnonzero(_there(asked)).tolist()
    if not any(compared.truth.groups):
        return [[place] for place in places]
    units: dict[str, list[int]] = {}
    for place in places:
        group = compared.truth.groups[asked.cases[place]]
        units.setdefault(f"group {group}" if group else f"case {place}", []).append(place)
    return list(units.values())


def _judged(
    compared: Compared, asked: Sequence[_Asked], units: Sequence[list[list[int]]], best: list[int]
) -> list[Verdict]:
    """The verdict of each part on ours against its best other; see the module's docstring."""
    samples = [_sample(of, places) for of, places in zip(asked, units, strict=True)]
    close = verdicts([(of[-1], of[n]) for of, n in zip(samples, best, strict=True)], alpha=ALPHA)
    if len(compared.others) == 1 or all(one.ahead for one in close):
        return close
    every = [(of[-1], other) for of in samples for other in of[:-1]]
    strict = verdicts(every, alpha=ALPHA)
    return [
        one if one.ahead else strict[n * len(compared.others) + best[n]]
        for n, one in enumerate(close)
    ]


def _sample(asked: _Asked, units: list[list[int]]) -> "list[Array]":
    """[run, unit] of every method, such that more is better.

    A group counts with the sum of its cases, scaled so that the mean over the units is the mean
    over the cases that the table prints.
    """
    import numpy as np

    sign = -1 if asked.kind == "pair" else 1
    if len(units) == sum(map(len, units)):
        single = [places[0] for places in units]
        return [sign * values[:, single] for values in asked.values]
    scale = len(units) / sum(map(len, units))
    weights = np.array([sign * scale * len(places) for places in units])
    return [
        weights * np.stack([over_runs(values[:, places], axis=1) for places in units], axis=1)
        for values in asked.values
    ]

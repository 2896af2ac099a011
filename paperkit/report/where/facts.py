"""Facts about single test cases: the hard ones, gains and losses, and how these go together.

All rules are fixed beforehand. A case that was picked because one method does badly on it makes
that method look worse than it is (regression to the mean: with another seed it would do better).
So hard cases are picked by the others alone and only described, gains and losses are counted from
both sides, and the difficulty of a case is never taken from the numbers whose gain is explained.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from paperkit.report.where.case_list import over_runs
from paperkit.report.where.parts import mean
from paperkit.report.where.read import Compared
from paperkit.stats import midranks

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["LEAST", "LIMIT", "NAMED", "TIE", "Facts", "Relation", "facts"]

LIMIT = 0.5  # a method fails on a case below this overlap, or this share of runs that are right
TIE = 0.01  # differences up to this are no gain and no loss
NAMED = 3  # cases that a sentence names
LEAST = 10  # cases for a correlation
_NORMAL = 1.959963984540054  # 97.5 % point


@dataclass(frozen=True)
class Relation:
    """Spearman's correlation of gain and difficulty over cases.

    Attributes:
        rho: Negative where the gain is larger on harder cases.
        low, high: 95 %, by Bonett and Wright (2000, doi:10.1007/BF02294183).
        source: "others" where difficulty is the mean score of the other methods but the one that
            ours is compared to, "seeds" where it is that method's score with its other seeds.
    """

    rho: float
    low: float
    high: float
    source: str


@dataclass(frozen=True)
class Facts:
    """Cases by their places in Compared.truth, means over runs.

    Attributes:
        scored: Cases with a score of every method.
        rival: Place of the other method with the highest mean over `scored`.
        top: [case]: the best score of the others.
        gain: [case]: ours minus the rival.
        failed: Scored cases where every other method is below LIMIT, hardest first.
        hard: The same; where there is none, the tenth of the cases with the lowest `top`.
        below: How many cases are below LIMIT for all methods, for all but ours, for ours alone.
        gained, lost: Cases with a gain beyond TIE either way, the largest first.
        size: [case]: share of the image that its objects cover; NaN where it is not known.
        empty: Cases whose truth has no object.
        marked: Of each method, on how many of them it marks one; mean over runs.
        ranks: Of each method, the median rank of the true class where all methods fail; empty in
            segmentation.
        relation: See Relation; None where it cannot be had.
    """

    scored: tuple[int, ...]
    rival: int
    top: "Array"
    gain: "Array"
    failed: tuple[int, ...]
    hard: tuple[int, ...]
    below: tuple[int, int, int]
    gained: tuple[int, ...]
    lost: tuple[int, ...]
    size: "Array"
    empty: tuple[int, ...]
    marked: tuple[float, ...]
    ranks: tuple[float, ...]
    relation: Relation | None

    @property
    def ties(self) -> int:
        """Scored cases that are neither gained nor lost."""
        return len(self.scored) - len(self.gained) - len(self.lost)

    def typical_size(self, cases: Sequence[int]) -> float | None:
        """Return the median size of cases; None where it is not known of any."""
        found = [x for x in self.size[list(cases)].tolist() if not math.isnan(x)]
        return median(found) if found else None


def facts(compared: Compared) -> Facts:
    """Return the facts; equal values stay in the order of the cases' names."""
    import numpy as np

    means = np.stack([method.mean for method in compared.methods])
    scored = np.flatnonzero(~np.isnan(means).any(axis=0)).tolist()
    averages = [mean(row[scored]) for row in means]
    rival = max(range(len(compared.others)), key=lambda n: (averages[n], -n)) if scored else 0
    # the last bit differs with the order of the seeds: no gain, and no other order
    means = np.round(means, 12)
    top, gain = means[:-1].max(axis=0), np.round(means[-1] - means[rival], 12)
    rising = sorted(scored, key=lambda case: top[case])
    failed = [case for case in rising if top[case] < LIMIT]
    ours = means[-1] < LIMIT
    marked, empty = _empty(compared)
    return Facts(
        scored=tuple(scored),
        rival=rival,
        top=top,
        gain=gain,
        failed=tuple(failed),
        hard=tuple(failed or rising[: math.ceil(len(rising) / 10)]),
        below=(
            sum(bool(ours[case]) for case in failed),
            sum(not ours[case] for case in failed),
            sum(bool(ours[n]) and bool((means[:-1, n] >= LIMIT).all()) for n in scored),
        ),
        gained=tuple(sorted((n for n in scored if gain[n] > TIE), key=lambda n: -gain[n])),
        lost=tuple(sorted((n for n in scored if gain[n] < -TIE), key=lambda n: gain[n])),
        size=_size(compared),
        empty=empty,
        marked=marked,
        ranks=_ranks(compared, [case for case in failed if ours[case]]),
        relation=_relation(compared, scored, rival),
    )


def _size(compared: Compared) -> "Array":
    """Share of the image that all objects cover; not known where no class is background."""
    import numpy as np

    truth = compared.truth
    nothing = np.full(len(truth.cases), np.nan)
    if not truth.dense or (len(truth.objects) > 1 and len(truth.objects) == len(truth.classes)):
        return nothing
    found = truth.sizes[:, list(truth.objects)]
    total = np.where(np.isnan(found), 0.0, found).sum(axis=1)
    return np.where(total > 0, total, nothing)


def _empty(compared: Compared) -> tuple[tuple[float, ...], tuple[int, ...]]:
    import numpy as np

    empty = np.flatnonzero(~np.isnan(compared.ours.marked).all(axis=0)).tolist()
    counts = [method.marked[:, empty].sum(axis=1) for method in compared.methods]
    return tuple(mean(of) for of in counts), tuple(empty)


def _ranks(compared: Compared, cases: list[int]) -> tuple[float, ...]:
    """Only where all methods fail: where one fails, its own rank is low by the choice of cases."""
    import numpy as np

    found = [over_runs(method.ranks[:, cases]) for method in compared.methods]
    if not cases or any(np.isnan(ranks).any() for ranks in found):
        return ()
    return tuple(median(ranks.tolist()) for ranks in found)


def _relation(compared: Compared, scored: list[int], rival: int) -> Relation | None:
    """Difficulty and gain share no number, so that noise in one cannot make the other.

    From the plain score of the rival they would: where it had bad luck, the case looks hard and
    the gain large. Seeds are left out one by one; the correlations are averaged. Not for a
    classification: an image that is right cannot gain.
    """
    import numpy as np

    theirs = compared.others[rival].scores[:, scored]
    ours, n = compared.ours.mean[scored], len(scored)
    rest = [method.mean[scored] for k, method in enumerate(compared.others) if k != rival]
    few = n < LEAST or compared.folds or np.isnan(theirs).any()
    if few or not compared.truth.dense:
        return None
    if rest:
        pairs = [(np.mean(rest, axis=0), ours - theirs.mean(axis=0))]
    else:
        every = range(len(theirs) if len(theirs) > 1 else 0)
        others = [[k for k in every if k != one] for one in every]
        pairs = [
            (theirs[rows].mean(axis=0), ours - theirs[one])
            for one, rows in zip(every, others, strict=True)
        ]
    found = [_spearman(easy, gain) for easy, gain in pairs]
    rhos = [rho for rho in found if rho is not None]
    if not rhos or len(rhos) < len(found):
        return None
    rho = math.fsum(rhos) / len(rhos)
    half = _NORMAL * math.sqrt((1 + rho**2 / 2) / (n - 3))
    place = math.atanh(max(-0.999999, min(rho, 0.999999)))
    return Relation(
        rho, math.tanh(place - half), math.tanh(place + half), "others" if rest else "seeds"
    )


def _spearman(a: "Array", b: "Array") -> float | None:
    """Correlation of the ranks; None where one of them is constant."""
    import numpy as np

    x, y = (midranks(np.round(values, 12)) - (len(values) + 1) / 2 for values in (a, b))
    spread = float((x**2).sum() * (y**2).sum())
    return float((x * y).sum()) / math.sqrt(spread) if spread else None

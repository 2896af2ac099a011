"""Two methods on the same cases: Wilcoxon's signed-rank test with its effect size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paperkit.stats.midranks import midranks

__all__ = ["SignedRank", "signed_rank"]

EXACT, EXACT_TIED = 50, 13  # cases up to which p is exact: without ties and zeros, and with them
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SignedRank:
    """A signed-rank test.

    Attributes:
        p: Two-sided.
        effect: Matched-pairs rank-biserial correlation, -1 to 1: the share of the rank sum that
            speaks for a gain minus the share that speaks against (Kerby 2014,
            doi:10.2466/11.IT.3.1).
        wins, ties, losses: Cases with a positive, zero and negative difference.
        median: Of the differences.
    """

    p: float
    effect: float
    wins: int
    ties: int
    losses: int
    median: float

    @property
    def n(self) -> int:
        """Cases compared."""
        return self.wins + self.ties + self.losses


def signed_rank(differences: ArrayLike) -> SignedRank:
    """Test whether differences [case] are symmetric about zero; NaN (an undefined case) is out.

    Zeros are ranked and then dropped (Pratt 1959, doi:10.1080/01621459.1959.10501526): dropping
    them first would call two methods different that agree on nearly every case. Exact for few
    cases (up to EXACT with neither zeros nor ties, else up to EXACT_TIED), else the normal
    approximation with ties (Cureton 1967). The same p as
    scipy.stats.wilcoxon, whose import takes longer than all tests of a report.
    """
    found = np.asarray(differences, dtype=float)
    found = found[~np.isnan(found)]
    wins, losses = int((found > 0).sum()), int((found < 0).sum())
    ties = found.size - wins - losses
    median = float(np.median(found)) if found.size else float("nan")
    if not wins + losses:
        return SignedRank(1.0, 0.0, 0, ties, 0, median)
    ranks = midranks(np.abs(found))
    counted = ranks[found != 0]
    gain = float(ranks[found > 0].sum())
    effect = 2 * gain / counted.sum() - 1
    tied = ties > 0 or np.unique(ranks).size < ranks.size
    exact = found.size <= (EXACT_TIED if tied else EXACT)
    p = _exact(counted, gain) if exact else _normal(counted, gain)
    return SignedRank(p, float(effect), wins, ties, losses, median)


def _exact(ranks: Floats, gain: float) -> float:
    """Over all signs that the ranks could have; twice a rank is whole, so that sums are places."""
    sums = np.ones(1)
    for step in (2 * ranks).astype(int).tolist():
        longer = np.zeros(sums.size + step)
        longer[: sums.size] += sums
        longer[step:] += sums
        sums = longer
    place = round(2 * gain)
    side = min(sums[: place + 1].sum(), sums[place:].sum())
    return min(1.0, float(2 * side / sums.sum()))


def _normal(ranks: Floats, gain: float) -> float:
    """The variance of the sum of the ranks that get a plus is a quarter of their squares' sum."""
    from scipy.special import ndtr

    z = (gain - ranks.sum() / 2) / np.sqrt((ranks**2).sum() / 4)
    return float(2 * ndtr(-abs(z)))

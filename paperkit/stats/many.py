"""More than two methods: Holm, Friedman, the critical difference, and pairs with Holm."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paperkit.stats.midranks import midranks
from paperkit.stats.paired import signed_rank
from paperkit.stats.root import root

__all__ = ["Friedman", "average_ranks", "friedman", "holm", "nemenyi_difference", "wilcoxon_holm"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Friedman:
    """Friedman's test that all methods rank alike.

    Attributes:
        statistic, p: χ² with ties, methods - 1 degrees of freedom.
        f, f_p: Iman and Davenport's F of the same ranks, less conservative.
        ranks: Average rank of each method, 1 is best.
    """

    statistic: float
    p: float
    f: float
    f_p: float
    ranks: tuple[float, ...]


def holm(p: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p, in the order given (Holm 1979, Scandinavian J. of Statistics 6)."""
    adjusted, most = [0.0] * len(p), 0.0
    for place, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        most = max(most, min(1.0, (len(p) - place) * p[i]))
        adjusted[i] = most
    return adjusted


def average_ranks(scores: ArrayLike, *, higher: bool = True) -> Floats:
    """Return the mean rank of each method over units; scores [unit, method], 1 is best.

    Equal scores share the mean of their ranks.
    """
    return np.asarray(_ranks(scores, higher).mean(axis=0))


def friedman(scores: ArrayLike, *, higher: bool = True) -> Friedman:
    """Test scores [unit, method] of three methods or more.

    The units must be independent of each other: data sets, not the images of one data set, whose
    test says something about these checkpoints only. Friedman 1937; the F is Iman and Davenport
    1980 (doi:10.1080/03610928008827904).

    Raises:
        ValueError: Fewer than three methods or two units.
    """
    from scipy.special import chdtrc, fdtrc

    ranks = _ranks(scores, higher)
    n, k = ranks.shape
    if n < 2 or k < 3:
        raise ValueError(f"friedman needs 2 units and 3 methods, got {n} and {k}")
    means = tuple(float(rank) for rank in ranks.mean(axis=0))
    if not np.any(ranks != ranks[:, :1]):  # every unit ties all methods
        return Friedman(0.0, 1.0, 0.0, 1.0, means)
    # the squares are n k (k^2 - 1) / 12 without ties, and ties make them smaller (Conover 1999)
    squares = ((ranks - (k + 1) / 2) ** 2).sum()
    chi2 = float(((ranks.sum(axis=0) - n * (k + 1) / 2) ** 2).sum() * (k - 1) / squares)
    p = float(chdtrc(k - 1, chi2))
    room = n * (k - 1) - chi2
    f = (n - 1) * chi2 / room if room > 1e-9 else math.inf
    f_p = float(fdtrc(k - 1, (k - 1) * (n - 1), f)) if math.isfinite(f) else 0.0
    return Friedman(chi2, p, f, f_p, means)


def nemenyi_difference(methods: int, units: int, *, alpha: float = 0.05) -> float:
    """Return by how much two average ranks must differ: q √(k (k+1) / 6n).

    q is the studentised range over √2 (Demšar 2006, Journal of Machine Learning Research 7, section
    3.2.2); forgetting the √2 is a frequent mistake.
    """
    q = _range_quantile(1 - alpha, methods) / math.sqrt(2)
    return float(q * math.sqrt(methods * (methods + 1) / (6 * units)))


def _range_quantile(level: float, k: int) -> float:
    """Within what size k standard normals lie so often.

    That is k ∫ φ(z) (Φ(z) - Φ(z - size))^(k-1) dz; the trapezoidal rule is exact to the last digits
    for what is smooth and vanishes at both ends.
    """
    from scipy.special import ndtr

    z = np.linspace(-9.0, 9.0, 721)
    below, density = ndtr(z), np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    weights = k * density * (z[1] - z[0])
    return root(
        lambda size: float((weights * (below - ndtr(z - size)) ** (k - 1)).sum()) - level, 0.0, 20.0
    )


def wilcoxon_holm(scores: ArrayLike) -> Floats:
    """Return adjusted p of every pair, [method, method]; scores [unit, method].

    Unlike Nemenyi's, the p of a pair before adjustment does not depend on the other methods
    (Benavoli, Corani and Mangili 2016, Journal of Machine Learning Research 17).
    """
    sample = np.asarray(scores, dtype=float)
    k = sample.shape[1]
    first, second = np.triu_indices(k, 1)
    pairs = zip(first, second, strict=True)
    adjusted = holm([signed_rank(sample[:, a] - sample[:, b]).p for a, b in pairs])
    table = np.ones((k, k))
    table[first, second] = table[second, first] = adjusted
    return table


def _ranks(scores: ArrayLike, higher: bool) -> Floats:
    sample = np.asarray(scores, dtype=float)
    return midranks(-sample if higher else sample)

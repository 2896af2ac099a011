"""How much could be seen with so many seeds, and how many seeds a difference needs.

Two methods, the same number of seeds each, a two-sided t test; the power is the far tail of the
noncentral t distribution on the side of the difference.
"""

import math

import numpy as np
from numpy.typing import NDArray

from paperkit.stats.root import root

__all__ = ["MOST_SEEDS", "detectable_difference", "power", "seeds_needed"]

MOST_SEEDS = 100
_CERTAIN = 30.0  # standard errors; beyond it the noncentral t of scipy underflows


def power(effect: float, dof: float, *, alpha: float = 0.05) -> float:
    """Return how often a difference of `effect` standard errors is found."""
    return float(_power(np.asarray(effect), np.asarray(dof), alpha))


def detectable_difference(
    std: float, seeds: int, *, alpha: float = 0.05, target: float = 0.8
) -> float:
    """Return the smallest true difference that is found with probability `target`.

    Args:
        std: Standard deviation over the seeds of one method, the same for both.
        seeds: Of each method, two or more.
        alpha: Level of the test.
        target: Power.
    """
    dof = 2 * (seeds - 1)
    effect = root(lambda x: power(x, dof, alpha=alpha) - target, 0.0, _CERTAIN)
    return float(effect * std * math.sqrt(2 / seeds))


def seeds_needed(
    difference: float,
    per_seed: float,
    *,
    cases: float = 0.0,
    n_cases: int = 0,
    alpha: float = 0.05,
    target: float = 0.8,
) -> int | None:
    """Return the seeds of each method with which a true difference is found as often as `target`.

    Args:
        difference: Taken as the true one; an observed one that is barely significant tends to be
            larger than the true one, so that the answer is then too small.
        per_seed: Variance of the difference for one seed of each method: the sum of the two
            variances over seeds.
        cases: Variance that seeds do not bring down, measured on `n_cases` cases.
        n_cases: See cases.
        alpha: Level of the test.
        target: Power.

    Returns:
        Two or more; None where MOST_SEEDS are not enough.
    """
    seeds = np.arange(2, MOST_SEEDS + 1)
    total = per_seed / seeds + cases
    if difference == 0 or total[-1] == 0:
        return None if difference == 0 else 2
    weights = (per_seed / seeds) ** 2 / (2 * (seeds - 1))
    if cases > 0 and n_cases > 1:
        weights = weights + cases**2 / (n_cases - 1)
    found = _power(abs(difference) / np.sqrt(total), total**2 / weights, alpha) >= target
    return int(seeds[np.argmax(found)]) if found.any() else None


def _power(
    effect: NDArray[np.float64], dof: NDArray[np.float64], alpha: float
) -> NDArray[np.float64]:
    from scipy.special import nctdtr, stdtrit

    known = np.minimum(effect, _CERTAIN)
    return np.asarray(1 - nctdtr(dof, known, stdtrit(dof, 1 - alpha / 2)))

"""Bootstrap intervals: of a mean over cases, and of a difference over seeds and cases.

Every function takes its Generator; the same seed gives the same interval.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["bootstrap_interval", "crossed_interval", "crossed_means"]

Floats = NDArray[np.float64]
DRAWS = 10_000


def bootstrap_interval(
    values: ArrayLike,
    rng: np.random.Generator,
    *,
    method: Literal["percentile", "bca"] = "bca",
    level: float = 0.95,
    draws: int = DRAWS,
) -> tuple[float, float] | None:
    """Return the bootstrap interval of the mean of values [n]; None for fewer than two.

    "bca" corrects for bias and skewness (Efron 1987, doi:10.2307/2289144, section 2); with values
    that are all equal there is nothing to correct, and both are that value. Below about 20 values
    either is too narrow: use t_interval.
    """
    sample = np.asarray(values, dtype=float)
    if sample.size < 2:
        return None
    if np.ptp(sample) == 0:
        return float(sample[0]), float(sample[0])
    means = _weights(rng, draws, sample.size) @ sample
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        tails = _bca(sample, means, tails)
    low, high = np.quantile(means, tails)
    return float(low), float(high)


def crossed_means(
    scores: Sequence[ArrayLike], rng: np.random.Generator, *, draws: int = DRAWS
) -> Floats:
    """Return the means of methods over new seeds and new cases, [..., method, draw].

    Cases are resampled for all methods together, seeds for each on its own (Owen 2007, The
    pigeonhole bootstrap, doi:10.1214/07-AOAS122).

    Args:
        scores: [..., seed, case] for each method: the same cases, any number of seeds. Leading
            axes are independent data sets that share the choice of seeds and cases.
        rng: Random numbers.
        draws: How often.
    """
    samples = [np.asarray(sample, dtype=float) for sample in scores]
    cases = _weights(rng, draws, samples[0].shape[-1])
    found = []
    for sample in samples:
        seeds = _weights(rng, draws, sample.shape[-2])
        found.append((np.moveaxis(sample @ cases.T, -1, -2) * seeds).sum(-1))
    return np.stack(found, axis=-2)


def crossed_interval(
    ours: ArrayLike,
    theirs: ArrayLike,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = DRAWS,
) -> tuple[Floats, Floats]:
    """Return the percentile interval of mean(ours) - mean(theirs), low and high, [...] each.

    With few seeds it is too narrow, because three seeds drawn again from three spread less than
    three new ones: decide by method_test. Arguments as for crossed_means.
    """
    means = crossed_means([ours, theirs], rng, draws=draws)
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(means[..., 0, :] - means[..., 1, :], tails, axis=-1)
    return np.asarray(low), np.asarray(high)


def _weights(rng: np.random.Generator, draws: int, n: int) -> Floats:
    """How often each of n is drawn, over n; [draw, n]."""
    return rng.multinomial(n, np.full(n, 1 / n), size=draws) / n


def _bca(sample: Floats, means: Floats, tails: Floats) -> Floats:
    """Move the tails by bias z0 and acceleration a; for a mean the jackknife gives a exactly."""
    from scipy.special import ndtr, ndtri

    below = (np.mean(means < sample.mean()) + np.mean(means <= sample.mean())) / 2
    bias = ndtri(np.clip(below, 1 / len(means), 1 - 1 / len(means)))
    off = sample.mean() - sample
    # leaving one value out moves the mean by its deviation / (n - 1), which cancels in a
    acceleration = -(off**3).sum() / (6 * (off**2).sum() ** 1.5)
    z = bias + ndtri(tails)
    return np.asarray(ndtr(bias + z / (1 - acceleration * z)))

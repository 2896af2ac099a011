"""Which values of a table's column are best and second best, and how sure that is."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paperkit.stats.bootstrap import crossed_means

__all__ = ["best_and_second", "rank_stability"]


def best_and_second(
    values: Sequence[float | None], shown: Sequence[Hashable], *, higher: bool
) -> tuple[set[int], set[int]]:
    """Return the positions of the best and of the second best values.

    Ranked are the unrounded values; whatever looks the same as the best in print (equal `shown`)
    shares its mark, because a reader could not tell why only one is bold. Nothing is marked where
    fewer than two values can be told apart, and no second where only two can.

    Args:
        values: [n]; None is missing and takes no part.
        shown: [n]; what the reader sees of each value.
        higher: Whether more is better.
    """
    ranked = [i for i, value in enumerate(values) if value is not None]
    ranked.sort(key=lambda i: values[i], reverse=higher)  # type: ignore[arg-type,return-value]
    looks = list(dict.fromkeys(shown[i] for i in ranked))
    if len(looks) < 2:
        return set(), set()
    best = {i for i in ranked if shown[i] == looks[0]}
    second = {i for i in ranked if shown[i] == looks[1]} if len(looks) > 2 else set()
    return best, second


def rank_stability(
    scores: Sequence[ArrayLike],
    rng: np.random.Generator,
    *,
    higher: bool = True,
    draws: int = 10_000,
) -> NDArray[np.float64]:
    """Return how often each method has each rank when seeds and cases are drawn again.

    Args:
        scores: [seed, case] for each method; the same cases, any number of seeds.
        rng: Random numbers.
        higher: Whether more is better.
        draws: How often; each resamples the cases for all methods together.

    Returns:
        [method, rank], rows summing to one; column 0 is how often a method is first. Methods that
        tie share their ranks equally.
    """
    means = crossed_means(scores, rng, draws=draws)  # [method, draw]
    # methods that agree everywhere must tie, whatever the last bit of a weighted sum says
    means = np.asarray(np.round(means / (float(np.abs(means).max()) or 1.0), 12), dtype=float)
    means = -means if higher else means
    better = (means[:, None] > means[None]).sum(axis=1)  # how many are before it
    equal = (means[:, None] == means[None]).sum(axis=1)
    place = np.arange(len(means))[:, None, None]  # [rank, 1, 1]
    inside = (better <= place) & (place < better + equal)
    return np.asarray((inside / equal).mean(axis=-1).T)

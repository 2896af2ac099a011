"""Mean, spread and interval over repetitions (seeds, folds)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Described", "describe", "paired_difference", "t_interval"]


@dataclass(frozen=True)
class Described:
    """Mean, sample standard deviation and number of values.

    Attributes:
        mean: None without values.
        std: With n-1 in the denominator (ddof=1: the values are a sample of the seeds one could
            have taken); None for fewer than two values.
        n: Number of values.
    """

    mean: float | None
    std: float | None
    n: int


def describe(values: Sequence[float]) -> Described:
    """Return mean and sample standard deviation of values [n]; all must be finite."""
    n = len(values)
    if n == 0:
        return Described(None, None, 0)
    mean = math.fsum(values) / n
    if n == 1:
        return Described(mean, None, 1)
    squares = math.fsum([(value - mean) ** 2 for value in values])
    return Described(mean, math.sqrt(squares / (n - 1)), n)


def paired_difference(ours: Sequence[float], theirs: Sequence[float]) -> Described:
    """Describe ours - theirs, [n] each, position by position: one position, one seed."""
    return describe([a - b for a, b in zip(ours, theirs, strict=True)])


def t_interval(described: Described, level: float = 0.95) -> tuple[float, float] | None:
    """Return the interval of a mean, mean ± t(n-1) std / √n; None for fewer than two values."""
    from scipy.special import stdtrit

    if described.mean is None or described.std is None:
        return None
    half = stdtrit(described.n - 1, (1 + level) / 2) * described.std / math.sqrt(described.n)
    return float(described.mean - half), float(described.mean + half)

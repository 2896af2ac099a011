"""Is this method better: would it be with other seeds and other cases?

The scores of a method are y[s, c] = μ + a[s] + b[c] + e[s, c]: seeds s are a sample of the seeds
that one could have taken, cases c of the cases that one could have had. docs/explanation/
statistics.md has the derivation, and how often the test is wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MethodTest", "method_test"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MethodTest:
    """A test of mean(ours) - mean(theirs) over new seeds and new cases; arrays [...].

    Attributes:
        difference: Of the means.
        seeds: Variance of the difference that more seeds bring down: of the seeds, and of what is
            left over when seed and case are known.
        cases: Variance that only more cases bring down: how differently the methods do on a case.
        dof: Degrees of freedom of the sum of the two, by Satterthwaite.
    """

    difference: Floats
    seeds: Floats
    cases: Floats
    dof: Floats

    @property
    def error(self) -> Floats:
        """Standard error of the difference."""
        return np.asarray(np.sqrt(self.seeds + self.cases))

    @property
    def p(self) -> Floats:
        """Two-sided; without any spread, one where there is no difference, else zero."""
        from scipy.special import stdtr

        size, error = np.abs(self.difference), self.error
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where(size == 0, 0.0, size / error)
        return np.asarray(2 * stdtr(self.dof, -t))

    def each(self) -> Iterator["MethodTest"]:
        """Yield the tests along the first axis."""
        for values in zip(self.difference, self.seeds, self.cases, self.dof, strict=True):
            yield MethodTest(*map(np.asarray, values))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return low and high of the difference."""
        from scipy.special import stdtrit

        half = stdtrit(self.dof, (1 + level) / 2) * self.error
        return np.asarray(self.difference - half), np.asarray(self.difference + half)


def method_test(ours: ArrayLike, theirs: ArrayLike, *, paired: bool = False) -> MethodTest:
    """Test the difference of two methods.

    Args:
        ours: [..., seed, case]; the case axis has length one where only a value per seed is known,
            and the cases then count as fixed.
        theirs: [..., seed, case]; the same cases.
        paired: Whether position s is the same thing for both, as a fold of cross-validation is. A
            training seed is not: the random numbers of two architectures have nothing in common.

    Raises:
        ValueError: A method has one seed only, or the cases differ in number.
    """
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if min(a.shape[-2], b.shape[-2]) < 2 or a.shape[-1] != b.shape[-1]:
        raise ValueError(
            "method_test needs two seeds of each method on the same cases, got [seed, case] "
            f"{list(a.shape[-2:])} and {list(b.shape[-2:])}"
        )
    samples = [a - b] if paired else [a, b]
    seeds, seeds_dof = _of_seeds(samples)
    cases, spread = _of_cases(a.mean(axis=-2) - b.mean(axis=-2), samples)
    total = seeds + cases
    with np.errstate(divide="ignore", invalid="ignore"):
        dof = np.where(total > 0, total**2 / (seeds**2 / seeds_dof + spread), seeds_dof)
    return MethodTest(a.mean(axis=(-2, -1)) - b.mean(axis=(-2, -1)), seeds, cases, dof)


def _of_seeds(samples: list[Floats]) -> tuple[Floats, Floats]:
    """Variance of the difference from the means of the seeds, and its degrees of freedom."""
    counts = [sample.shape[-2] for sample in samples]
    parts = [sample.mean(-1).var(-1, ddof=1) / sample.shape[-2] for sample in samples]
    total = np.asarray(sum(parts))
    if len(set(counts)) == 1:  # the pooled variance; its level stands unequal spreads
        return total, np.full_like(total, sum(count - 1 for count in counts))
    weights = sum(part**2 / (count - 1) for part, count in zip(parts, counts, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        return total, np.where(total > 0, total**2 / weights, min(counts) - 1)


def _of_cases(difference: Floats, samples: list[Floats]) -> tuple[Floats, Floats]:
    """What cases add to the variance, and its square over its degrees of freedom.

    The spread of the difference [..., case] over cases contains the left-over of seed and case,
    which the seeds have counted already; what is above it is how much the methods differ by case.
    """
    n = difference.shape[-1]
    if n < 2:
        return np.zeros(difference.shape[:-1]), np.zeros(difference.shape[:-1])
    spread = difference.var(-1, ddof=1) / n
    left = [_left_over(sample) / (sample.shape[-2] * n) for sample in samples]
    known = zip(left, samples, strict=True)
    noise = sum(part**2 / ((sample.shape[-2] - 1) * (n - 1)) for part, sample in known)
    cases = np.maximum(spread - sum(left), 0.0)
    return cases, np.where(cases > 0, spread**2 / (n - 1) + noise, 0.0)


def _left_over(sample: Floats) -> Floats:
    """Mean square of y[..., seed, case] after the means of its seeds and cases are taken away."""
    k, n = sample.shape[-2:]
    rest = sample - sample.mean(-1, keepdims=True)
    rest -= rest.mean(-2, keepdims=True)
    return np.asarray((rest**2).sum(axis=(-2, -1)) / ((k - 1) * (n - 1)))

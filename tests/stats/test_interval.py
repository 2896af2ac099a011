"""Intervals and bootstraps, against scipy and closed forms."""

import numpy as np
import pytest
import scipy.stats

from paperkit.stats import (
    bootstrap_interval,
    crossed_interval,
    crossed_means,
    describe,
    rank_stability,
    t_interval,
)

SKEWED = np.random.default_rng(3).exponential(size=40)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_t_interval_is_scipys(level: float) -> None:
    values = [0.71, 0.74, 0.70, 0.73]
    low, high = t_interval(describe(values), level) or (0, 0)
    ci = scipy.stats.ttest_1samp(values, 0.7).confidence_interval(level)
    assert (low, high) == pytest.approx((ci.low, ci.high), abs=1e-12)


def test_one_value_has_no_interval() -> None:
    assert t_interval(describe([0.7])) is None
    assert bootstrap_interval([0.7], np.random.default_rng(0)) is None


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_bootstrap_is_scipys(method: str) -> None:
    ours = bootstrap_interval(SKEWED, np.random.default_rng(0), method=method, draws=50_000)
    theirs = scipy.stats.bootstrap(
        (SKEWED,), np.mean, n_resamples=50_000, method=method, rng=np.random.default_rng(1)
    ).confidence_interval
    # both are random: their ends differ by a few hundredths of the interval's length
    assert ours == pytest.approx(tuple(theirs), abs=0.03 * (theirs.high - theirs.low))


def test_bca_follows_the_skewness() -> None:
    """A long right tail: the interval reaches further to the right than the percentiles do."""
    plain = bootstrap_interval(SKEWED, np.random.default_rng(0), method="percentile")
    moved = bootstrap_interval(SKEWED, np.random.default_rng(0), method="bca")
    assert plain is not None and moved is not None
    assert moved[0] > plain[0] and moved[1] > plain[1]


def test_equal_values_need_no_bootstrap() -> None:
    assert bootstrap_interval([0.5, 0.5, 0.5], np.random.default_rng(0)) == (0.5, 0.5)


def test_same_generator_same_interval() -> None:
    scores = np.random.default_rng(2).normal(size=(2, 3, 20))
    first = crossed_interval(*scores, np.random.default_rng(7), draws=500)
    again = crossed_interval(*scores, np.random.default_rng(7), draws=500)
    other = crossed_interval(*scores, np.random.default_rng(8), draws=500)
    assert first == again != other


def test_crossed_variance_in_closed_form() -> None:
    """Without left-over, y = a[s] + b[c], the resampled mean varies by var(a)/K + var(b)/N."""
    a, b = np.array([0.0, 1.0, 5.0]), np.array([2.0, 3.0, 7.0, 1.0])
    means = crossed_means([a[:, None] + b], np.random.default_rng(0), draws=100_000)
    expected = a.var() / 3 + b.var() / 4
    assert means.var() == pytest.approx(expected, rel=0.02)
    assert means.mean() == pytest.approx((a[:, None] + b).mean(), abs=0.02)


def test_cases_are_resampled_for_both_methods_together() -> None:
    """What cases do to both methods alike cancels: only the seeds are left in the difference."""
    cases = np.random.default_rng(0).normal(scale=100, size=30)
    seeds = np.array([0.0, 0.1, 0.2])
    low, high = crossed_interval(
        seeds[:, None] + cases + 1, seeds[:, None] + cases, np.random.default_rng(1), draws=2000
    )
    assert 0.8 <= low < 1 < high <= 1.2


def test_leading_axes_are_one_by_one() -> None:
    scores = np.random.default_rng(2).normal(size=(2, 4, 3, 20))
    low, high = crossed_interval(*scores, np.random.default_rng(7), draws=300)
    for i in range(4):
        one = crossed_interval(scores[0, i], scores[1, i], np.random.default_rng(7), draws=300)
        assert (low[i], high[i]) == pytest.approx((float(one[0]), float(one[1])), abs=1e-12)


def test_rank_stability_of_clear_and_of_equal_methods() -> None:
    rng = np.random.default_rng(0)
    cases = rng.normal(size=25)
    clear = [cases + level + 0.01 * rng.normal(size=(3, 25)) for level in (0.2, 0.9, 0.5)]
    found = rank_stability(clear, np.random.default_rng(1), draws=400)
    assert found.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    lower = rank_stability(clear, np.random.default_rng(1), draws=400, higher=False)
    assert lower.tolist() == found[:, ::-1].tolist()

    same = cases + np.zeros((3, 25))
    tied = rank_stability([same, same, same], np.random.default_rng(1), draws=50)
    assert tied == pytest.approx(np.full((3, 3), 1 / 3))


def test_rank_stability_of_two_normal_methods() -> None:
    """How often a noisy method is first is the normal probability of its lead, by hand."""
    rng = np.random.default_rng(4)
    a = rng.normal(size=(100, 1))
    a = (a - a.mean()) / a.std()  # resampled means have variance 1/100 each
    found = rank_stability([a + 0.1, a], np.random.default_rng(1), draws=5000)
    assert found[0, 0] == pytest.approx(scipy.stats.norm.cdf(0.1 / np.sqrt(2 / 100)), abs=0.02)
    assert found.sum(axis=0) == pytest.approx([1, 1]) and found.sum(axis=1) == pytest.approx([1, 1])

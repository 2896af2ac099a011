"""Ranks, the signed-rank p and Friedman's statistic against scipy, on tied and untied values."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from paperkit.stats import friedman, midranks, nemenyi_difference, signed_rank

TIED = st.floats(-1, 1).map(lambda x: round(x, 1))
FREE = st.floats(-1, 1).filter(lambda x: x != 0)


@given(st.lists(TIED, min_size=1, max_size=12))
def test_midranks(values: list[float]) -> None:
    expected = scipy.stats.rankdata(values)
    assert midranks(values).tolist() == expected.tolist()
    assert midranks([values, values[::-1]]).tolist() == [expected.tolist(), expected[::-1].tolist()]


@settings(max_examples=60, deadline=None)
@given(st.one_of(
    st.lists(TIED, min_size=1, max_size=10),  # exact with ties
    st.lists(TIED, min_size=14, max_size=80),  # normal with ties
    st.lists(FREE, min_size=2, max_size=50, unique_by=abs),  # exact
    st.lists(FREE, min_size=51, max_size=80, unique_by=abs),  # normal
))  # fmt: skip
def test_signed_rank_has_scipys_p(values: list[float]) -> None:
    if not any(values):
        return
    # without the quantum, scipy tells differences apart that are equal up to the last bit
    expected = scipy.stats.wilcoxon(np.array(values), zero_method="pratt").pvalue
    assert signed_rank(values).p == pytest.approx(float(expected), rel=1e-9)


def test_the_switches_are_scipys() -> None:
    rng = np.random.default_rng(0)
    for n in (13, 14, 50, 51):
        for values in (rng.normal(0.2, 1, n), np.round(rng.normal(0.2, 1, n), 1)):
            expected = scipy.stats.wilcoxon(values, zero_method="pratt").pvalue
            assert signed_rank(values).p == pytest.approx(float(expected), rel=1e-9), n


@given(st.lists(st.lists(TIED, min_size=4, max_size=4), min_size=2, max_size=8))
def test_friedman(scores: list[list[float]]) -> None:
    table = np.array(scores)
    if not (table != table[:, :1]).any():
        return
    expected = scipy.stats.friedmanchisquare(*table.T)
    found = friedman(table)
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert math.fsum(found.ranks) == pytest.approx(10)


@pytest.mark.parametrize("methods", [2, 3, 10, 40])
@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.5])
def test_the_critical_difference_has_scipys_studentised_range(methods: int, alpha: float) -> None:
    q = float(scipy.stats.studentized_range.ppf(1 - alpha, methods, math.inf)) / math.sqrt(2)
    expected = q * math.sqrt(methods * (methods + 1) / (6 * 12))
    assert nemenyi_difference(methods, 12, alpha=alpha) == pytest.approx(expected, rel=1e-6)

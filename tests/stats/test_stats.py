"""Against numpy, scipy and hand computation."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from paperkit.stats import Described, best_and_second, describe, paired_difference

finite = st.floats(0, 1)


def test_by_hand() -> None:
    assert describe([0.70, 0.72, 0.74]) == Described(pytest.approx(0.72), pytest.approx(0.02), 3)
    assert describe([0.5]) == Described(0.5, None, 1)
    assert describe([]) == Described(None, None, 0)


@given(st.lists(finite, min_size=2, max_size=30))
def test_equal_to_numpy_with_ddof_1(values: list[float]) -> None:
    got = describe(values)
    assert got.mean == pytest.approx(np.mean(values), abs=1e-12)
    assert got.std == pytest.approx(np.std(values, ddof=1), abs=1e-9)
    assert got.std != pytest.approx(np.std(values), rel=1e-3, abs=0) or got.std < 1e-6


def test_paired_difference_is_what_the_paired_t_test_uses() -> None:
    ours, theirs = [0.71, 0.74, 0.70, 0.73], [0.70, 0.71, 0.69, 0.69]
    got = paired_difference(ours, theirs)
    assert got.mean is not None and got.std is not None
    t = got.mean / (got.std / np.sqrt(got.n))
    assert t == pytest.approx(scipy.stats.ttest_rel(ours, theirs).statistic)
    # the pairs matter: the same values in another order have another spread
    assert paired_difference(ours, theirs[::-1]).std != pytest.approx(got.std)


def test_unequal_lengths_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="shorter"):
        paired_difference([0.1, 0.2], [0.1])


@pytest.mark.parametrize(
    ("values", "decimals", "higher", "best", "second"),
    [
        ([0.701, 0.715, 0.690], 2, True, {1}, {0}),
        ([0.701, 0.715, 0.690], 2, False, {2}, {0}),
        ([0.7149, 0.7151, 0.69, 0.60], 2, True, {1}, {0}),
        ([0.7121, 0.7119, 0.69, 0.60], 3, True, {0, 1}, {2}),
        ([0.7, None, 0.8, 0.6], 2, True, {2}, {0}),
        ([0.7, 0.8], 2, True, {1}, set()),
        ([0.7, 0.7, 0.7], 2, True, set(), set()),
        ([None, 0.7], 2, True, set(), set()),
        ([], 2, True, set(), set()),
    ],
)
def test_best_and_second(
    values: list[float | None], decimals: int, higher: bool, best: set[int], second: set[int]
) -> None:
    shown = [None if v is None else f"{v:.{decimals}f}" for v in values]
    assert best_and_second(values, shown, higher=higher) == (best, second)

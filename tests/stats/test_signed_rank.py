"""Wilcoxon, Holm, Friedman and ranks: against scipy, tables and hand computation."""

import itertools

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from paperkit.stats import (
    average_ranks,
    friedman,
    holm,
    nemenyi_difference,
    signed_rank,
    wilcoxon_holm,
)


def by_hand(differences: list[float]) -> float:
    """Exact two-sided p over all 2^n signs."""
    ranks = scipy.stats.rankdata(np.abs(differences))
    seen = ranks[np.array(differences) > 0].sum()
    every = [
        sum(rank for rank, plus in zip(ranks, signs, strict=True) if plus)
        for signs in itertools.product([False, True], repeat=len(ranks))
    ]
    one_side = min(np.mean([w >= seen for w in every]), np.mean([w <= seen for w in every]))
    return min(1.0, 2 * one_side)


def test_exact_p_and_effect_by_hand() -> None:
    differences = [0.5, -0.1, 0.3, 0.2, 0.6, 0.4, -0.25]
    found = signed_rank(differences)
    assert found.p == pytest.approx(by_hand(differences))
    # ranks of the sizes: -0.1 has 1, -0.25 has 3; all seven sum to 28
    assert found.effect == pytest.approx((24 - 4) / 28)
    assert (found.wins, found.ties, found.losses, found.n) == (5, 0, 2, 7)
    assert found.median == 0.3


def test_zeros_are_ranked_by_pratt() -> None:
    differences = np.array([0.0] * 8 + [0.1, 0.2, -0.3, 0.4, 0.5, 0.6])
    found = signed_rank(differences)
    assert found.p == pytest.approx(scipy.stats.wilcoxon(differences, zero_method="pratt").pvalue)
    assert found.p != pytest.approx(scipy.stats.wilcoxon(differences).pvalue, rel=0.05)
    # the zeros take ranks 1 to 8, the others 9 to 14; only these are summed
    assert found.effect == pytest.approx(
        (9 + 10 - 11 + 12 + 13 + 14) / (9 + 10 + 11 + 12 + 13 + 14)
    )
    assert (found.wins, found.ties, found.losses) == (5, 8, 1)


def test_undefined_cases_are_out() -> None:
    with_gaps = [0.5, np.nan, -0.1, 0.3, np.nan, 0.2, 0.6]
    assert signed_rank(with_gaps) == signed_rank([0.5, -0.1, 0.3, 0.2, 0.6])
    assert signed_rank([np.nan]).p == 1.0 and signed_rank([np.nan]).n == 0


def test_methods_that_agree_on_every_case() -> None:
    found = signed_rank([0.0] * 5)
    assert (found.p, found.effect, found.ties) == (1.0, 0.0, 5)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(-1, 1).map(lambda x: round(x, 2)), min_size=1, max_size=30), st.randoms())
def test_sides_are_alike_and_order_does_not_matter(values: list[float], random: object) -> None:
    found, turned = signed_rank(values), signed_rank([-value for value in values])
    assert found.p == pytest.approx(turned.p) and found.effect == pytest.approx(-turned.effect)
    assert (found.wins, found.losses) == (turned.losses, turned.wins)
    random.shuffle(values)  # type: ignore[attr-defined]
    assert signed_rank(values).p == pytest.approx(found.p)


def test_holm_by_hand() -> None:
    # sorted 0.01 x4, 0.02 x3, 0.03 x2 -> 0.06 as 0.06 before, 0.5
    assert holm([0.5, 0.01, 0.03, 0.02]) == pytest.approx([0.5, 0.04, 0.06, 0.06])
    assert holm([]) == [] and holm([0.2]) == [0.2]
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_nothing_and_bonferroni(p: list[float]) -> None:
    adjusted = holm(p)
    for raw, new in zip(p, adjusted, strict=True):
        assert raw <= new <= min(1.0, len(p) * raw) + 1e-15
    # rejecting what is at most alpha is Holm's stepping down
    order, rejected = sorted(range(len(p)), key=lambda i: p[i]), set()
    for step, i in enumerate(order):
        if p[i] * (len(p) - step) > 0.05:
            break
        rejected.add(i)
    assert {i for i, value in enumerate(adjusted) if value <= 0.05} == rejected


SCORES = np.array(
    [[0.9, 0.8, 0.7, 0.7], [0.6, 0.65, 0.5, 0.4], [0.8, 0.8, 0.6, 0.5], [0.95, 0.9, 0.92, 0.7],
     [0.7, 0.6, 0.65, 0.5]]
)  # fmt: skip


def test_friedman_is_scipys_with_ties() -> None:
    found = friedman(SCORES)
    scipys = scipy.stats.friedmanchisquare(*SCORES.T)
    assert (found.statistic, found.p) == pytest.approx((scipys.statistic, scipys.pvalue))
    # ranks 1 2 3.5 3.5 | 2 1 3 4 | 1.5 1.5 3 4 | 1 3 2 4 | 1 3 2 4
    assert found.ranks == pytest.approx((6.5 / 5, 10.5 / 5, 13.5 / 5, 19.5 / 5))
    assert average_ranks(SCORES, higher=False) == pytest.approx(5 - np.array(found.ranks))


def test_f_is_the_analysis_of_variance_of_the_ranks() -> None:
    """Iman and Davenport's F is the two-way F of the ranks, computed here from sums of squares."""
    ranks = scipy.stats.rankdata(-SCORES, axis=1)
    n, k = ranks.shape
    between = n * ((ranks.mean(0) - ranks.mean()) ** 2).sum()
    rest = ((ranks - ranks.mean(0) - ranks.mean(1, keepdims=True) + ranks.mean()) ** 2).sum()
    f = (between / (k - 1)) / (rest / ((k - 1) * (n - 1)))
    found = friedman(SCORES)
    assert found.f == pytest.approx(f)
    assert found.f_p == pytest.approx(scipy.stats.f.sf(f, k - 1, (k - 1) * (n - 1)))


def test_friedman_at_its_ends() -> None:
    alike = friedman(np.full((4, 3), 0.5))
    assert (alike.p, alike.f_p, alike.ranks) == (1.0, 1.0, (2.0, 2.0, 2.0))
    perfect = friedman(np.tile([0.3, 0.2, 0.1], (6, 1)))
    assert perfect.statistic == pytest.approx(12) and perfect.f_p == 0.0
    with pytest.raises(ValueError, match=r"^friedman needs 2 units and 3 methods, got 5 and 2$"):
        friedman(SCORES[:, :2])


def test_nemenyi_has_the_published_critical_values() -> None:
    """q of Demšar 2006, table 5(a), α = 0.05: 1.960, 2.343, 2.569, 2.728 for 2 to 5 methods."""
    for methods, q in [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728)]:
        units = methods * (methods + 1)  # so that the root is 1/sqrt(6)
        assert nemenyi_difference(methods, units) * np.sqrt(6) == pytest.approx(q, abs=1e-3)


def test_pairs_are_adjusted_together() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20, 3)) + np.array([0.0, 0.1, 2.0])
    raw = [signed_rank(scores[:, a] - scores[:, b]).p for a, b in [(0, 1), (0, 2), (1, 2)]]
    table, expected = wilcoxon_holm(scores), holm(raw)
    assert [table[0, 1], table[0, 2], table[1, 2]] == pytest.approx(expected)
    assert np.array_equal(table, table.T) and np.array_equal(np.diag(table), np.ones(3))

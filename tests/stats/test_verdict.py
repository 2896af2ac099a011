"""What may be said of a difference, of the method and of the checkpoints."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from paperkit.stats import holm, method_test, signed_rank, verdict, verdicts

CASES = np.random.default_rng(0).normal(0.7, 0.1, size=40)


def scores(seed: int, *offsets: float, rest: float = 0.01) -> np.ndarray:
    """[seed, case]; each seed is off by one of the offsets."""
    rng = np.random.default_rng(seed)
    return CASES + np.array(offsets)[:, None] + rng.normal(scale=rest, size=(len(offsets), 40))


STEADY = scores(1, -0.001, 0.0, 0.001)
GAIN = scores(2, 0.049, 0.05, 0.051)
NOISY = scores(3, -0.02, 0.01, 0.04)


def test_a_gain_far_beyond_the_seeds_is_the_methods() -> None:
    found = verdict(GAIN, STEADY)
    assert (found.kind, found.claim, found.ahead) == ("better", "this method", True)
    assert (found.n_seeds, found.n_cases, found.seeds_needed) == (3, 40, None)
    test = method_test(GAIN, STEADY)
    assert found.p == pytest.approx(float(test.p))
    assert found.difference == pytest.approx(GAIN.mean() - STEADY.mean())
    assert found.interval == pytest.approx([float(end) for end in test.interval()])


def test_the_other_way_round() -> None:
    found, turned = verdict(GAIN, STEADY), verdict(STEADY, GAIN)
    assert (turned.kind, turned.ahead) == ("worse", False)
    assert turned.difference == pytest.approx(-found.difference)
    assert turned.p == pytest.approx(found.p)
    assert verdict(GAIN, STEADY, higher=False).kind == "worse"
    assert verdict(STEADY, GAIN, higher=False).kind == "better"


def test_certain_on_these_cases_open_for_the_method() -> None:
    found = verdict(NOISY, STEADY)
    assert (found.kind, found.claim, found.ahead) == ("checkpoints only", "these checkpoints", True)
    by_case = NOISY.mean(0) - STEADY.mean(0)
    assert found.p == pytest.approx(scipy.stats.wilcoxon(by_case).pvalue)
    ci = scipy.stats.ttest_1samp(by_case, 0).confidence_interval(0.95)
    assert found.interval == pytest.approx((ci.low, ci.high))
    assert found.seeds_needed is not None and found.seeds_needed > 3


def test_without_cases_only_the_seeds_speak() -> None:
    found = verdict(NOISY.mean(1), STEADY.mean(1))
    assert (found.kind, found.claim, found.n_cases) == ("inside seed noise", "this method", 0)
    scipys = scipy.stats.ttest_ind(NOISY.mean(1), STEADY.mean(1))
    assert found.p == pytest.approx(scipys.pvalue)


def test_the_seeds_that_would_settle_it_do() -> None:
    """Trained again with that many seeds, four of five such differences are found."""
    found = verdict([0.70, 0.71, 0.72], [0.69, 0.70, 0.71])
    assert found.kind == "inside seed noise" and found.seeds_needed is not None
    rng = np.random.default_rng(0)
    again = rng.normal(scale=0.01, size=(4000, 2, found.seeds_needed))
    p = scipy.stats.ttest_ind(again[:, 0] + 0.01, again[:, 1], axis=1).pvalue
    assert 0.79 < np.mean(p <= 0.05) < 0.86


@pytest.mark.parametrize("seeds", [1, 2])
def test_too_few_seeds_say_nothing_of_the_method(seeds: int) -> None:
    cases = verdict(GAIN[:seeds], STEADY[:seeds])
    assert (cases.kind, cases.n_seeds, cases.seeds_needed) == ("checkpoints only", seeds, None)
    plain = verdict(GAIN[:seeds].mean(1), STEADY[:seeds].mean(1))
    assert (plain.kind, plain.p, plain.interval) == ("too few", None, None)
    same = verdict(STEADY[:seeds], STEADY[:seeds])
    assert (same.kind, same.p, same.difference) == ("too few", 1.0, 0.0)


def test_a_copied_run_is_not_three_seeds() -> None:
    found = verdict(np.tile(GAIN[0], (3, 1)), np.tile(STEADY[0], (3, 1)))
    assert found.kind == "checkpoints only"
    assert verdict([0.8, 0.8, 0.8], [0.7, 0.7, 0.7]).kind == "too few"


def test_undefined_cases_are_out_for_both() -> None:
    ours, theirs = GAIN.copy(), STEADY.copy()
    ours[1, 4] = theirs[2, 7] = np.nan
    whole = [c for c in range(40) if c not in (4, 7)]
    assert verdict(ours, theirs) == verdict(GAIN[:, whole], STEADY[:, whole])
    assert verdict(ours, theirs).n_cases == 38
    nothing = verdict(np.full((3, 5), np.nan), STEADY[:, :5])
    assert (nothing.kind, nothing.n_cases, nothing.p) == ("too few", 0, None)


def test_mean_and_ranks_that_disagree_show_neither() -> None:
    """Most cases a little worse, one far better: the mean is up, the ranks are down."""
    theirs = np.tile(CASES, (1, 1))
    ours = theirs - 0.01
    ours[0, 0] += 5
    by_case = (ours - theirs)[0]
    assert by_case.mean() > 0 and signed_rank(by_case).p < 0.001
    assert verdict(ours, theirs).kind == "too few"


def test_a_table_is_judged_together() -> None:
    pairs = [(GAIN, STEADY), (NOISY, STEADY), (STEADY.mean(1), NOISY.mean(1)), (GAIN[:1], NOISY)]
    found = verdicts(pairs)
    raw = [float(method_test(a, b).p) for a, b in pairs[:2]]
    raw.append(scipy.stats.ttest_ind(STEADY.mean(1), NOISY.mean(1)).pvalue)
    assert [found[0].p, found[2].p] == pytest.approx([holm(raw)[0], holm(raw)[2]])
    assert found[0].p == pytest.approx(3 * raw[0])
    assert found[3].kind == "checkpoints only"
    alone, among = verdict(NOISY, STEADY).seeds_needed, found[1].seeds_needed
    assert alone is not None and among is not None and among > alone


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 500), st.integers(3, 6), st.floats(0, 0.03))
def test_what_is_not_found_needs_more_seeds(seed: int, seeds: int, gain: float) -> None:
    rng = np.random.default_rng(seed)
    ours, theirs = rng.normal(0.7, 0.01, size=(2, seeds))
    every = verdicts([(ours + gain, theirs), (ours, theirs)])
    for found in every:
        assert found.kind != "too few"
        if found.kind == "inside seed noise" and found.seeds_needed is not None:
            assert found.seeds_needed > seeds
        low, high = found.interval or (0.0, 0.0)
        assert low < found.difference < high


@pytest.mark.parametrize("paired", [False, True])
def test_pairs_are_tested_alike_in_any_company(paired: bool) -> None:
    """Of one shape and of others, with gaps and without: intervals and raw p as of each alone."""
    gaps = GAIN.copy()
    gaps[0, 3] = gaps[2, 7] = np.nan
    there = ~np.isnan(gaps).any(axis=0)
    whole = [
        (GAIN, STEADY), (GAIN[:, there], STEADY[:, there]), (NOISY, STEADY), (STEADY, NOISY),
        (NOISY.mean(1, keepdims=True), STEADY.mean(1, keepdims=True)), (GAIN[:, :9], NOISY[:, :9]),
    ]  # fmt: skip
    if not paired:
        whole.append((np.vstack([NOISY, GAIN]), STEADY))
    given = [(gaps, STEADY) if place == 1 else pair for place, pair in enumerate(whole)]
    alone = [method_test(*pair, paired=paired) for pair in whole]
    p = holm([float(test.p) for test in alone])
    found = verdicts(given, paired=paired, alpha=1.0)  # so that each is said of the method
    assert [one.n_cases for one in found[:2]] == [40, 38]
    for one, test, adjusted in zip(found, alone, p, strict=True):
        assert one.claim == "this method"
        assert one.p == pytest.approx(adjusted, rel=1e-9)
        assert one.interval == pytest.approx([float(end) for end in test.interval()], rel=1e-9)

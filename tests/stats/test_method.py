"""The claim "this method": closed forms, scipy, and how often it is wrong."""

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from paperkit.stats import detectable_difference, method_test, power, seeds_needed

BENCHMARK = Path(__file__).parents[2] / "benchmarks/null_simulation.py"
DRAWS = 300


def draw(seed: int, seeds: int = 3, cases: int = 20, **sd: float) -> np.ndarray:
    """Scores [seed, case] of one method."""
    rng = np.random.default_rng(seed)
    a = sd.get("seed", 1.0) * rng.normal(size=(seeds, 1))
    return a + rng.normal(size=cases) + sd.get("rest", 1.0) * rng.normal(size=(seeds, cases))


@pytest.mark.parametrize(("first", "second", "equal"), [(3, 3, True), (5, 5, True), (3, 6, False)])
def test_without_cases_it_is_scipys_t(first: int, second: int, equal: bool) -> None:
    """One value per seed: Student's t, or Welch's where the numbers of seeds differ."""
    a, b = draw(1, first, 1), draw(2, second, 1) + 0.5
    found = method_test(a, b)
    scipys = scipy.stats.ttest_ind(a[:, 0], b[:, 0], equal_var=equal)
    assert float(found.p) == pytest.approx(scipys.pvalue)
    assert float(found.dof) == pytest.approx(scipys.df)
    ci = scipys.confidence_interval(0.9)
    assert [float(end) for end in found.interval(0.9)] == pytest.approx([ci.low, ci.high])


def test_paired_it_is_scipys_paired_t() -> None:
    a, b = draw(1, 5, 1), draw(2, 5, 1) + 0.5
    scipys = scipy.stats.ttest_rel(a[:, 0], b[:, 0])
    assert float(method_test(a, b, paired=True).p) == pytest.approx(scipys.pvalue)
    assert float(method_test(a, b).p) != pytest.approx(scipys.pvalue, rel=0.01)


def test_without_seed_spread_it_is_the_paired_t_over_cases() -> None:
    """Seeds that change nothing: what is left is how the methods differ by case."""
    a, b = np.tile(draw(1, 1, 12), (3, 1)), np.tile(draw(2, 1, 12), (3, 1))
    scipys = scipy.stats.ttest_rel(a[0], b[0])
    found = method_test(a, b)
    assert float(found.p) == pytest.approx(scipys.pvalue)
    assert (float(found.dof), float(found.seeds)) == pytest.approx((11, 0), abs=1e-9)


def test_both_variances_by_hand() -> None:
    """y = a[s] + g[c], exactly: the variances over seeds and over cases, side by side."""
    a, g = np.array([0.0, 1.0, 5.0]), np.array([2.0, 3.0, 7.0, 1.0])
    ours, theirs = a[:, None] + g, np.array([[1.0], [2.0], [4.0]]) + np.zeros(4)
    found = method_test(ours, theirs)
    of_seeds = (np.var(a, ddof=1) + np.var([1, 2, 4], ddof=1)) / 3
    of_cases = np.var(g, ddof=1) / 4
    assert float(found.seeds) == pytest.approx(of_seeds)
    assert float(found.cases) == pytest.approx(of_cases)
    dof = (of_seeds + of_cases) ** 2 / (of_seeds**2 / 4 + of_cases**2 / 3)
    assert float(found.dof) == pytest.approx(dof)
    assert float(found.difference) == pytest.approx(2 + 3.25 - 7 / 3)


def test_the_variance_is_unbiased() -> None:
    """Over many draws the estimate is the variance of the difference itself."""
    rng = np.random.default_rng(0)
    shape = (20_000, 2, 4, 15)
    y = 0.5 * rng.normal(size=(*shape[:3], 1)) + rng.normal(size=shape)
    y += 1.5 * rng.normal(size=(shape[0], 2, 1, 15))
    found = method_test(y[:, 0], y[:, 1])
    assert (found.seeds + found.cases).mean() == pytest.approx(found.difference.var(), rel=0.03)
    # the seed means alone miss what the methods do differently by case
    assert found.seeds.mean() < 0.6 * found.difference.var()


@given(st.integers(0, 1000), st.integers(2, 5), st.integers(2, 5), st.randoms())
def test_order_and_names_do_not_matter(seed: int, k: int, m: int, random: object) -> None:
    a, b = draw(seed, k), draw(seed + 1, m)
    found, turned = method_test(a, b), method_test(b, a)
    assert float(turned.difference) == pytest.approx(-float(found.difference))
    assert float(turned.p) == pytest.approx(float(found.p))
    seeds, cases = [list(range(n)) for n in (k, a.shape[1])]
    for order in (seeds, cases):
        random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = method_test(a[seeds][:, cases], b[:, cases])
    assert float(shuffled.p) == pytest.approx(float(found.p))
    # a percentage instead of a fraction, or every case easier: nothing changes
    assert float(method_test(100 * a + 5, 100 * b + 5).p) == pytest.approx(float(found.p))


def test_no_spread_at_all() -> None:
    same, other = np.full((3, 4), 0.5), np.full((3, 4), 0.75)
    assert float(method_test(same, same).p) == 1.0
    assert float(method_test(same, other).p) == 0.0


def test_one_seed_says_nothing() -> None:
    with pytest.raises(ValueError) as caught:
        method_test(draw(1, 1), draw(2, 3))
    assert str(caught.value) == (
        "method_test needs two seeds of each method on the same cases, got [seed, case] "
        "[1, 20] and [3, 20]"
    )


@pytest.mark.parametrize(("dof", "effect"), [(2, 1.0), (4, 3.0), (18, 2.0), (100, 0.5)])
def test_power_is_the_noncentral_t(dof: int, effect: float) -> None:
    """By simulation of the t ratio itself."""
    rng = np.random.default_rng(0)
    t = (rng.normal(size=200_000) + effect) / np.sqrt(rng.chisquare(dof, 200_000) / dof)
    expected = (t > scipy.stats.t.ppf(0.975, dof)).mean()
    assert power(effect, dof) == pytest.approx(expected, abs=0.004)


def test_seeds_of_the_textbook() -> None:
    """Cohen 1988, table 2.4.1: 80 % power, two-sided 5 %: 26 for d = 0.8, 64 for d = 0.5."""
    assert seeds_needed(0.8, 2.0) == 26
    assert seeds_needed(-0.5, 2.0) == 64
    assert seeds_needed(0.1, 2.0) is None
    assert seeds_needed(0.0, 2.0) is None


def test_the_detectable_difference_is_what_needs_these_seeds() -> None:
    for seeds in (3, 8, 26):
        d = detectable_difference(0.7, seeds)
        assert power(d / (0.7 * math.sqrt(2 / seeds)), 2 * (seeds - 1)) == pytest.approx(0.8)
        assert seeds_needed(d * 1.0001, 2 * 0.7**2) == seeds
        assert seeds_needed(d * 0.9999, 2 * 0.7**2) == seeds + 1


def test_what_only_more_cases_bring_down() -> None:
    """Two standard errors from the cases alone: no number of seeds reaches 80 %."""
    assert seeds_needed(1.0, 0.5) == 6
    more = seeds_needed(1.0, 0.5, cases=0.05, n_cases=60)
    assert more is not None and more > 6
    assert seeds_needed(1.0, 0.5, cases=0.25, n_cases=60) is None


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("null_simulation", BENCHMARK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["null_simulation"] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


def holds(wrong: float, draws: int) -> bool:
    """Whether `wrong` may be the 5 % of a test that holds its level; one in 10,000 errs here."""
    return bool(wrong * draws <= scipy.stats.binom.ppf(0.9999, draws, 0.05))


@pytest.mark.parametrize("setting", [(0.5, 20, 3), (1.0, 60, 3), (0.5, 60, 5)])
def test_the_level_holds_where_todays_practice_fails(
    simulation: ModuleType, setting: tuple[float, int, int]
) -> None:
    rules = simulation.PRACTICE | {"crossed t": simulation.crossed}
    found = simulation.rates(simulation.World(), setting, DRAWS, rules, simulation.RANKS)
    wrong = {name: float(rate[0]) for name, rate in found.items()}
    assert holds(wrong.pop("crossed t"), DRAWS)
    assert not any(holds(wrong[name], DRAWS) for name in simulation.RANKS), wrong
    assert wrong["the higher mean"] == 1.0


def test_the_level_holds_where_methods_differ_by_case(simulation: ModuleType) -> None:
    """Twenty cases, ten seeds: seed means alone are certain of what these cases happen to show."""
    world = simulation.World(interaction=1.0)
    rules = {"crossed": simulation.crossed, "means": simulation.seed_means}
    found = simulation.rates(world, (0.5, 20, 10), DRAWS, rules, {})
    assert holds(float(found["crossed"][0]), DRAWS)
    assert not holds(float(found["means"][0]), DRAWS)


def test_a_large_gain_is_found(simulation: ModuleType) -> None:
    rules = {"crossed": simulation.crossed}
    found = simulation.rates(simulation.World(), (1.0, 60, 10), DRAWS, rules, {})["crossed"]
    # two seed sds with ten seeds: the power by the noncentral t
    expected = power(2 / math.sqrt(2 / 10 * (1 + 1 / 60)), 18)
    assert float(found[-1]) == pytest.approx(expected, abs=0.03)

"""How often a table is wrong when it calls a method better, and how often it sees a true gain.

    python benchmarks/null_simulation.py [DRAWS]

Scores are y[method, seed, case] = a[method, seed] + b[case] + e[method, seed, case], normal, with
sd(e) = 1, sd(b) = 2 and sd(a) = 0.25, 0.5 or 1: two methods that are equal, trained with 3, 5 or 10
seeds and tested on 20, 60 or 200 cases. A rule is wrong when it calls either method better. For the
power the first method is 0.5, 1 or 2 sd(a) better; counted is that it is called so.

The defaults (2,000 draws) make the tables of docs/explanation/statistics.md.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv
from scipy.stats import ttest_ind, wilcoxon

from paperkit.stats import crossed_interval, method_test

RATIOS, CASES, SEEDS = (0.25, 0.5, 1.0), (20, 60, 200), (3, 5, 10)
GAINS = (0.5, 1.0, 2.0)
ALPHA = 0.05
BATCH = 250
RESAMPLED = 1000

Scores = np.ndarray  # [draw, seed, case]
# the first is called better where low > 0, the second where high < 0; [draw] each
Rule = Callable[[Scores, Scores], tuple[np.ndarray, np.ndarray]]
# differences [draw, case] that Wilcoxon's test is asked about
Cases = Callable[[Scores, Scores], np.ndarray]


@dataclass(frozen=True)
class World:
    """How scores come about; sds in units of what is left over when seed and case are known.

    `unequal` multiplies the seeds of the first method, `interaction` is how differently the methods
    do on a case, `tails` the degrees of freedom of the seeds (t), `collapse` how often a run lands
    five seed sds below the others, `skewed` makes what is left over exponential.
    """

    name: str = "as above"
    unequal: float = 1.0
    interaction: float = 0.0
    tails: float = np.inf
    collapse: float = 0.0
    skewed: bool = False

    def draw(
        self, rng: np.random.Generator, draws: int, setting: tuple[float, int, int]
    ) -> tuple[Scores, Scores]:
        ratio, cases, seeds = setting
        shape = (2, draws, seeds, cases)
        a = rng.standard_normal((2, draws, seeds, 1))
        if np.isfinite(self.tails):
            a = rng.standard_t(self.tails, a.shape) / np.sqrt(self.tails / (self.tails - 2))
        a = a - 5 * (rng.random(a.shape) < self.collapse)
        a[0] *= self.unequal
        e = rng.exponential(size=shape) - 1 if self.skewed else rng.standard_normal(shape)
        b = 2 * rng.standard_normal((draws, 1, cases))
        by_method = self.interaction * rng.standard_normal((2, draws, 1, cases))
        first, second = ratio * a + e + b + by_method
        return first, second


def one_seed(first: Scores, second: Scores) -> np.ndarray:
    return first[:, 0] - second[:, 0]


def best_seeds(first: Scores, second: Scores) -> np.ndarray:
    best = [s[np.arange(len(s)), s.mean(2).argmax(1)] for s in (first, second)]
    return best[0] - best[1]


def pooled(first: Scores, second: Scores) -> np.ndarray:
    return (first - second).reshape(len(first), -1)


def averaged(first: Scores, second: Scores) -> np.ndarray:
    return first.mean(1) - second.mean(1)


def around(first: Scores, second: Scores, half: np.ndarray | float) -> tuple[np.ndarray, ...]:
    gap = first.mean((1, 2)) - second.mean((1, 2))
    return gap - half, gap + half


def higher_mean(first: Scores, second: Scores) -> tuple[np.ndarray, ...]:
    return around(first, second, 0.0)


def stds_apart(first: Scores, second: Scores) -> tuple[np.ndarray, ...]:
    return around(first, second, sum(s.mean(2).std(1, ddof=1) for s in (first, second)))


def seeds_apart(first: Scores, second: Scores) -> tuple[np.ndarray, ...]:
    """Every seed of one above every seed of the other; with 3 and 3 it is p = 0.1, exactly."""
    a, b = first.mean(2), second.mean(2)
    return a.min(1) - b.max(1), a.max(1) - b.min(1)


def bootstrap(first: Scores, second: Scores) -> tuple[np.ndarray, ...]:
    return crossed_interval(first, second, np.random.default_rng(1), draws=RESAMPLED)


def welch(first: Scores, second: Scores) -> tuple[np.ndarray, ...]:
    found = ttest_ind(first.mean(2), second.mean(2), axis=1, equal_var=False)
    return tuple(found.confidence_interval(1 - ALPHA))


def seed_means(first: Scores, second: Scores) -> tuple[np.ndarray, ...]:
    found = ttest_ind(first.mean(2), second.mean(2), axis=1)
    return tuple(found.confidence_interval(1 - ALPHA))


def crossed(first: Scores, second: Scores) -> tuple[np.ndarray, ...]:
    return method_test(first, second).interval(1 - ALPHA)


def crossed_10(first: Scores, second: Scores) -> tuple[np.ndarray, ...]:
    return method_test(first, second).interval(0.9)


RANKS: dict[str, Cases] = {
    "Wilcoxon over cases, one seed each": one_seed,
    "Wilcoxon over cases, best seed of each": best_seeds,
    "Wilcoxon over seeds × cases, pooled": pooled,
    "Wilcoxon over cases, mean of the seeds": averaged,
}
PRACTICE: dict[str, Rule] = {
    "the higher mean": higher_mean,
    "mean ± std do not overlap": stds_apart,
}
CANDIDATES: dict[str, Rule] = {
    "all seeds of one above the other's": seeds_apart,
    "crossed bootstrap, percentile": bootstrap,
    "Welch t over seed means": welch,
    "t over seed means": seed_means,
    "crossed t": crossed,
    "crossed t, α = 0.10": crossed_10,
}
WORLDS = (
    World("methods differ by case, sd 0.5", interaction=0.5),
    World("methods differ by case, sd 1", interaction=1.0),
    World("one method's seeds spread 2 times wider", unequal=2.0),
    World("one method's seeds spread 3 times wider", unequal=3.0),
    World("seeds with heavy tails (t, 3 dof)", tails=3.0),
    World("one run in ten collapses", collapse=0.1),
    World("skewed left-over", skewed=True),
)


def rates(
    world: World,
    setting: tuple[float, int, int],
    draws: int,
    rules: dict[str, Rule],
    ranks: dict[str, Cases],
) -> dict[str, np.ndarray]:
    """Share of draws that each rule gets wrong, then share of each gain that it finds."""
    rng = np.random.default_rng([round(100 * setting[0]), *setting[1:]])
    gains = setting[0] * np.array([0.0, *GAINS])
    counts = {name: np.zeros(len(gains)) for name in (*rules, *ranks)}
    for start in range(0, draws, BATCH):
        pair = world.draw(rng, min(BATCH, draws - start), setting)
        for name, rule in rules.items():
            low, high = (np.add.outer(gains, end) for end in rule(*pair))
            counts[name] += _called(low > 0, high < 0)
        for name, cases in ranks.items():
            d = np.add.outer(gains, cases(*pair))
            found = wilcoxon(d, axis=-1).pvalue <= ALPHA
            counts[name] += _called(found & (d.mean(-1) > 0), found & (d.mean(-1) < 0))
    return {name: count / draws for name, count in counts.items()}


def _called(better: np.ndarray, worse: np.ndarray) -> np.ndarray:
    """How many draws [gain, draw] are called better; either way where there is no gain."""
    return better.sum(1) + np.where(np.arange(len(better)) == 0, worse.sum(1), 0)


def upper(rate: float, draws: int) -> float:
    """Clopper and Pearson's upper bound, 95 %, one-sided."""
    wrong = round(rate * draws)
    return 1.0 if wrong == draws else float(betaincinv(wrong + 1, draws - wrong, 0.95))


def summary(draws: int) -> Iterator[str]:
    every = {
        (r, n, k): rates(World(), (r, n, k), draws, PRACTICE | CANDIDATES, RANKS)
        for k in SEEDS for n in CASES for r in RATIOS
    }  # fmt: skip
    yield "| rule | seeds | false, mean | worst setting | its upper bound | 0.5 sd | 1 sd | 2 sd |"
    yield "|---|---|---|---|---|---|---|---|"
    for name in PRACTICE | RANKS | CANDIDATES:
        for k in SEEDS:
            of = np.array([found[name] for (_, _, seeds), found in every.items() if seeds == k])
            worst = of[:, 0].max()
            cells = [of[:, 0].mean(), worst, upper(worst, draws), *of[:, 1:].mean(0)]
            yield f"| {name} | {k} | " + " | ".join(f"{100 * c:.1f} %" for c in cells) + " |"
    yield ""
    yield "| seeds | cases | seed sd | " + " | ".join(CANDIDATES) + " |"
    yield "|---" * (3 + len(CANDIDATES)) + "|"
    for (r, n, k), found in every.items():
        cells = [f"{100 * found[name][0]:.1f} %" for name in CANDIDATES]
        yield f"| {k} | {n} | {r} | " + " | ".join(cells) + " |"


def robustness(draws: int) -> Iterator[str]:
    yield "| world | seeds | " + " | ".join(CANDIDATES) + " |"
    yield "|---" * (2 + len(CANDIDATES)) + "|"
    for world in WORLDS:
        for k in (3, 10):
            found = rates(world, (0.5, 20, k), draws, CANDIDATES, {})
            cells = [f"{100 * found[name][0]:.1f} %" for name in CANDIDATES]
            yield f"| {world.name} | {k} | " + " | ".join(cells) + " |"


def checkpoints(draws: int) -> Iterator[str]:
    """The claim about these weights, where they are equally good on the population of cases."""
    rule = {"Wilcoxon": averaged}
    yield "| these checkpoints | " + " | ".join(f"{n} cases" for n in CASES) + " |"
    yield "|---" * (1 + len(CASES)) + "|"
    for world in (World("equal on every case but for noise"), *WORLDS[:2], WORLDS[-1]):
        wrong = [rates(world, (0.0, n, 3), draws, {}, rule)["Wilcoxon"][0] for n in CASES]
        yield f"| {world.name} | " + " | ".join(f"{100 * w:.1f} %" for w in wrong) + " |"


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    began = time.process_time()
    for table in (summary(draws), robustness(draws), checkpoints(draws)):
        print(*table, "", sep="\n")
    print(f"{draws} draws for each setting, {time.process_time() - began:.0f} s of processor time")


if __name__ == "__main__":
    main()

"""Ranks over several data sets: the average of each method, what a test says, how sure they are.

The convention is that of Demšar 2006 (Journal of Machine Learning Research 7): a rank per data set,
1 is best, methods that tie share the mean of their ranks, and the ranks of a method are averaged.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paperkit.latex import Tex, number, tex
from paperkit.report.collect import Experiment
from paperkit.stats import (
    Friedman,
    average_ranks,
    describe,
    friedman,
    midranks,
    nemenyi_difference,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Ranking", "rank_data_sets", "rank_sentence"]

FEWEST_METHODS, FEWEST_DATA_SETS = 3, 5  # fewer say nothing about other data sets
DRAWS, LEVEL = 1_000, 0.95
ALPHA = 0.05
Scores = dict[str, list[list[float]]]  # method -> [data set][run]


@dataclass(frozen=True)
class Ranking:
    """The average ranks of the methods that have a result on every data set.

    Attributes:
        metric: What they are ranked by.
        data_sets: How many.
        ranks: By method, in the order of the table.
        intervals: 95 % interval by method, with the runs drawn again; empty where a method has
            fewer than two runs on a data set.
        left_out: Methods without a result on every data set.
        test: Friedman's; None with too few data sets or methods.
    """

    metric: str
    data_sets: int
    ranks: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    left_out: tuple[str, ...]
    test: Friedman | None


def rank_data_sets(experiment: Experiment) -> Ranking | None:
    """Rank an experiment's methods by its first metric; None with one data set or one method."""
    sets, metric = experiment.datasets, experiment.plan.metrics[0]
    every: dict[str, dict[str | None, list[float]]] = {}
    for result in experiment.results:
        values = list(result.values(metric).values())
        every.setdefault(result.row.variant, {})[result.row.dataset] = values
    whole: Scores = {
        name: [runs[dataset] for dataset in sets]
        for name, runs in every.items()
        if all(runs.get(dataset) for dataset in sets)
    }
    if len(sets) < 2 or len(whole) < 2:
        return None
    higher = experiment.metric(metric).higher
    means = [[describe(runs[i]).mean or 0.0 for runs in whole.values()] for i in range(len(sets))]
    tested = len(whole) >= FEWEST_METHODS and len(sets) >= FEWEST_DATA_SETS
    ranks = average_ranks(means, higher=higher)
    return Ranking(
        metric=metric,
        data_sets=len(sets),
        ranks={name: float(rank) for name, rank in zip(whole, ranks, strict=True)},
        intervals=_intervals(whole, higher=higher),
        left_out=tuple(name for name in every if name not in whole),
        test=friedman(means, higher=higher) if tested else None,
    )


def rank_sentence(ranking: Ranking, metric: Tex) -> Tex:
    """Return what a caption says of the ranks; `metric` is the display name."""
    convention = tex(
        "Avg. rank: mean over the #1 data sets of the rank by #2 (1 is best, ties share the mean "
        "of their ranks)#3.",
        ranking.data_sets,
        metric,
        Tex("; methods with a result on every data set are ranked") if ranking.left_out else "",
    )
    return Tex(" ").join([convention, _test_sentence(ranking)])


def _test_sentence(ranking: Ranking) -> Tex:
    methods, sets, test = len(ranking.ranks), ranking.data_sets, ranking.test
    if test is None:
        few = []
        if sets < FEWEST_DATA_SETS:
            few.append(f"{sets} data sets ({FEWEST_DATA_SETS} needed)")
        if methods < FEWEST_METHODS:
            few.append(f"{methods} methods ({FEWEST_METHODS} needed)")
        return tex("No test over data sets was made: #1 are too few.", " and ".join(few))
    said = tex(
        "Friedman test over the data sets (Iman and Davenport): $F(#1, #2)=#3$, $p#4$",
        methods - 1,
        (methods - 1) * (sets - 1),
        number(test.f, 2) if math.isfinite(test.f) else Tex(r"\infty"),
        Tex("<0.001") if test.f_p < 0.001 else tex("=#1", number(test.f_p, 3)),
    )
    if test.f_p >= ALPHA:
        return tex("#1: no difference between the methods is shown, so no pair is compared.", said)
    critical = nemenyi_difference(methods, sets, alpha=ALPHA)
    return tex(
        r"#1. Two methods differ where their average ranks are at least #2 apart (Nemenyi, "
        r"$\alpha=#3$).",
        said,
        number(critical, 2),
        number(ALPHA, 2),
    )


def _intervals(scores: Scores, *, higher: bool) -> dict[str, tuple[float, float]]:
    """Of each average rank, over new draws of every method's runs on every data set."""
    import numpy as np

    if min(len(values) for sets in scores.values() for values in sets) < 2:
        return {}
    pool, places = _Pool(), []
    drawn = [[pool.means(runs) for runs in sets] for sets in scores.values()]
    for of in zip(*drawn, strict=True):  # [method][draw]
        # the last bit of a mean depends on the order of a sum, and must not decide a rank
        means = np.round(np.stack(of, axis=1) / (np.abs(of).max() or 1), 12)
        places.append(midranks(-means if higher else means))
    average = np.mean(places, axis=0)  # [draw, method]
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    low, high = np.quantile(average, tails, axis=0, method="inverted_cdf")
    return {name: (float(a), float(b)) for name, a, b in zip(scores, low, high, strict=True)}


class _Pool:
    """Draws of so many runs with replacement, made once; every sample takes them in its own order.

    That is as good as new draws for each, in a tenth of the time.
    """

    def __init__(self) -> None:
        import numpy as np

        self._rng = np.random.default_rng(0)
        self._weights: dict[int, Floats] = {}

    def means(self, values: list[float]) -> "Floats":
        """Return the means [draw] of values [run], drawn again."""
        import numpy as np

        count = len(values)
        if count not in self._weights:
            self._weights[count] = self._draw(count)
        order = self._rng.permutation(DRAWS)
        return np.asarray(np.einsum("r,rd->d", values, self._weights[count])[order])

    def _draw(self, count: int) -> "Floats":
        """The share [run, draw] of each run in a draw."""
        import numpy as np

        places = self._rng.integers(count, size=(count, DRAWS)) * DRAWS + np.arange(DRAWS)
        times = np.bincount(places.ravel(), minlength=count * DRAWS)
        return np.asarray(times.reshape(count, DRAWS) / count)

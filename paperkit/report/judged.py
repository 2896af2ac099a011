"""Which differences of an experiment are put to the test, and what the tests say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from paperkit.report.collect import Experiment, Result
from paperkit.report.metrics import Metric
from paperkit.report.scores import Evidence, Scores, Unlike
from paperkit.runs import Row
from paperkit.stats import SignedRank, Verdict, signed_rank, verdicts

__all__ = ["ALPHA", "Judged", "compared", "judge", "own_method", "steady"]

ALPHA = 0.05
Key = tuple[str, str | None, str]  # variant, data set, metric
Pair = tuple[Result, Result, Result]  # where the difference stands, ours, theirs


@dataclass(frozen=True)
class Judged:
    """A difference that was put to the test.

    Attributes:
        ours, theirs: The difference is ours - theirs.
        metric: Of which metric.
        verdict: What it shows; its difference is that of the logged values, interval and p are
            rounded to 12 digits, so that all processors agree.
        ranks: The differences by case, positive where ours is better; None without cases.
        grouped: Whether a case is a group of test images.
        tests: How many differences p is adjusted for.
        unlike: Runs whose cases give another value than they logged, and are no evidence.
    """

    ours: Row
    theirs: Row
    metric: Metric
    verdict: Verdict
    ranks: SignedRank | None
    grouped: bool
    tests: int
    unlike: tuple[Unlike, ...] = ()

    @property
    def sign(self) -> str:
        """What stands beside the difference (Cell.sign); empty where nothing can be said."""
        return {
            "better": "method",
            "worse": "method",
            "checkpoints only": "checkpoints",
            "inside seed noise": "noise",
        }.get(self.verdict.kind, "")


def own_method(experiment: Experiment) -> str | None:
    """Return the method that a comparison is about: `ours`, or the last that has plugs."""
    rows = [result.row for result in experiment.results]
    own = [row.variant for row in rows if row.variant == "ours" or row.plugs]
    return own[-1] if own and experiment.plan.kind != "ablation" else None


def compared(experiment: Experiment) -> Iterator[Pair]:
    """Yield (row that the difference belongs to, ours, theirs): the difference is ours - theirs.

    In an ablation each row against its reference, in a comparison the own method against each
    other one.
    """
    own = own_method(experiment)
    mine = {r.row.dataset: r for r in experiment.results if r.row.variant == own}
    for result in experiment.results:
        if experiment.plan.kind == "ablation":
            base = experiment.reference(result.row)
            if base is not None and base is not result:
                yield result, result, base
        elif result.row.variant != own and result.row.dataset in mine:
            yield result, mine[result.row.dataset], result


def judge(experiment: Experiment) -> dict[Key, Judged]:
    """Return the verdict on every difference of an experiment that can be judged.

    The differences of one metric on one data set are adjusted together. Folds are left out: their
    training sets overlap, so that they are no sample of independent runs.
    """
    scores, found = Scores(), dict[Key, Judged]()
    pairs = list(compared(experiment))
    for dataset in experiment.datasets:
        of = [pair for pair in pairs if pair[0].row.dataset == dataset]
        for metric in experiment.plan.metrics:
            found.update(_family(of, experiment.metric(metric), scores))
    return found


def _family(pairs: Iterable[Pair], metric: Metric, scores: Scores) -> Iterator[tuple[Key, Judged]]:
    known = [(pair, e) for pair in pairs if (e := _evidence(pair, metric, scores)) is not None]
    judged = verdicts([(e.ours, e.theirs) for _, e in known], higher=metric.higher, alpha=ALPHA)
    tests = sum(verdict.p is not None for verdict in judged)
    for ((at, ours, theirs), evidence), verdict in zip(known, judged, strict=True):
        ranks = _ranks(evidence, metric)
        yield (
            (at.row.variant, at.row.dataset, metric.name),
            Judged(
                ours.row, theirs.row, metric, _settled(verdict, evidence), ranks,
                evidence.grouped, tests, evidence.unlike,
            ),
        )  # fmt: skip


def _evidence(pair: Pair, metric: Metric, scores: Scores) -> Evidence | None:
    """Of the seeds that both have, so that the tested difference is the printed one."""
    _, ours, theirs = pair
    values = theirs.values(metric.name)
    seeds = [seed for seed in ours.values(metric.name) if seed in values]
    if not seeds or any(fold is not None for _, fold in seeds):
        return None
    return scores.evidence(ours.of(seeds), theirs.of(seeds), metric.name)


def _ranks(evidence: Evidence, metric: Metric) -> SignedRank | None:
    import numpy as np

    ours, theirs = evidence.ours, evidence.theirs
    if ours.ndim < 2 or ours.shape[1] < 2:
        return None
    # the same scores in another order of seeds are a tie, whatever the last bit says
    differences = np.round(ours.mean(axis=0) - theirs.mean(axis=0), 12)
    return signed_rank(differences if metric.higher else -differences)


def _settled(verdict: Verdict, evidence: Evidence) -> Verdict:
    interval, p = verdict.interval, verdict.p
    return replace(
        verdict,
        difference=evidence.difference,
        interval=None if interval is None else (steady(interval[0]), steady(interval[1])),
        p=None if p is None else steady(p),
    )


def steady(value: float) -> float:
    """Round to 12 digits: further ones may differ between processors and versions of scipy."""
    return float(f"{value:.12g}")

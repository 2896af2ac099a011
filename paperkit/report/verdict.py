"""The verdict on a difference: what it shows, and what would settle it, in words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from paperkit.latex import Tex, number, tex
from paperkit.report.collect import Experiment, Result
from paperkit.report.metrics import Metric, find_metric
from paperkit.report.scores import Evidence, Scores
from paperkit.runs import Row, Run
from paperkit.stats import MIN_SEEDS, MOST_SEEDS, SignedRank, Verdict, signed_rank, verdicts

__all__ = [
    "ALPHA",
    "Judged",
    "compared",
    "judge",
    "own_method",
    "p_tex",
    "verdict_sentence",
    "verdict_words",
]

ALPHA = 0.05
Key = tuple[str, str | None, str]  # variant, data set, metric


@dataclass(frozen=True)
class Judged:
    """A difference that was put to the test.

    Attributes:
        ours, theirs: The difference is ours - theirs.
        metric: Of which metric.
        verdict: What it shows; interval and p are rounded to 12 digits, so that processors agree.
        ranks: The differences by case, positive where ours is better; None without cases.
        grouped: Whether a case is a group of test images.
        tests: How many differences p is adjusted for.
    """

    ours: Row
    theirs: Row
    metric: Metric
    verdict: Verdict
    ranks: SignedRank | None
    grouped: bool
    tests: int

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


def compared(experiment: Experiment) -> Iterator[tuple[Result, Result, Result]]:
    """Yield (row that the difference belongs to, ours, theirs): the difference is ours - theirs.

    In an ablation each row against its reference, in a comparison the own method against each
    other one.
    """
    own = own_method(experiment)
    for result in experiment.results:
        if experiment.plan.kind == "ablation":
            base = experiment.reference(result.row)
            if base is not None and base is not result:
                yield result, result, base
        elif result.row.variant != own:
            for ours in experiment.results:
                if (ours.row.variant, ours.row.dataset) == (own, result.row.dataset):
                    yield result, ours, result


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
            found |= _family(of, find_metric(metric), scores)
    return found


def _family(
    pairs: list[tuple[Result, Result, Result]], metric: Metric, scores: Scores
) -> dict[Key, Judged]:
    rows, evidence = [], []
    for at, ours, theirs in pairs:
        a, b = _same_seeds(ours, theirs, metric.name)
        if a and all(run.fold is None for run in a):
            rows.append((at.row, ours.row, theirs.row))
            evidence.append(scores.evidence(a, b, metric.name))
    judged = verdicts([(e.ours, e.theirs) for e in evidence], higher=metric.higher, alpha=ALPHA)
    tests = sum(verdict.p is not None for verdict in judged)
    return {
        (at.variant, at.dataset, metric.name): Judged(
            ours, theirs, metric, _rounded(verdict), _ranks(e, metric), e.grouped, tests
        )
        for (at, ours, theirs), e, verdict in zip(rows, evidence, judged, strict=True)
    }


def _same_seeds(ours: Result, theirs: Result, metric: str) -> tuple[list[Run], list[Run]]:
    """Runs of the seeds that both have, so that the tested difference is the printed one."""
    shared = [pair for pair in ours.values(metric) if pair in theirs.values(metric)]
    a, b = ({run.pair: run for run in result.runs} for result in (ours, theirs))
    return [a[pair] for pair in shared], [b[pair] for pair in shared]


def _ranks(evidence: Evidence, metric: Metric) -> SignedRank | None:
    import numpy as np

    ours, theirs = np.asarray(evidence.ours), np.asarray(evidence.theirs)
    if ours.ndim < 2 or ours.shape[1] < 2:
        return None
    # the same scores in another order of seeds are a tie, whatever the last bit says
    differences = np.round(ours.mean(axis=0) - theirs.mean(axis=0), 12)
    return signed_rank(differences if metric.higher else -differences)


def _rounded(verdict: Verdict) -> Verdict:
    low_high = verdict.interval
    return replace(
        verdict,
        interval=None if low_high is None else (_twelve(low_high[0]), _twelve(low_high[1])),
        p=None if verdict.p is None else _twelve(verdict.p),
    )


def _twelve(value: float) -> float:
    return float(f"{value:.12g}")


def verdict_words(verdict: Verdict) -> str:
    """Return the verdict without its number, as plain text (escape it: it may have a <)."""
    which = "better" if verdict.ahead else "worse"
    if verdict.difference == 0:
        which = "equal"
    if verdict.kind in ("better", "worse"):
        return f"{which}; {_p(verdict.p)} over {_sample(verdict)}"
    if verdict.kind == "inside seed noise":
        return f"inside seed noise; {_settle(verdict)}"
    if verdict.kind == "checkpoints only":
        return f"{which} on these test images; not shown for the method"
    if verdict.n_seeds < MIN_SEEDS:
        seeds = _count(verdict.n_seeds, "seed")
        return f"{seeds}: nothing can be said of the method below {MIN_SEEDS}"
    return f"all {verdict.n_seeds} seeds gave the same; check that the seed is used"


def verdict_sentence(verdict: Verdict, metric: Metric) -> Tex:
    """Return the difference as the table prints it, and the verdict: "+0.30, inside seed noise"."""
    shown = number(verdict.difference, metric.decimals, percent=metric.percent, sign=True)
    return tex("#1, #2", shown, verdict_words(verdict))


def p_tex(p: float) -> Tex:
    """Return a p as printed: three decimals, but never 0.000."""
    return tex("$<$0.001") if p < 0.001 else number(p, 3)


def _p(p: float | None) -> str:
    if p is None:
        return ""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _sample(verdict: Verdict) -> str:
    seeds = _count(verdict.n_seeds, "seed")
    return f"{seeds} and {verdict.n_cases} cases" if verdict.n_cases > 1 else seeds


def _settle(verdict: Verdict) -> str:
    if verdict.difference == 0:
        return "there is no difference to settle"
    if verdict.seeds_needed is None:
        return f"{MOST_SEEDS} seeds would not settle it"
    return f"about {verdict.seeds_needed} seeds would settle it"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"

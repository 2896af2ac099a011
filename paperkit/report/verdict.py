"""The verdict on a difference, as a sentence: what it shows, and what would settle it."""

from paperkit.latex import Tex, number
from paperkit.report.collect import Experiment
from paperkit.report.metrics import Metric, find_metric
from paperkit.stats import MIN_SEEDS, MOST_SEEDS, Verdict, verdicts

__all__ = ["reference_verdicts", "verdict_sentence", "verdict_words"]


def reference_verdicts(
    experiment: Experiment, dataset: str | None, metric: str
) -> dict[str, Verdict]:
    """Judge every variant against its reference, adjusted together, by variant.

    Rests on one value per seed. Folds are left out: their training sets overlap, so that they are
    no sample of independent runs.
    """
    pairs = {}
    for result in experiment.results:
        base = experiment.reference(result.row)
        if result.row.dataset != dataset or base is None or base is result:
            continue
        ours, theirs = result.values(metric), base.values(metric)
        folds = any(fold is not None for _, fold in (*ours, *theirs))
        if ours and theirs and not folds:
            pairs[result.row.variant] = (list(ours.values()), list(theirs.values()))
    found = verdicts(list(pairs.values()), higher=find_metric(metric).higher)
    return dict(zip(pairs, found, strict=True))


def verdict_words(verdict: Verdict) -> str:
    """Return the verdict without its number, as plain ASCII text that needs no escaping."""
    which = "better" if verdict.ahead else "worse"
    if verdict.difference == 0:
        which = "equal"
    if verdict.kind in ("better", "worse"):
        return f"{which}; {_p(verdict.p)} over {_count(verdict.n_seeds, 'seed')}"
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
    return Tex(f"{shown}, {verdict_words(verdict)}")


def _settle(verdict: Verdict) -> str:
    if verdict.difference == 0:
        return "there is no difference to settle"
    if verdict.seeds_needed is None:
        return f"{MOST_SEEDS} seeds would not settle it"
    return f"about {verdict.seeds_needed} seeds would settle it"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _p(p: float | None) -> str:
    """Three decimals, but never p = 0.000."""
    if p is None:
        return ""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"

"""The verdict on a difference as words: what it shows, and what would settle it."""

from paperkit.latex import Tex, number, tex
from paperkit.report.metrics import Metric
from paperkit.stats import MIN_SEEDS, MOST_SEEDS, Verdict

__all__ = ["p_tex", "verdict_sentence", "verdict_short", "verdict_words"]


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


def verdict_short(verdict: Verdict) -> str:
    """Return the verdict for a narrow column."""
    which = "better" if verdict.ahead else "worse"
    if verdict.kind in ("better", "worse"):
        return f"{which} (method)"
    if verdict.kind == "checkpoints only":
        return f"{which} (these images)"
    if verdict.kind == "too few":
        few = verdict.n_seeds < MIN_SEEDS
        return f"{_count(verdict.n_seeds, 'seed')}: too few" if few else "all seeds alike"
    if verdict.difference == 0:
        return "equal"
    return f"seed noise ({verdict.seeds_needed or f'> {MOST_SEEDS}'} seeds)"


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

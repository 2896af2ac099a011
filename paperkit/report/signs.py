"""What the signs beside differences mean: the sentences that a table owes its reader."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from paperkit.latex import Tex, tex
from paperkit.report.collect import Experiment
from paperkit.report.judged import ALPHA, Judged, own_method
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity, result_key
from paperkit.runs import Row
from paperkit.stats import MIN_SEEDS

__all__ = [
    "found_verdicts",
    "judged_results",
    "method_name",
    "sign_sentences",
    "test_sentences",
    "words_of",
]

_SIGNS = {
    "method": tex(r"\pkmethod{}\,shown for the method"),
    "checkpoints": tex(r"\pkcheckpoints{}\,only on these test images, not shown for the method"),
    "noise": tex(r"\pknoise{}\,inside seed noise"),
}
_NONE = Tex("without a sign: not shown")


def judged_results(experiment: Experiment, found: Mapping[str, Quantity]) -> dict[str, Judged]:
    """Return what was judged by the key of its result: by metric, data set and row of the table."""
    judged = {}
    for metric in experiment.plan.metrics:
        for dataset in experiment.datasets:
            for result in experiment.results:
                if result.row.dataset == dataset:
                    key = result_key(experiment.name, result.row.variant, dataset, metric)
                    quantity = found.get(f"{key}/verdict")
                    if quantity and quantity.judged:
                        judged[key] = quantity.judged
    return judged


def found_verdicts(experiment: Experiment, found: Mapping[str, Quantity]) -> list[Judged]:
    """Return the verdicts of an experiment, in the order of `judged_results`."""
    return list(judged_results(experiment, found).values())


def sign_sentences(experiment: Experiment, judged: Sequence[Judged], names: Names) -> Iterator[Tex]:
    """Yield what explains the signs, the tests behind them, and what is not tested."""
    tested = [one for one in judged if one.verdict.p is not None]
    if tested:
        listed = [text for sign, text in _SIGNS.items() if any(one.sign == sign for one in judged)]
        listed += [_NONE] if any(not one.sign for one in judged) else []
        own = own_method(experiment)
        of = tex("Difference of #1 to a method", names.tex(own)) if own else Tex("Differences")
        yield tex("#1: #2", of, Tex("; ").join(listed))
        yield from test_sentences(judged, names)
    few = sorted({one.verdict.n_seeds for one in judged if one.verdict.n_seeds < MIN_SEEDS})
    if few:
        seeds = Tex("1 seed") if few == [1] else tex("#1 seeds", words_of(few, "or"))
        yield tex("With #1 nothing is said of the method", seeds)
    if any(one.verdict.kind == "too few" and one.verdict.n_seeds >= MIN_SEEDS for one in judged):
        yield Tex("Where all seeds gave the same, nothing is said of the method")


def method_name(experiment: Experiment, row: Row, names: Names) -> str:
    """Return the display name of a row, plain."""
    if experiment.plan.kind == "ablation":
        return names.variant(row, experiment.components)
    return names.plain(row.variant)


def words_of(items: Iterable[str | int], word: str = "and") -> Tex:
    """Return a list in words, each once: 0, 1 and 2."""
    *first, last = (tex("#1", item) for item in dict.fromkeys(items))
    return tex("#1 #2 #3", Tex(", ").join(first), word, last) if first else last


def test_sentences(judged: Sequence[Judged], names: Names) -> Iterator[Tex]:
    """Yield the tests that were made, with their level, correction and size."""
    tested = [one for one in judged if one.verdict.p is not None]
    if not tested:
        return
    counts = sorted({one.tests for one in tested})
    each = [("metric", len({one.metric.name for one in judged}))]
    each += [("data set", len({one.ours.dataset for one in judged}))]
    every = [word for word, count in each if count > 1]
    scope = tex(" for each #1", words_of(every)) if every else Tex("")
    yield tex(
        r"$p \leq #1$ after Holm's correction over #2 #3#4",
        f"{ALPHA:g}",
        words_of(counts, "or"),
        "comparison" if counts == [1] else "comparisons",
        scope,
    )
    of_method = [one for one in tested if one.verdict.claim == "this method"]
    if of_method:
        yield tex(
            "The method: two-sided $t$ test#1 ($n = #2$ seeds#3)",
            _factors(of_method, names),
            words_of(sorted({one.verdict.n_seeds for one in of_method}), "or"),
            _cases(of_method, Tex(", ")),
        )
    of_images = [one for one in tested if one.verdict.claim == "these checkpoints"]
    if of_images:
        yield tex(
            "These test images: Wilcoxon's signed-rank test#1", _cases(of_images, Tex(" over "))
        )


def _factors(of_method: Sequence[Judged], names: Names) -> Tex:
    """What the t test takes as drawn at random; a pooled metric has no value per image."""
    crossed = [one.metric.name for one in of_method if one.verdict.n_cases > 1]
    pooled = [one.metric.name for one in of_method if one.verdict.n_cases <= 1]
    both = Tex(" with seeds and test images as crossed random factors")
    alone = Tex(" over seeds, with the test images as given")
    if not pooled:
        return both
    if not crossed:
        return alone
    return tex(
        "#1 for #2, and#3 for #4, which has no value per image",
        both,
        words_of(names.tex(name) for name in crossed),
        alone,
        words_of(names.tex(name) for name in pooled),
    )


def _cases(judged: Sequence[Judged], lead: Tex) -> Tex:
    counts = sorted({one.verdict.n_cases for one in judged if one.verdict.n_cases > 1})
    if not counts:
        return Tex("")
    what = "groups of test images" if any(one.grouped for one in judged) else "test images"
    return tex("#1#2 #3", lead, words_of(counts, "or"), what)

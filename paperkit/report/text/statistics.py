"""The paragraph on metrics, spread and tests: what the tables of an experiment really did."""

from collections.abc import Iterator, Mapping, Sequence

from paperkit.latex import Tex, tex
from paperkit.report.captions import definitions
from paperkit.report.cited.citations import Citations
from paperkit.report.collect import Experiment
from paperkit.report.judged import ALPHA, Judged
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity
from paperkit.report.signs import found_verdicts
from paperkit.report.tables.ranks import rank_data_sets
from paperkit.report.text.words import count, listed, sentence
from paperkit.stats import MIN_SEEDS

__all__ = ["statistics"]

_METRICS = {"iou": "jaccard1912", "dice": "dice1945"}


def statistics(
    experiment: Experiment, names: Names, found: Mapping[str, Quantity], citations: Citations
) -> Tex | None:
    """Return the paragraph; None where nothing was measured yet."""
    if not experiment.runs:
        return None
    judged = found_verdicts(experiment, found)
    parts = [
        *_metrics(experiment, names, citations),
        *_spread(experiment),
        *_tests(judged, names, citations),
        *_ranks(experiment, citations),
    ]
    return sentence(parts)


def _metrics(experiment: Experiment, names: Names, citations: Citations) -> Iterator[Tex]:
    shown = [*definitions(experiment, names)]
    if not shown:
        return
    used = dict.fromkeys(_METRICS.get(name.partition("_")[0]) for name in experiment.plan.metrics)
    keys = tuple(key for key in used if key)
    cite = tex("~#1", citations.borrow(keys)) if keys else Tex("")
    recommended = citations.borrow(("maierhein2024metrics",))
    yield tex(
        "Every metric#1 is given with its definition and aggregation, as recommended in~#2",
        cite,
        recommended,
    )
    yield from shown


def _spread(experiment: Experiment) -> Iterator[Tex]:
    sizes = sorted({len(result.runs) for result in experiment.results if result.runs})
    if sizes[-1:] == [1]:
        yield Tex("Each result is that of one run; its spread over seeds is not known")
    elif sizes:
        shown = tex("#1 to #2 runs", sizes[0], sizes[-1])
        if len(sizes) == 1:
            shown = count(sizes[0], "run")
        yield tex(
            r"Results are means over #1; $\pm$ is their standard deviation with $n-1$ in the "
            "denominator",
            shown,
        )


def _tests(judged: Sequence[Judged], names: Names, citations: Citations) -> Iterator[Tex]:
    tested = [one for one in judged if one.verdict.p is not None]
    if not judged:
        return
    of_method = [one for one in tested if one.verdict.claim == "this method"]
    on_images = [one for one in tested if one.verdict.n_cases > 1]
    if of_method and on_images:
        yield Tex(
            "Two claims are kept apart: about the method, and about these trained checkpoints"
        )
    if of_method:
        yield from _of_method(of_method, names, citations)
    if on_images:
        yield tex(
            "That the checkpoints differ on these test images is tested by Wilcoxon's signed-rank "
            "test~#1 of the differences per #2, averaged over seeds, with zeros by Pratt's "
            "method~#3",
            citations.borrow(("wilcoxon1945",)),
            "group of images" if any(one.grouped for one in on_images) else "image",
            citations.borrow(("pratt1959",)),
        )
    if tested:
        counts = sorted({one.tests for one in tested})
        several = (
            tex("#1 to #2", counts[0], counts[-1]) if len(counts) > 1 else tex("#1", counts[0])
        )
        yield tex(
            "For each claim, $p$ is adjusted by Holm's method~#1 over the #2 of a metric and data "
            r"set; the level is #3. Intervals cover 95\,\% of a single difference and are not "
            "adjusted. The tests were computed with SciPy~#4",
            citations.borrow(("holm1979",)),
            tex("#1 #2", several, "difference" if counts == [1] else "differences"),
            f"{ALPHA:g}",
            citations.borrow(("virtanen2020scipy",)),
        )
    if any(one.verdict.n_seeds < MIN_SEEDS for one in judged):
        yield tex("With fewer than #1 seeds nothing is said of a method", MIN_SEEDS)


def _of_method(of_method: Sequence[Judged], names: Names, citations: Citations) -> Iterator[Tex]:
    crossed = list(dict.fromkeys(o.metric.name for o in of_method if o.verdict.n_cases > 1))
    pooled = list(dict.fromkeys(o.metric.name for o in of_method if o.verdict.n_cases <= 1))
    lead = Tex("That a method is better or worse is tested by a two-sided $t$ test")
    freedom = tex(
        ", with degrees of freedom after Satterthwaite~#1", citations.borrow(("satterthwaite1946",))
    )
    if crossed:
        yield tex("#1 with seeds and test images as crossed random factors#2", lead, freedom)
    if pooled and crossed:
        shown = listed(names.tex(name) for name in pooled)
        has = "has" if len(pooled) == 1 else "have"
        yield tex("For #1, which #2 no value per image, the test is over seeds alone", shown, has)
    elif pooled:
        yield tex("#1 over seeds, with the test images as given", lead)


def _ranks(experiment: Experiment, citations: Citations) -> Iterator[Tex]:
    if experiment.plan.kind == "comparison" and rank_data_sets(experiment) is not None:
        yield tex(
            "Methods are ranked on each data set, and the ranks are averaged~#1",
            citations.borrow(("demsar2006",)),
        )

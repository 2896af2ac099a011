"""The statistics appendix: every difference of an experiment, with all that is known of it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from paperkit.latex import Tex, escape, number, rounded, tex
from paperkit.report.collect import Experiment
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.judged import ALPHA, Judged
from paperkit.report.metrics import Metric
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity
from paperkit.report.signs import judged_results, method_name, test_sentences, words_of
from paperkit.report.verdict import p_tex, verdict_short, verdict_words
from paperkit.stats import MIN_SEEDS, describe, detectable_difference

__all__ = ["statistics_tables"]

_CLAIMS = Tex(
    "Interval and $p$ are about the method or, where the verdict says so or seeds are too few, "
    "about these test images only; intervals are not adjusted for their number"
)
_NOISE = Tex("Seed noise: in brackets, how many seeds of each method would settle it")
_RANKS = Tex(
    "$r$: matched-pairs rank-biserial correlation over the test images, positive for the first; "
    "W/T/L: test images on which the first is better, equal and worse"
)
Values = tuple[float | str | None, ...]


def statistics_tables(
    experiment: Experiment, found: Mapping[str, Quantity], names: Names
) -> list[Table]:
    """Return tab_statistics_EXPERIMENT; none where no difference was judged."""
    by_key = judged_results(experiment, found)
    judged = list(by_key.values())
    if not judged:
        return []
    families = [_family(one) for one in judged]
    rules = {i for i in range(1, len(judged)) if families[i] != families[i - 1]}
    columns = [
        *_names(experiment, judged, names),
        *_differences(judged),
        *_cases(judged),
        *_verdicts(judged),
    ]
    runs = tuple(found[f"{key}/delta"].runs for key in by_key)
    return [
        Table(
            f"tab_statistics_{experiment.name}",
            tuple(replace(column, runs=runs) for column in columns),
            frozenset(rules),
            caption=_caption(experiment, judged, names),
            owners=tuple(by_key),
        )
    ]


def _family(one: Judged) -> tuple[str, str | None]:
    """What is adjusted together."""
    return one.metric.name, one.ours.dataset


def _names(experiment: Experiment, judged: Sequence[Judged], names: Names) -> Iterator[Column]:
    cells = []
    for one in judged:
        ours, theirs = (method_name(experiment, row, names) for row in (one.ours, one.theirs))
        cells.append(Cell(tex("#1 $-$ #2", ours, theirs), f"{ours} + {theirs}"))
    ids = {
        "ours": tuple(one.ours.variant for one in judged),
        "theirs": tuple(one.theirs.variant for one in judged),
    }
    yield _column("Difference", cells, "l", ids)
    datasets = tuple(one.ours.dataset for one in judged)
    cells = [_text(names.plain(name) if name else "") for name in datasets]
    several = len(set(datasets)) > 1
    yield _column("Data set", cells, "l", {"dataset": datasets}, printed=several)
    metrics = tuple(one.metric.name for one in judged)
    cells = [_text(names.plain(name)) for name in metrics]
    yield _column("Metric", cells, "l", {"metric": metrics})


def _differences(judged: Sequence[Judged]) -> Iterator[Column]:
    deltas = tuple(one.verdict.difference for one in judged)
    cells = [_signed(one.metric, one.verdict.difference) for one in judged]
    yield _column(Tex(r"\ensuremath{\Delta}"), cells, "r", {"delta": deltas})
    intervals = [one.verdict.interval or (None, None) for one in judged]
    cells = [_interval(one) for one in judged]
    low, high = zip(*intervals, strict=True)
    yield _column(Tex(r"95\,\% interval"), cells, "r", {"delta/ci/low": low, "delta/ci/high": high})
    p = tuple(one.verdict.p for one in judged)
    cells = [Cell() if value is None else Cell(p_tex(value), "<0.001") for value in p]
    yield _column(Tex("$p$"), cells, "r", {"p": p})


def _cases(judged: Sequence[Judged]) -> Iterator[Column]:
    ranks = [one.ranks for one in judged]
    data: dict[str, Values] = {
        name: tuple(getattr(rank, name) if rank else None for rank in ranks)
        for name in ("effect", "wins", "ties", "losses")
    }
    shown = any(ranks)
    effects = [Cell(number(r.effect, 2, sign=True), "+0.00") if r else Cell() for r in ranks]
    yield _column(Tex("$r$"), effects, "r", {"effect": data.pop("effect")}, printed=shown)
    counts = [_text(f"{r.wins}/{r.ties}/{r.losses}") if r else Cell() for r in ranks]
    yield _column("W/T/L", counts, "r", data, printed=shown)
    seeds = tuple(float(one.verdict.n_seeds) for one in judged)
    cases = tuple(float(one.verdict.n_cases) for one in judged)
    sizes = {"seeds": seeds, "cases": cases}
    yield _column(Tex("$n$"), [_size(one) for one in judged], "r", sizes)


def _verdicts(judged: Sequence[Judged]) -> Iterator[Column]:
    cells = [_text(verdict_short(one.verdict)) for one in judged]
    data: dict[str, Values] = {
        "verdict": tuple(verdict_words(one.verdict) for one in judged),
        "claim": tuple(None if one.verdict.p is None else one.verdict.claim for one in judged),
        "seeds_needed": tuple(one.verdict.seeds_needed for one in judged),
    }
    yield _column("Verdict", cells, "l", data)


def _column(
    head: str, cells: Sequence[Cell], align: str, data: Mapping[str, Values], printed: bool = True
) -> Column:
    plain = "Delta" if isinstance(head, Tex) else head
    return Column(
        Cell(escape(head), plain), tuple(cells), align=align, printed=printed,
        data=tuple(data.items()),
    )  # fmt: skip


def _text(text: str) -> Cell:
    return Cell(escape(text), text)


def _signed(metric: Metric, value: float) -> Cell:
    shown = number(value, metric.decimals, percent=metric.percent, sign=True)
    digits = rounded(value, metric.decimals, percent=metric.percent) or ""
    return Cell(shown, "+" + digits.lstrip("-"))


def _interval(one: Judged) -> Cell:
    if one.verdict.interval is None:
        return Cell()
    low, high = (_signed(one.metric, value) for value in one.verdict.interval)
    return Cell(tex("#1 to #2", low.tex, high.tex), f"{low.plain} to {high.plain}")


def _size(one: Judged) -> Cell:
    seeds, cases = one.verdict.n_seeds, one.verdict.n_cases
    if cases < 2:
        return _text(str(seeds))
    return Cell(tex(r"#1 $\times$ #2", seeds, cases), f"{seeds} x {cases}")


def _caption(experiment: Experiment, judged: Sequence[Judged], names: Names) -> Tex:
    parts = [Tex(r"$\Delta$: the first minus the second")]
    if all(one.metric.percent for one in judged):
        parts = [parts[0] + Tex(", in percentage points")]
    if any(one.verdict.p is not None for one in judged):
        parts.append(_CLAIMS)
    if any(one.verdict.kind == "inside seed noise" for one in judged):
        parts.append(_NOISE)
    parts += test_sentences(judged, names)
    if any(one.ranks for one in judged):
        parts.append(_RANKS)
    parts.append(Tex(r"$n$: seeds of each method $\times$ test images"))
    parts += _detectable(experiment, judged, names)
    return Tex(" ").join(part + Tex(".") for part in parts)


def _detectable(experiment: Experiment, judged: Sequence[Judged], names: Names) -> Iterator[Tex]:
    """The smallest true differences that the experiment would find, by number of seeds."""
    found: dict[int, list[Tex]] = {}
    several = len({one.ours.dataset for one in judged}) > 1
    for family in dict.fromkeys(map(_family, judged)):
        of = [one for one in judged if _family(one) == family]
        seeds, spread = min(one.verdict.n_seeds for one in of), _spread(experiment, *family)
        if seeds < MIN_SEEDS or not spread or not of[0].tests:
            continue
        metric = of[0].metric
        least = detectable_difference(spread, seeds, alpha=ALPHA / of[0].tests)
        shown = number(least, metric.decimals, percent=metric.percent)
        of_what = [metric.name, *([family[1]] if several and family[1] else [])]
        what = tex("#1 (#2)", shown, Tex(", ").join(names.tex(name) for name in of_what))
        found.setdefault(seeds, []).append(what)
    for seeds, listed in found.items():
        yield tex(
            "With #1 seeds, of the spread that they have over all rows, a true difference of #2 "
            "would be found four times in five",
            seeds,
            words_of(listed),
        )


def _spread(experiment: Experiment, metric: str, dataset: str | None) -> float:
    """Standard deviation over seeds, pooled over the rows of the table."""
    rows = [result for result in experiment.results if result.row.dataset == dataset]
    described = [describe(list(result.values(metric).values())) for result in rows]
    known = [(one.n - 1, one.std**2) for one in described if one.std is not None]
    freedom = sum(dof for dof, _ in known)
    return math.sqrt(math.fsum(dof * var for dof, var in known) / freedom) if freedom else 0.0

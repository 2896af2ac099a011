"""The sentences that a table or figure owes its reader: definition, spread, selection, input."""

import re
from collections.abc import Iterator, Mapping

from paperkit.latex import Tex, tex
from paperkit.report.collect import Experiment, Result
from paperkit.report.figures import curves, qualitative
from paperkit.report.figures.confusion import NOTE as CONFUSION
from paperkit.report.figures.drawings import figure_names
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity
from paperkit.report.signs import found_verdicts, method_name, sign_sentences, words_of
from paperkit.report.tables.literature import literature
from paperkit.runs import Run

__all__ = ["captions", "definitions", "setup_sentence"]


def captions(experiment: Experiment, names: Names, found: Mapping[str, Quantity]) -> dict[str, Tex]:
    r"""Return what \pkcaption{NAME} prints, by the name of the table or figure.

    Args:
        experiment: Whose tables and figures.
        names: Display names.
        found: Every number by key; the verdicts among them are explained.
    """
    name, shown = experiment.name, figure_names(experiment, names)
    cases = qualitative.note(experiment.runs, experiment.plan, shown)
    return {
        f"tab_{name}": _sentences(_table(experiment, names, found)),
        f"fig_curves_{name}": tex("#1", curves.note(experiment.plan)),
        f"fig_qualitative_{name}": tex("#1", cases),
        f"fig_confusion_{name}": tex("#1", CONFUSION),
    }


def setup_sentence(experiment: Experiment, names: Names) -> Tex:
    r"""Return what \pksetup{EXPERIMENT} prints: facts of the runs that a reader must know."""
    return _sentences(_setup(experiment, names))


def _sentences(parts: Iterator[Tex]) -> Tex:
    return Tex(" ").join(part + Tex(".") for part in parts)


def _table(experiment: Experiment, names: Names, found: Mapping[str, Quantity]) -> Iterator[Tex]:
    yield from definitions(experiment, names)
    rows = len({result.row.variant for result in experiment.results})
    yield from _repetitions(experiment)
    if experiment.plan.kind == "ablation" and rows > 1:
        yield from _references(experiment, names)
    yield from sign_sentences(experiment, found_verdicts(experiment, found), names)
    yield Tex("Best in bold, second underlined") if rows > 2 else Tex("Best in bold")
    yield from _selection(experiment, names)
    sizes_in = {result.row.input for result in experiment.results if result.row.input}
    if len(sizes_in) == 1:
        size = Tex(r"\times").join(tex("#1", n) for n in next(iter(sizes_in)))
        yield tex(r"GMACs: $10^9$ multiply-accumulate operations for one input of $#1$", size)
    if literature(experiment):
        yield Tex("Copied rows are not ranked and not tested")


def _repetitions(experiment: Experiment) -> Iterator[Tex]:
    sizes = sorted({len(result.runs) for result in experiment.results if result.runs})
    each = Tex("row and data set") if len(experiment.datasets) > 1 else Tex("row")
    if sizes == [1]:
        yield tex("One run per #1: the spread over seeds is not known", each)
    elif sizes:
        several = Tex(" or ").join(tex("$n=#1$", size) for size in sizes if size > 1)
        single = Tex(r"; without $\pm$ one run") if sizes[0] == 1 else Tex("")
        yield tex(
            r"$\pm$: standard deviation over the #1 runs of a #2 ($n-1$ in the denominator)#3",
            several,
            each,
            single,
        )


def _references(experiment: Experiment, names: Names) -> Iterator[Tex]:
    """What the differences are to; rows with settings of their own may have their own."""
    found: dict[str, Result] = {}
    for result in experiment.results:
        base = experiment.reference(result.row)
        if base is not None and base is not result:
            found.setdefault(base.row.variant, base)
    if found:
        called = [method_name(experiment, base.row, names) for base in found.values()]
        which = Tex(", whichever has the settings of the row") if len(called) > 1 else Tex("")
        yield tex(r"$\Delta$: difference to #1#2, paired by seed", words_of(called, "or"), which)


def definitions(experiment: Experiment, names: Names) -> Iterator[Tex]:
    """Yield one clause per metric; those that share a definition stay apart."""
    runs = experiment.runs
    for name in experiment.plan.metrics:
        metric = experiment.metric(name)
        if not metric.definition:
            continue
        words = metric.definition.format(
            classes=_classes(experiment, names, "averaged over"),
            then=_classes(experiment, names, "then over"),
            split=_split(runs),
            units="pixels" if _is_dense(runs) else "images",
        )
        unit = "percent" if metric.percent else metric.dimension
        yield tex("#1: #2#3", names.tex(name), words, f", in {unit}" if unit else "")


def _classes(experiment: Experiment, names: Names, how: str) -> str:
    """What the mean over classes covers, by the rule of metric_spec v1, on each data set."""
    counts: dict[str | None, int] = {}
    for run in experiment.runs:
        count = len(run.summary.per_class) if run.summary else 0
        counts[run.dataset] = max(count, counts.get(run.dataset, 0))
    if not any(counts.values()):
        return f"{how} the classes"
    if len(set(counts.values())) == 1:
        return _of_count(next(iter(counts.values())), how)
    each = [
        f"{_of_count(count, '').strip()} in {names.plain(dataset or '')}"
        for dataset, count in counts.items()
    ]
    return f"{how} the classes ({', '.join(each)})"


def _of_count(count: int, how: str) -> str:
    if count in (1, 2):
        return "for the foreground class" if how else "the foreground class"
    return f"{how} the {count} classes" if how else str(count)


def _split(runs: list[Run]) -> str:
    splits = {run.summary.split for run in runs if run.summary and run.summary.split}
    return splits.pop() if len(splits) == 1 else "test"


def _is_dense(runs: list[Run]) -> bool:
    return any("iou_set" in run.summary.metrics for run in runs if run.summary)


def _selection(experiment: Experiment, names: Names) -> Iterator[Tex]:
    chosen = {
        (run.selection.metric, run.selection.split)
        for run in experiment.runs
        if run.selection and run.selection.metric and run.selection.split
    }
    if len(chosen) == 1:
        metric, split = chosen.pop()
        where = {"val": "validation"}.get(str(split), str(split))
        yield tex("Checkpoint: the epoch with the best #1 #2", where, names.tex(str(metric)))


def _setup(experiment: Experiment, names: Names) -> Iterator[Tex]:
    runs = experiment.runs
    seeds = sorted({run.seed for run in runs if run.seed is not None})
    versions = sorted(
        {str(run.env["torch"]).partition("+")[0] for run in runs if run.env.get("torch")}
    )
    devices = sorted({str(run.env["device"]) for run in runs if run.env.get("device")})
    devices = [re.sub(r"^(cpu|mps)\b", lambda match: match[0].upper(), name) for name in devices]
    if seeds and versions and devices:
        yield tex(
            "Every #1 was trained in PyTorch #2 on #3 with #4 #5",
            "variant" if experiment.plan.kind == "ablation" else "method",
            ", ".join(versions),
            ", ".join(devices),
            "seed" if len(seeds) == 1 else "seeds",
            words_of(seeds),
        )
    yield from _selection(experiment, names)
    yield from _sizes(experiment, names)


def _sizes(experiment: Experiment, names: Names) -> Iterator[Tex]:
    sizes: dict[str | None, set[int]] = {}
    for run in experiment.runs:
        if run.summary and run.summary.n_cases:
            sizes.setdefault(run.dataset, set()).add(run.summary.n_cases)
    split = _split(experiment.runs)
    every = {size for of in sizes.values() for size in of}
    if len(sizes) == len(every) == 1:
        yield tex("The #1 set has #2 images and was evaluated once", split, every.pop())
    elif len(sizes) > 1 and all(len(of) == 1 for of in sizes.values()):
        each = [f"{min(of)} ({names.plain(name or '')})" for name, of in sizes.items()]
        yield tex("The #1 sets have #2 images and were evaluated once", split, words_of(each))

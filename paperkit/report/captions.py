"""The sentences that a table or figure owes its reader: definition, spread, selection, input."""

import re
from collections.abc import Iterator

from paperkit.latex import Tex, escape
from paperkit.report.cases import RULE
from paperkit.report.collect import Experiment
from paperkit.report.confusion import NOTE as CONFUSION
from paperkit.report.curves import NOTE
from paperkit.report.literature import literature
from paperkit.report.metrics import find_metric
from paperkit.report.names import Names
from paperkit.runs import Run

__all__ = ["captions", "setup_sentence"]

_DDOF = Tex(r"$\pm$: standard deviation over the runs of a row ($n-1$ in the denominator")


def captions(experiment: Experiment, names: Names) -> dict[str, Tex]:
    r"""Return what \pkcaption{NAME} prints, by the name of the table or figure."""
    name = experiment.name
    return {
        f"tab_{name}": _sentence(_table(experiment, names)),
        f"fig_curves_{name}": escape(NOTE),
        f"fig_qualitative_{name}": escape(RULE),
        f"fig_confusion_{name}": escape(CONFUSION),
    }


def setup_sentence(experiment: Experiment, names: Names) -> Tex:
    r"""Return what \pksetup{EXPERIMENT} prints: facts of the runs that a reader must know."""
    return _sentence(_setup(experiment, names))


def _sentence(parts: Iterator[str]) -> Tex:
    return Tex(" ".join(f"{part}." for part in parts))


def _table(experiment: Experiment, names: Names) -> Iterator[str]:
    yield from _definitions(experiment, names)
    rows = len({result.row.variant for result in experiment.results})
    several = [result for result in experiment.results if len(result.runs) > 1]
    if several:
        sizes = sorted({len(result.runs) for result in several})
        yield f"{_DDOF}; $n={', '.join(map(str, sizes))}$)"
    elif experiment.runs:
        yield "One run per row"
    if experiment.plan.kind == "ablation" and rows > 1:
        base = experiment.reference(experiment.results[0].row)
        name = names.variant(base.row, experiment.components) if base else ""
        yield rf"$\Delta$: difference to {escape(name)}, paired by seed"
    yield "Best in bold, second underlined" if rows > 2 else "Best in bold"
    yield from _selection(experiment, names)
    sizes_in = {result.row.input for result in experiment.results if result.row.input}
    if len(sizes_in) == 1:
        size = r"\times".join(str(n) for n in next(iter(sizes_in)))
        yield rf"GMACs: $10^9$ multiply-accumulate operations for one input of ${size}$"
    if literature(experiment):
        yield "Copied rows are not ranked"


def _definitions(experiment: Experiment, names: Names) -> Iterator[str]:
    """One clause per metric; metrics that share a definition up to its first word stay apart."""
    for name in experiment.plan.metrics:
        metric = find_metric(name)
        if not metric.definition:
            continue
        words = metric.definition.format(
            classes=_classes(experiment.runs, "averaged over"),
            then=_classes(experiment.runs, "then over"),
            split=_split(experiment.runs),
            units="pixels" if _is_dense(experiment.runs) else "images",
        )
        unit = ", in percent" if metric.percent else ""
        yield rf"{names.tex(name)}: {escape(words)}{escape(unit)}"


def _classes(runs: list[Run], how: str) -> str:
    """What the mean over classes covers, by the rule of metric_spec v1."""
    count = max((len(run.summary.per_class) for run in runs if run.summary), default=0)
    if count in (1, 2):
        return "for the foreground class"
    return f"{how} the {count} classes" if count else f"{how} the classes"


def _split(runs: list[Run]) -> str:
    splits = {run.summary.split for run in runs if run.summary and run.summary.split}
    return splits.pop() if len(splits) == 1 else "test"


def _is_dense(runs: list[Run]) -> bool:
    return any("iou_set" in run.summary.metrics for run in runs if run.summary)


def _selection(experiment: Experiment, names: Names) -> Iterator[str]:
    chosen = {
        (run.selection.metric, run.selection.split)
        for run in experiment.runs
        if run.selection and run.selection.metric and run.selection.split
    }
    if len(chosen) == 1:
        metric, split = chosen.pop()
        where = {"val": "validation"}.get(str(split), str(split))
        yield f"Checkpoint: the epoch with the best {where} {names.tex(str(metric))}"


def _setup(experiment: Experiment, names: Names) -> Iterator[str]:
    runs = experiment.runs
    if not runs:
        return
    seeds = sorted({run.seed for run in runs if run.seed is not None})
    versions = sorted(
        {str(run.env["torch"]).partition("+")[0] for run in runs if run.env.get("torch")}
    )
    devices = sorted({str(run.env["device"]) for run in runs if run.env.get("device")})
    devices = [re.sub(r"^(cpu|mps)\b", lambda match: match[0].upper(), name) for name in devices]
    if seeds and versions and devices:
        word = "seed" if len(seeds) == 1 else "seeds"
        made = f"PyTorch {escape(', '.join(versions))} on {escape(', '.join(devices))}"
        yield f"Every variant was trained in {made} with {word} {_and(seeds)}"
    yield from _selection(experiment, names)
    cases = sorted({run.summary.n_cases for run in runs if run.summary and run.summary.n_cases})
    if len(cases) == 1:
        yield f"The {_split(runs)} set has {cases[0]} images and was evaluated once"


def _and(values: list[int]) -> str:
    """0, 1 and 2."""
    *first, last = map(str, values)
    return f"{', '.join(first)} and {last}" if first else last

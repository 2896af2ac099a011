"""What the author should know beside the files: what is missing, too wide or not printable."""

from collections.abc import Iterable, Iterator

from paperkit.latex import is_tex_key, unprintable
from paperkit.project.nearest import nearest
from paperkit.report.files.fit import misfit
from paperkit.report.files.table import Table
from paperkit.report.material import Material
from paperkit.report.metrics import find_metric
from paperkit.report.scores import Unlike
from paperkit.report.tables.notes import filling

__all__ = ["warned"]


def warned(made: Material, shown: Iterable[Table]) -> Iterator[str]:
    """Yield one line for each; `shown` are the tables that are printed."""
    answers = made.project.answers
    if not made.experiments:
        yield "no experiment has been launched yet: paperkit run experiments/ablation.yaml"
    for experiment in made.experiments:
        for result in experiment.results:
            if result.left_out:
                name = "/".join(
                    filter(None, [experiment.name, result.row.variant, result.row.dataset])
                )
                found = f"{name}: {result.reasons()} of {len(result.row.runs)}; the table says so"
                way_out = filling(experiment, result)
                yield f"{found}; to fill it: {way_out}" if way_out else found
    yield from _unknown_metrics(made)
    yield from _undirected(made)
    yield from _unlike(made)
    for table in shown:
        if (line := misfit(table, made.venue)) is not None:
            yield line
    if odd := sorted(key for key in made.numbers if not is_tex_key(key)):
        shown_keys = ", ".join(repr(key) for key in odd[:3])
        yield (
            f"{len(odd)} numbers have no \\pk: LaTeX has no such names: {shown_keys}; name metrics "
            "and copied rows with letters, digits, '_', '.', '+' or '-' (names: in paperkit.yaml "
            "may be anything)"
        )
    texts = [*made.names.given.values(), str(answers.get("project_name", ""))]
    for text in [*texts, str(answers.get("author", ""))]:
        if lost := unprintable(text):
            yield f"'{text}': pdfLaTeX cannot print {' '.join(lost)}; it is shown as U+XXXX"


def _unknown_metrics(made: Material) -> Iterator[str]:
    """What paperkit.yaml says of metrics that no experiment has, which may be a misspelt name."""
    given = made.project.settings.metrics
    known = {name for experiment in made.experiments for name in experiment.plan.metrics}
    if given.keys() - known:
        known |= {str(run.selection.metric) for run in made.runs if run.selection}
    for name in given:
        if name not in known:
            end = nearest(name, sorted(known))
            yield f"paperkit.yaml: metrics.{name}: no experiment has this metric{end}"


def _undirected(made: Material) -> Iterator[str]:
    """Metrics of which nobody has said which way is better: a wrong guess turns every claim."""
    given = made.project.settings.metrics
    names = dict.fromkeys(name for item in made.experiments for name in item.plan.metrics)
    for name in names:
        metric = find_metric(name)
        if not metric.definition and (name not in given or given[name].better is None):
            way = "more" if metric.higher else "less"
            yield (
                f"{name}: paperkit does not know this metric and takes {way} for better; "
                f"paperkit.yaml says it: metrics: {{{name}: {{better: "
                f"{'higher' if metric.higher else 'lower'}, definition: ...}}}}"
            )


def _unlike(made: Material) -> Iterator[str]:
    """Runs whose cases are not those of their results: one of the two files is wrong."""
    found: dict[tuple[str, str], dict[str, Unlike]] = {}
    for judged in filter(None, (quantity.judged for quantity in made.numbers.values())):
        for one in judged.unlike:
            experiment = one.run.partition("/")[0]
            found.setdefault((experiment, judged.metric.name), {})[one.run] = one
    for (experiment, metric), runs in found.items():
        first, word = runs[min(runs)], "run" if len(runs) == 1 else "runs"
        yield (
            f"{experiment}: cases.csv and summary.json disagree on {metric} in {len(runs)} {word}, "
            f"such as {first.run}: {first.cases:.4f} and {first.logged:.4f}; tests over the images "
            "are left out"
        )

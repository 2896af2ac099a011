"""The comparison table: methods as rows, cited; data sets as groups of metrics; cost."""

from paperkit.latex import Tex, escape
from paperkit.report.citations import Citations
from paperkit.report.collect import Experiment
from paperkit.report.columns import Frame, cost_columns, metric_columns
from paperkit.report.literature import Literature, literature
from paperkit.report.names import Names
from paperkit.report.notes import COPIED, Notes
from paperkit.report.quantity import Quantity
from paperkit.report.table import Cell, Column, Table

__all__ = ["comparison_table"]

_NUMBER = "[00]"  # what \cite prints, for the estimate of the width


def comparison_table(
    experiment: Experiment, found: dict[str, Quantity], names: Names, citations: Citations
) -> Table:
    """Return the table of a comparison: rows copied from papers first, then the plan's order."""
    copied = tuple(literature(experiment))
    methods = tuple(dict.fromkeys(result.row.variant for result in experiment.results))
    notes = Notes(experiment)
    frame = Frame(experiment, (*copied, *methods), found, names, notes)
    cells = tuple(_method(frame, row, citations) for row in frame.rows)
    ids = tuple(row.name if isinstance(row, Literature) else row for row in frame.rows)
    columns = [Column(Cell(Tex("Method"), "Method"), cells, align="l", data=(("method", ids),))]
    for dataset in experiment.datasets:
        columns += metric_columns(frame, dataset, delta=False)
    columns += cost_columns(frame)
    rules = {len(copied)} if copied and methods else set()
    if len(methods) > 1 and _is_ours(experiment, methods[-1]):
        rules.add(len(frame.rows) - 1)
    return Table(f"tab_{experiment.name}", tuple(columns), frozenset(rules), notes.listed())


def _method(frame: Frame, row: str | Literature, citations: Citations) -> Cell:
    if isinstance(row, Literature):
        keys = citations.known([row.cite] if row.cite else [])
        return _named(frame.names.plain(row.name), keys, frame.notes.letter(COPIED))
    results = [result for result in frame.experiment.results if result.row.variant == row]
    ours = _is_ours(frame.experiment, row)
    runs = [run for result in results for run in result.runs if not ours]
    return _named(frame.names.plain(row), citations.of_model(runs))


def _named(name: str, keys: list[str], note: str = "") -> Cell:
    tex = Tex(rf"{escape(name)}~\cite{{{','.join(keys)}}}") if keys else escape(name)
    return Cell(tex, name + (_NUMBER if keys else ""), note=note)


def _is_ours(experiment: Experiment, variant: str) -> bool:
    rows = [result.row for result in experiment.results if result.row.variant == variant]
    return variant == "ours" or any(row.plugs for row in rows)

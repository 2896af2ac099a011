"""The ablation table: a check mark per component, metrics, differences to the baseline, cost."""

from itertools import chain

from paperkit.latex import Tex
from paperkit.report.collect import Experiment
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity
from paperkit.report.tables.columns import Frame, cost_columns, metric_columns, text_cell
from paperkit.report.tables.notes import Notes
from paperkit.runs import Row

__all__ = ["ablation_table"]

_YES, _NO = Cell(Tex(r"\pkyes{}"), "xx"), Cell(Tex(r"\pkno{}"), "")


def ablation_table(experiment: Experiment, found: dict[str, Quantity], names: Names) -> Table:
    """Return the table of an ablation; rows in the order of the plan."""
    rows = {result.row.variant: result.row for result in experiment.results}
    notes = Notes(experiment)
    frame = Frame(experiment, tuple(rows), found, names, notes)
    runs = tuple(_ids(experiment, variant) for variant in rows)
    columns = [*_name_columns(experiment, list(rows.values()), names)]
    for component in experiment.components:
        on = [component in row.on for row in rows.values()]
        cells = tuple(_YES if active else _NO for active in on)
        data = ((component, tuple(float(active) for active in on)),)
        head = text_cell(names.component(component))
        columns.append(Column(head, cells, align="c", data=data, runs=runs))
    for dataset in experiment.datasets:
        columns += metric_columns(frame, dataset, delta=len(rows) > 1)
    columns += cost_columns(frame)
    return Table(f"tab_{experiment.name}", tuple(columns), notes=notes.listed())


def _ids(experiment: Experiment, variant: str) -> tuple[str, ...]:
    of = (result.ids() for result in experiment.results if result.row.variant == variant)
    return tuple(chain.from_iterable(of))


def _name_columns(experiment: Experiment, rows: list[Row], names: Names) -> list[Column]:
    """Names of the rows; printed only where the check marks do not tell the rows apart."""
    shown = [names.variant(row, experiment.components) for row in rows]
    ids = ("variant", tuple(row.variant for row in rows))
    marks_tell = bool(experiment.components) and len({row.on for row in rows}) == len(rows)
    cells = tuple(text_cell(name) for name in shown)
    head = text_cell("Variant")
    return [Column(head, cells, align="l", printed=not marks_tell, data=(ids,))]

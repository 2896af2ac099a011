"""The table per class: classes as rows, variants as columns, means over their runs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from paperkit.latex import Tex, escape, number, tex
from paperkit.project.venue import Venue
from paperkit.report.collect import Experiment, Result
from paperkit.report.files.fit import fit
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.names import Names
from paperkit.report.signs import words_of
from paperkit.report.tables.columns import text_cell
from paperkit.report.tables.notes import Notes
from paperkit.stats import best_and_second, describe

__all__ = ["perclass_tables"]

MOST = 20  # classes; more is no table to read
FEWEST = {"iou_set": 3, "f1_set": 2}  # of two classes of pixels, the background is of no interest
_ONE = {  # what a mean over the classes is called for one class
    "iou_set": ("IoU", "intersection over union of each class, pooled over the test set"),
    "f1_set": ("F1", "F1 score of each class, pooled over the test set"),
}


@dataclass(frozen=True)
class _Shown:
    """What one table is about: a data set, its metric and its rows with their values."""

    dataset: str | None
    metric: str
    classes: tuple[str, ...]
    results: tuple[Result, ...]

    def mean(self, result: Result, name: str) -> float | None:
        """The mean over a row's runs; None where none of them defines it."""
        rows = [run.summary.per_class.get(name, {}) for run in result.runs if run.summary]
        values = [row.get(self.metric) for row in rows]
        return describe([value for value in values if value is not None]).mean


def perclass_tables(experiment: Experiment, names: Names, venue: Venue) -> Iterator[Table]:
    """Yield tab_perclass_EXPERIMENT; with several data sets, one table for each of them.

    Where the variants do not fit the page, only the first and the last are printed; the CSV file
    has all. Nothing where there are too few or too many classes.
    """
    for shown in _shown(experiment):
        table = _table(experiment, shown, names)
        if not fit(table, venue).fits:
            outer = {0, 1, len(table.columns) - 1}
            columns = [replace(c, printed=i in outer) for i, c in enumerate(table.columns)]
            table = replace(table, columns=tuple(columns))
        yield table


def _note(shown: _Shown) -> Tex:
    name, meaning = _ONE[shown.metric]
    runs = sorted({len(result.runs) for result in shown.results})
    parts = [tex("#1: #2, in percent.", name, meaning)]
    if runs[-1] > 1:
        parts.append(tex("Means over the #1 runs of a column.", words_of(runs, "or")))
    if len(shown.results) > 1:
        parts.append(Tex("Best of each class in bold."))
    return Tex(" ").join(parts)


def _shown(experiment: Experiment) -> Iterator[_Shown]:
    for dataset in experiment.datasets:
        every = [r for r in experiment.results if r.row.dataset == dataset and r.runs]
        listed = [run.summary.per_class for r in every for run in r.runs if run.summary]
        classes = tuple(dict.fromkeys(name for values in listed for name in values))
        for metric, fewest in FEWEST.items():
            measured = any(metric in value for values in listed for value in values.values())
            if measured and fewest <= len(classes) <= MOST:
                yield _Shown(dataset, metric, classes, tuple(every))


def _table(experiment: Experiment, shown: _Shown, names: Names) -> Table:
    notes, group = Notes(experiment, metrics=()), f"{_ONE[shown.metric][0]} (%)"
    values = [[shown.mean(result, name) for name in shown.classes] for result in shown.results]
    best = [_best(list(row)) for row in zip(*values, strict=True)]
    first = tuple(text_cell(names.given.get(name, name)) for name in shown.classes)
    columns = [Column(text_cell("Class"), first, align="l", data=(("class", shown.classes),))]
    for i, result in enumerate(shown.results):
        cells = tuple(_cell(v, best=i in of) for v, of in zip(values[i], best, strict=True))
        head = _head(names.variant(result.row, experiment.components), notes.result(result))
        data = ((f"{result.row.variant}/{shown.metric}", tuple(values[i])),)
        runs = (result.ids(),) * len(cells)
        columns.append(Column(head, cells, group=group, data=data, runs=runs))
    return Table(
        _name(experiment, shown), tuple(columns), notes=notes.listed(), caption=_note(shown)
    )


def _name(experiment: Experiment, shown: _Shown) -> str:
    several = len(experiment.datasets) > 1 and shown.dataset
    return f"tab_perclass_{experiment.name}" + (f"_{shown.dataset}" if several else "")


def _head(name: str, note: str) -> Cell:
    return Cell(escape(name), name + note, note=note)


def _best(values: list[float | None]) -> set[int]:
    return best_and_second(values, [_percent(value) for value in values], higher=True)[0]


def _percent(value: float | None) -> Tex:
    return number(value, 2, percent=True)


def _cell(value: float | None, *, best: bool) -> Cell:
    shown = _percent(value)
    exact = None if value is None else 100 * value
    return Cell(shown, shown, mark="best" if best else "", number=exact)

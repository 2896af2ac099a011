r"""tab_sensitivity_EXPERIMENT: results over the values of one hyper-parameter, or of two.

A value that is chosen by looking at test results is no result any more. So what is marked is the
best on validation, as the runs recorded it when they chose their checkpoints; test results beside
it carry no marks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from paperkit.latex import Tex, escape, tex
from paperkit.project.venue import Venue
from paperkit.project.yamlfile import flow
from paperkit.report.captions import definitions
from paperkit.report.collect import Experiment, Result
from paperkit.report.files.fit import fit
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.names import Names
from paperkit.report.signs import words_of
from paperkit.report.tables.measured import (
    Data,
    described_cell,
    described_data,
    metric_head,
    metric_unit,
    value_cell,
)
from paperkit.report.tables.notes import Notes
from paperkit.report.tables.sweeps import Sweep, Validation, point_id, safe_name, sweeps
from paperkit.stats import Described, describe

__all__ = ["sensitivity_tables"]

_NAMES = {"optim.lr": "Learning rate"}
NONE = Described(None, None, 0)


def sensitivity_tables(experiment: Experiment, names: Names, venue: Venue) -> Iterator[Table]:
    """Yield the tables of an experiment; none without a grid and without rows that set a key.

    Two keys give a matrix for each model and data set; any other number gives a list. Where the
    metrics of a list do not fit the page, only the first is printed; the CSV file has all.
    """
    families = sweeps(experiment, names)
    for family in families:
        name = f"tab_sensitivity_{experiment.name}"
        if len(families) > 1:
            name += f"_{safe_name(family[0].keys[0])}"
        if len(family[0].keys) != 2:
            shown = _Shown(experiment, names, name, tuple(family))
            table = _list(shown)
            yield table if fit(table, venue).fits else _list(shown, most=1)
            continue
        for sweep in family:
            parts = [sweep.variant, *([sweep.dataset] if sweep.dataset else [])]
            own = "".join(f"_{safe_name(part)}" for part in parts) if len(family) > 1 else ""
            yield _matrix(_Shown(experiment, names, name + own, (sweep,)))


@dataclass(frozen=True)
class _Shown:
    """What one table is about."""

    experiment: Experiment
    names: Names
    name: str
    sweeps: tuple[Sweep, ...]

    def head(self, key: str) -> str:
        """What a key is called."""
        last = key.rpartition(".")[2]
        given = self.names.given
        fallback = _NAMES.get(key) or last.replace("_", " ").capitalize()
        return given.get(key) or given.get(last) or fallback

    def group(self, sweep: Sweep) -> str:
        """What stands over a sweep's columns: model and data set, as far as they differ."""
        models = {other.variant for other in self.sweeps}
        sets = {other.dataset for other in self.sweeps}
        parts = [sweep.name] if len(models) > 1 else []
        parts += [self.names.plain(sweep.dataset)] if sweep.dataset and len(sets) > 1 else []
        return ", ".join(parts)

    def path(self, sweep: Sweep) -> str:
        """What the headers of a sweep's columns begin with in the CSV file."""
        several = len(self.sweeps) > 1
        parts = [sweep.variant, sweep.dataset or ""] if several else []
        return "".join(f"{part}/" for part in parts if part)


def _list(shown: _Shown, *, most: int | None = None) -> Table:
    """Values as rows; for each sweep, what it scored on validation and `most` metrics."""
    notes = Notes(shown.experiment, told=shown.sweeps[0].keys)
    rows = {point_id(values): values for sweep in shown.sweeps for values, _ in sweep.points}
    found = shown.sweeps[0].validation() if len(shown.sweeps) == 1 else None
    marks = ["best" if found and key in found.best else "" for key in rows]
    of_sweeps = [_runs(sweep, list(rows)) for sweep in shown.sweeps]
    runs = tuple(tuple(chain.from_iterable(of)) for of in zip(*of_sweeps, strict=True))
    columns = [
        replace(
            _key_column(shown, key, [values[place] for values in rows.values()], marks), runs=runs
        )
        for place, key in enumerate(shown.sweeps[0].keys)
    ]
    for sweep in shown.sweeps:
        columns += _validation_columns(shown, sweep, list(rows))
        for i, name in enumerate(shown.experiment.plan.metrics):
            column = _metric_column(shown, sweep, name, list(rows), notes if i == 0 else None)
            columns.append(replace(column, printed=most is None or i < most))
    return Table(shown.name, tuple(columns), notes=notes.listed(), caption=_caption(shown))


def _key_column(shown: _Shown, key: str, values: Sequence[Any], marks: Sequence[str]) -> Column:
    """The values of a key; the chosen one is marked."""
    cells = [replace(value_cell(v), mark=m) for v, m in zip(values, marks, strict=True)]
    align = "r" if all(cell.number is not None for cell in cells) else "l"
    head = shown.head(key)
    data = (
        (
            key,
            tuple(
                flow(v) if c.number is None else c.number
                for v, c in zip(values, cells, strict=True)
            ),
        ),
    )
    return Column(Cell(escape(head), head), tuple(cells), align=align, data=data)


def _metric_column(
    shown: _Shown, sweep: Sweep, name: str, rows: Sequence[str], notes: Notes | None
) -> Column:
    metric, results = shown.experiment.metric(name), sweep.results()
    of = [_described(results.get(key), name) for key in rows]
    letters = [notes.result(results[key]) if notes and key in results else "" for key in rows]
    cells = [described_cell(d, metric, note=note) for d, note in zip(of, letters, strict=True)]
    return Column(
        metric_head(shown.names.plain(name), metric),
        tuple(cells),
        metric_unit(metric),
        shown.group(sweep),
        data=described_data(f"{shown.path(sweep)}{name}", of),
        runs=_runs(sweep, rows),
    )


def _validation_columns(shown: _Shown, sweep: Sweep, rows: Sequence[str]) -> Iterator[Column]:
    found = sweep.validation()
    if found is None:
        return
    metric = replace(shown.experiment.metric(found.metric), higher=found.higher)
    of = [found.found.get(key, NONE) for key in rows]
    marks = ["best" if key in found.best else "" for key in rows]
    cells = [described_cell(d, metric, mark=mark) for d, mark in zip(of, marks, strict=True)]
    path = shown.path(sweep)
    yield Column(
        metric_head(f"Val. {shown.names.plain(found.metric)}", metric),
        tuple(cells),
        metric_unit(metric),
        shown.group(sweep),
        data=_validation_data(path, found, rows),
        runs=_runs(sweep, rows),
    )


def _runs(sweep: Sweep, rows: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    results = sweep.results()
    return tuple(results[key].ids() if key in results else () for key in rows)


def _validation_data(path: str, found: Validation, rows: Sequence[str]) -> Data:
    of = [found.found.get(key, NONE) for key in rows]
    chosen = (f"{path}chosen", tuple(float(key in found.best) for key in rows))
    return (*described_data(f"{path}validation/{found.metric}", of), chosen)


def _matrix(shown: _Shown) -> Table:
    """The first metric over two keys: values of the first as rows, of the second as columns."""
    (sweep,) = shown.sweeps
    down, across = sweep.axis(0), sweep.axis(1)
    notes = Notes(shown.experiment, metrics=shown.experiment.plan.metrics[:1], told=sweep.keys)
    columns = [_key_column(shown, sweep.keys[0], down, [""] * len(down))]
    columns += [
        _matrix_column(shown, value, [point_id((other, value)) for other in down], notes)
        for value in across
    ]
    return Table(shown.name, tuple(columns), notes=notes.listed(), caption=_caption(shown))


def _matrix_column(shown: _Shown, value: Any, rows: Sequence[str], notes: Notes) -> Column:
    (sweep,), name = shown.sweeps, shown.experiment.plan.metrics[0]
    column = _metric_column(shown, sweep, name, rows, notes)
    found, key = sweep.validation(), sweep.keys[1]
    marks = ["best" if found and row in found.best else "" for row in rows]
    cells = tuple(replace(c, mark=m) for c, m in zip(column.cells, marks, strict=True))
    path = f"{key}={flow(value)}/"
    data = tuple((f"{path}{header}", values) for header, values in column.data)
    data += _validation_data(path, found, rows) if found else ()
    runs = column.runs
    return Column(value_cell(value), cells, group=shown.head(key), data=data, runs=runs)


def _described(result: Result | None, metric: str) -> Described:
    return describe(list(result.values(metric).values())) if result else NONE


def _caption(shown: _Shown) -> Tex:
    results = [result for sweep in shown.sweeps for _, result in sweep.points]
    parts = [_model(shown)] if len(shown.sweeps) == 1 else []
    meanings = [part + Tex(".") for part in definitions(shown.experiment, shown.names)]
    if len(shown.sweeps[0].keys) == 2:
        first = shown.experiment.plan.metrics[0]
        known = bool(shown.experiment.metric(first).definition)
        meanings = meanings[:1] if known else [shown.names.tex(first) + Tex(".")]
    parts += meanings
    sizes = sorted({len(result.runs) for result in results if result.runs})
    if sizes and sizes[-1] > 1:
        spread = tex(
            r"$\pm$: standard deviation over the #1 runs of a value ($n-1$ in the denominator).",
            words_of(sizes, "or"),
        )
        parts.append(spread)
    elif sizes:
        parts.append(Tex("One run per value."))
    return Tex(" ").join([*parts, _choice(shown, results)])


def _model(shown: _Shown) -> Tex:
    (sweep,) = shown.sweeps
    if sweep.dataset is None or len(shown.experiment.datasets) < 2:
        return tex("Model: #1.", sweep.name)
    return tex("Model: #1, on #2.", sweep.name, shown.names.tex(sweep.dataset))


def _choice(shown: _Shown, results: Sequence[Result]) -> Tex:
    """What the bold value was chosen by; without that, that nothing may be chosen."""
    splits = {run.summary.split for r in results for run in r.runs if run.summary} - {None}
    split = str(splits.pop()) if len(splits) == 1 else "test"
    found = [sweep.validation() for sweep in shown.sweeps]
    metrics = {validation.metric if validation else None for validation in found}
    if None in metrics or len(metrics) != 1:
        warning = "" if split == "val" else "; do not choose by it"
        return tex("Measured on the #1 split#2.", split, warning)
    if not any(validation and validation.best for validation in found):
        return tex("On validation, no value has a better #1.", shown.names.tex(str(metrics.pop())))
    apart = "" if split == "val" else f"; the {split} split took no part in it"
    return tex(
        "In bold: the choice by the mean #1 on validation, at the epoch of each run's "
        "checkpoint#2.",
        shown.names.tex(str(metrics.pop())),
        apart,
    )

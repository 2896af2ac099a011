"""The comparison table: methods as rows, cited; data sets as groups of metrics; cost."""

from dataclasses import replace
from itertools import chain

from paperkit.latex import Tex, escape, is_tex_key, number, tex, tex_key
from paperkit.report.cited.citations import Citations
from paperkit.report.collect import Experiment, Result
from paperkit.report.files.table import NOTHING, Cell, Column, Table
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity
from paperkit.report.tables.columns import Frame, cost_columns, metric_columns
from paperkit.report.tables.literature import Literature, literature
from paperkit.report.tables.notes import COPIED, Notes
from paperkit.report.tables.ranks import Ranking, rank_data_sets, rank_sentence
from paperkit.stats import best_and_second

__all__ = ["comparison_table"]

_NUMBER = "[00]"  # what \cite prints, for the estimate of the width
_UNCITED = Tex(r"\textbf{[cite?]}")


def comparison_table(
    experiment: Experiment, found: dict[str, Quantity], names: Names, citations: Citations
) -> Table:
    """Return the table of a comparison: rows copied from papers first, then the plan's order.

    With several data sets it has the average rank of every method that has a result on all.
    """
    copied = tuple(literature(experiment))
    methods = _methods(experiment)
    notes = Notes(experiment)
    frame = Frame(experiment, (*copied, *methods), found, names, notes)
    cells = tuple(
        _copied(frame, row, citations)
        if isinstance(row, Literature)
        else _method(frame, methods[row], citations)
        for row in frame.rows
    )
    ids = tuple(row.name if isinstance(row, Literature) else row for row in frame.rows)
    columns = [Column(Cell(Tex("Method"), "Method"), cells, align="l", data=(("method", ids),))]
    for dataset in experiment.datasets:
        columns += metric_columns(frame, dataset, delta=False)
    ranking = rank_data_sets(experiment)
    caption = NOTHING
    if ranking is not None:
        columns.append(_rank_column(frame, ranking))
        caption = rank_sentence(ranking, names.tex(ranking.metric))
    columns += cost_columns(frame)
    rules = {len(copied)} if copied and methods else set()
    if len(methods) > 1 and _is_ours(list(methods.values())[-1]):
        rules.add(len(frame.rows) - 1)
    return Table(
        f"tab_{experiment.name}", tuple(columns), frozenset(rules), notes.listed(), caption
    )


def _methods(experiment: Experiment) -> dict[str, list[Result]]:
    """{method: its results}, in the order of the plan."""
    found: dict[str, list[Result]] = {}
    for result in experiment.results:
        found.setdefault(result.row.variant, []).append(result)
    return found


def _method(frame: Frame, results: list[Result], citations: Citations) -> Cell:
    """Name and citation, with the footnotes that hold on every data set."""
    name, keys = frame.names.plain(results[0].row.variant), []
    if not _is_ours(results):
        keys = citations.of_model([run for result in results for run in result.runs])
    cell = _cited(name, keys) if keys else Cell(escape(name), name)
    return replace(cell, note=frame.notes.everywhere(results))


def _copied(frame: Frame, row: Literature, citations: Citations) -> Cell:
    """A copied number that nobody can look up is marked, and a finding of `report --check`."""
    name = frame.names.plain(row.name)
    if row.cite is None:
        citations.missing[row.name] = "its copied row has no cite: KEY"
    keys = citations.known([row.cite] if row.cite else [])
    return replace(_cited(name, keys), note=frame.notes.letter(COPIED))


def _cited(name: str, keys: list[str]) -> Cell:
    safe = [tex_key(key) for key in keys if is_tex_key(key)]
    mark = tex(r"\cite{#1}", Tex(",").join(safe)) if safe else _UNCITED
    return Cell(tex("#1~#2", name, mark), name + (_NUMBER if safe else "[cite?]"))


def _rank_column(frame: Frame, ranking: Ranking) -> Column:
    """Average ranks, less is better; copied rows and rows with a gap have none."""
    ranks = [None if isinstance(r, Literature) else ranking.ranks.get(r) for r in frame.rows]
    shown = [number(rank, 2) for rank in ranks]
    best, second = best_and_second(ranks, shown, higher=False)
    marks = ["best" if i in best else "second" if i in second else "" for i in range(len(ranks))]
    cells = tuple(
        Cell(tex, tex, mark=mark, number=rank)
        for tex, mark, rank in zip(shown, marks, ranks, strict=True)
    )
    within = [ranking.intervals.get(r) if isinstance(r, str) else None for r in frame.rows]
    data = (
        ("rank", tuple(ranks)),
        ("rank/low", tuple(pair and pair[0] for pair in within)),
        ("rank/high", tuple(pair and pair[1] for pair in within)),
    )
    head = Cell(Tex(r"Avg.~rank\,\ensuremath{\downarrow}"), "Avg. rankxx")
    # a rank is one among all methods
    every = tuple(chain.from_iterable(result.ids() for result in frame.experiment.results))
    return Column(head, cells, data=data, runs=tuple(() if r is None else every for r in ranks))


def _is_ours(results: list[Result]) -> bool:
    return any(result.row.variant == "ours" or result.row.plugs for result in results)

"""Every table that the runs allow, kind by kind, with the sentences that it owes its reader."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from paperkit.latex import Tex
from paperkit.report.captions import captions
from paperkit.report.collect import Experiment
from paperkit.report.files.table import Table
from paperkit.report.material import Material
from paperkit.report.tables.ablation import ablation_table
from paperkit.report.tables.appendix import statistics_tables
from paperkit.report.tables.comparison import comparison_table
from paperkit.report.tables.cost import cost_table
from paperkit.report.tables.dataset_table import dataset_table
from paperkit.report.tables.perclass import perclass_tables
from paperkit.report.tables.sensitivity import sensitivity_tables

__all__ = ["sentences", "tables"]


def tables(made: Material) -> list[Table]:
    """Return the tables; what a table says of itself follows what its experiment says."""
    said = _said(made)
    return [
        replace(table, caption=Tex(" ").join(filter(None, [said.get(table.name), table.caption])))
        for table in _every(made)
    ]


def sentences(made: Material, shown: Iterable[Table]) -> dict[str, Tex]:
    r"""Return what \pkcaption{NAME} prints, by the name of the table or figure."""
    return _said(made) | {table.name: table.caption for table in shown if table.caption}


def _said(made: Material) -> dict[str, Tex]:
    found = [captions(item, made.names, made.numbers) for item in made.experiments]
    return {name: said for one in found for name, said in one.items()}


def _every(made: Material) -> Iterator[Table]:
    every, names, numbers = made.experiments, made.names, made.numbers
    yield from (_main(item, made) for item in every if not _only_settings(item))
    for item in every:
        yield from perclass_tables(item, names, made.venue)
    for item in every:
        yield from sensitivity_tables(item, names, made.venue)
    yield from filter(None, (cost_table(item, numbers, names) for item in every))
    for item in every:
        yield from statistics_tables(item, numbers, names)
    yield from (found.table for found in made.spots)
    data = dataset_table(list(every), made.project.root, names, made.citations)
    yield from filter(None, [data])


def _only_settings(experiment: Experiment) -> bool:
    """Whether the sensitivity table is its table: a ranking of settings by the test set is none."""
    plan = experiment.plan
    return plan.kind == "ablation" and not plan.components and bool(plan.spec.get("grid"))


def _main(experiment: Experiment, made: Material) -> Table:
    if experiment.plan.kind == "comparison":
        return comparison_table(experiment, made.numbers, made.names, made.citations)
    return ablation_table(experiment, made.numbers, made.names)

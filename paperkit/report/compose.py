"""Compute the whole report in memory: every text of paper/generated/, and the figures to draw."""

from dataclasses import dataclass, field

from paperkit.latex import escape
from paperkit.project import Project
from paperkit.project.venue import Venue
from paperkit.report.captions import setup_sentence
from paperkit.report.choice import chosen, unknown
from paperkit.report.figures.drawings import Drawing, drawings
from paperkit.report.files.fit import fit
from paperkit.report.files.office import documents
from paperkit.report.files.table import Table
from paperkit.report.files.table_csv import table_csv
from paperkit.report.files.table_md import table_md
from paperkit.report.files.table_tex import table_tex
from paperkit.report.macros import Macros, macros_tex
from paperkit.report.material import Material, gather
from paperkit.report.provenance import digest, run_files
from paperkit.report.quantity import Quantity
from paperkit.report.tables.kinds import sentences, tables
from paperkit.report.text import drafts, open_places
from paperkit.report.warned import warned
from paperkit.runs import Run, no_collector

__all__ = ["Composed", "compose"]


@dataclass(frozen=True)
class Composed:
    """The report as data.

    Attributes:
        texts: Content by file name.
        drawings: The figures.
        numbers: Every number by key.
        runs: Every run that a number comes from.
        inputs: Digest of everything that the texts are made from.
        warnings: What the author should know.
        uncited: What is used without a citation; a finding for `report --check`.
        todos: Places of the text that the author has yet to write, by key.
        tables: What the texts of the tables are written from.
    """

    venue: Venue
    texts: dict[str, str]
    drawings: list[Drawing]
    numbers: dict[str, Quantity]
    runs: list[Run]
    inputs: str
    warnings: list[str] = field(default_factory=list)
    uncited: list[str] = field(default_factory=list)
    todos: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    @property
    def date(self) -> str | None:
        """When the last of the runs ended."""
        return max((run.ended for run in self.runs if run.ended), default=None)


@no_collector()
def compose(project: Project, venue: str | None = None) -> Composed:
    """Compute the report of a project; writes nothing. Raises UserError: see gather."""
    made = gather(project, venue)
    every = tables(made)
    wanted = chosen(project.settings.tables, [table.name for table in every])
    shown = [table for table in every if table.name in wanted]
    figures = list(drawings(project, list(made.experiments), made.venue, made.names))
    drawn = chosen(project.settings.figures, [figure.name for figure in figures])
    written = drafts(project, list(made.experiments), made.names, made.numbers, made.citations)
    texts = {**_table_texts(made, shown), "macros.tex": _macros(made, shown), **written.texts}
    texts["references.bib"] = made.citations.bib()
    return Composed(
        venue=made.venue,
        texts=texts,
        drawings=[*(figure for figure in figures if figure.name in drawn), *documents(shown)],
        numbers=made.numbers,
        runs=made.runs,
        inputs=_inputs(made),
        warnings=[
            *warned(made, shown),
            *unknown("tables", project.settings.tables, [table.name for table in every]),
            *unknown("figures", project.settings.figures, [figure.name for figure in figures]),
            *written.warnings,
            *made.citations.duplicates(),
        ],
        uncited=sorted(
            f"{what} is used without a citation: {why}"
            for what, why in made.citations.missing.items()
        ),
        todos=open_places(written.texts, project.root / "paper"),
        tables=shown,
    )


def _table_texts(made: Material, shown: list[Table]) -> dict[str, str]:
    """The tables as LaTeX, CSV and Markdown, and what else is told with them."""
    texts = {}
    for table in shown:
        texts[f"{table.name}.tex"] = table_tex(table, made.venue)
        texts[f"{table.name}.csv"] = table_csv(table)
        texts[f"{table.name}.md"] = table_md(table)
    printed = {table.name for table in shown}
    for found in made.spots:
        texts |= found.texts if found.table.name in printed else {}
    return texts


def _macros(made: Material, shown: list[Table]) -> str:
    answers, names = made.project.answers, made.names
    cites = {item.name: made.citations.sentence(item.runs, names) for item in made.experiments}
    if made.runs:
        cites["all"] = made.citations.sentence(made.runs, names)
    macros = Macros(
        title=escape(str(answers.get("project_name", made.project.package))),
        author=escape(str(answers.get("author", "Anonymous"))),
        captions=sentences(made, shown),
        setups={item.name: setup_sentence(item, names) for item in made.experiments},
        cites={name: sentence for name, sentence in cites.items() if sentence},
        wide=[table.name for table in shown if fit(table, made.venue).wide],
    )
    return macros_tex(made.numbers, macros)


def _inputs(made: Material) -> str:
    answers = {key: made.project.answers.get(key) for key in ("project_name", "author")}
    runs = {run.id: run_files(run) for run in made.runs}
    plans = [repr(item.plan) for item in made.experiments]
    metrics = sorted(map(repr, made.project.settings.metrics.items()))
    return digest([made.venue.name, made.names.given, answers, plans, runs, metrics])

"""Compute the whole report in memory: every text of paper/generated/, and the figures to draw."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from paperkit.latex import Tex, escape, unprintable
from paperkit.project import Project
from paperkit.report.ablation import ablation_table
from paperkit.report.appendix import statistics_tables
from paperkit.report.captions import captions, setup_sentence
from paperkit.report.choice import chosen, unknown
from paperkit.report.citations import Citations
from paperkit.report.collect import Experiment, collect
from paperkit.report.comparison import comparison_table
from paperkit.report.cost import cost_table
from paperkit.report.dataset_table import dataset_table
from paperkit.report.drawings import Drawing, drawings
from paperkit.report.fit import fit, misfit
from paperkit.report.macros import Macros, macros_tex
from paperkit.report.names import Names
from paperkit.report.office import documents
from paperkit.report.perclass import perclass_tables
from paperkit.report.provenance import digest, run_files
from paperkit.report.quantity import Quantity, quantities
from paperkit.report.sensitivity import sensitivity_tables
from paperkit.report.table import Table
from paperkit.report.table_csv import table_csv
from paperkit.report.table_md import table_md
from paperkit.report.table_tex import table_tex
from paperkit.report.text import drafts, open_places
from paperkit.report.venue import Venue, find_venue
from paperkit.report.where import where
from paperkit.runs import Run

__all__ = ["Composed", "compose"]

DEFAULT_VENUE = "ieee-journal"


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


def compose(project: Project, venue: str | None = None) -> Composed:
    """Compute the report of a project; writes nothing.

    Raises:
        UserError: A plan or paperkit.yaml is wrong, the venue is unknown, or a checkpoint was
            chosen on the test set.
    """
    place = find_venue(
        venue or project.settings.venue or project.answers.get("venue") or DEFAULT_VENUE
    )
    experiments = collect(project.root / "runs")
    compared = [item.plan.rows for item in experiments if item.plan.kind == "comparison"]
    names = Names(project.settings.names, [row for rows in compared for row in rows])
    runs = [run for experiment in experiments for run in experiment.runs]
    citations = Citations(runs, project.root / "paper" / "refs.bib")
    numbers = {key: q for item in experiments for key, q in quantities(item).items()}
    spots = [found for item in experiments for found in where(item, names)]
    numbers |= {key: q for found in spots for key, q in found.numbers.items()}
    tables = [*_tables(experiments, numbers, names, citations, place)]
    tables += [found.table for found in spots]
    tables += filter(None, [dataset_table(experiments, project.root, names, citations)])
    asked = list(unknown("tables", project.settings.tables, [table.name for table in tables]))
    wanted = chosen(project.settings.tables, [table.name for table in tables])
    tables = [table for table in tables if table.name in wanted]
    figures = list(drawings(project, experiments, place, names))
    asked += unknown("figures", project.settings.figures, [figure.name for figure in figures])
    wanted_figures = chosen(project.settings.figures, [figure.name for figure in figures])
    texts = {f"{table.name}.tex": table_tex(table, place) for table in tables}
    texts |= {f"{table.name}.csv": table_csv(table) for table in tables}
    sentences = _captions(experiments, tables, names, numbers)
    read = [replace(table, caption=sentences.get(table.name, table.caption)) for table in tables]
    texts |= {f"{table.name}.md": table_md(table) for table in read}
    for found in spots:
        texts |= found.texts if found.table.name in wanted else {}
    texts["macros.tex"] = macros_tex(
        numbers, _macros(project, experiments, tables, place, names, citations, numbers)
    )
    written = drafts(project, experiments, names, numbers, citations)
    texts |= written.texts
    texts["references.bib"] = citations.bib()
    uncited = [
        f"{what} is used without a citation: {why}" for what, why in citations.missing.items()
    ]
    return Composed(
        venue=place,
        texts=texts,
        drawings=[
            *(figure for figure in figures if figure.name in wanted_figures),
            *documents(read),
        ],
        numbers=numbers,
        runs=runs,
        inputs=_inputs(project, place, names, experiments),
        warnings=[
            *_warnings(project, experiments, tables, place, names),
            *asked,
            *written.warnings,
            *citations.duplicates(),
        ],
        uncited=sorted(uncited),
        todos=open_places(written.texts, project.root / "paper"),
        tables=tables,
    )


def _tables(
    experiments: list[Experiment],
    numbers: dict[str, Quantity],
    names: Names,
    citations: Citations,
    venue: Venue,
) -> Iterator[Table]:
    """The tables of every experiment, kind by kind."""
    yield from (_table(item, numbers, names, citations) for item in experiments)
    for item in experiments:
        yield from perclass_tables(item, names, venue)
    for item in experiments:
        yield from sensitivity_tables(item, names, venue)
    yield from filter(None, (cost_table(item, numbers, names) for item in experiments))
    for item in experiments:
        yield from statistics_tables(item, numbers, names)


def _table(
    experiment: Experiment, numbers: dict[str, Quantity], names: Names, citations: Citations
) -> Table:
    if experiment.plan.kind == "comparison":
        return comparison_table(experiment, numbers, names, citations)
    return ablation_table(experiment, numbers, names)


def _macros(
    project: Project,
    experiments: list[Experiment],
    tables: list[Table],
    venue: Venue,
    names: Names,
    citations: Citations,
    numbers: dict[str, Quantity],
) -> Macros:
    every = [run for experiment in experiments for run in experiment.runs]
    sentences = {item.name: citations.sentence(item.runs, names) for item in experiments}
    if every:
        sentences["all"] = citations.sentence(every, names)
    return Macros(
        title=escape(str(project.answers.get("project_name", project.package))),
        author=escape(str(project.answers.get("author", "Anonymous"))),
        captions=_captions(experiments, tables, names, numbers),
        setups={item.name: setup_sentence(item, names) for item in experiments},
        cites={name: sentence for name, sentence in sentences.items() if sentence},
        wide=[table.name for table in tables if fit(table, venue).wide],
    )


def _captions(
    experiments: list[Experiment], tables: list[Table], names: Names, numbers: dict[str, Quantity]
) -> dict[str, Tex]:
    """What a table says of itself follows what its experiment says."""
    found = {k: v for item in experiments for k, v in captions(item, names, numbers).items()}
    for table in tables:
        if table.caption:
            parts = [found[table.name]] if table.name in found else []
            found[table.name] = Tex(" ").join([*parts, table.caption])
    return found


def _inputs(project: Project, venue: Venue, names: Names, experiments: list[Experiment]) -> str:
    answers = {key: project.answers.get(key) for key in ("project_name", "author")}
    runs = {run.id: run_files(run) for item in experiments for run in item.runs}
    plans = [repr(item.plan) for item in experiments]
    return digest([venue.name, names.given, answers, plans, runs])


def _warnings(
    project: Project,
    experiments: list[Experiment],
    tables: list[Table],
    venue: Venue,
    names: Names,
) -> Iterator[str]:
    if not experiments:
        yield "no experiment has been launched yet: paperkit run experiments/ablation.yaml"
    for experiment in experiments:
        for result in experiment.results:
            if result.left_out:
                name = "/".join(
                    filter(None, [experiment.name, result.row.variant, result.row.dataset])
                )
                yield f"{name}: {result.reasons()} of {len(result.row.runs)}; the table says so"
    for table in tables:
        if (line := misfit(table, venue)) is not None:
            yield line
    shown = [*names.given.values(), str(project.answers.get("project_name", ""))]
    for text in [*shown, str(project.answers.get("author", ""))]:
        if lost := unprintable(text):
            yield f"'{text}': pdfLaTeX cannot print {' '.join(lost)}; it is shown as U+XXXX"

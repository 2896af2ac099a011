"""Where a number of the paper comes from: runs, seeds, commit, command and files.

And whether they still are what they were when the report was written.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paperkit.errors import Findings, UserError
from paperkit.project import Project
from paperkit.project.nearest import nearest
from paperkit.report.checks.cells import tables_by_key
from paperkit.report.checks.find_cell import Place, find_cell
from paperkit.report.checks.manuscript import Manuscript, manuscript
from paperkit.report.checks.origin import Origin, origin
from paperkit.report.checks.sentences import sentences, using
from paperkit.report.checks.traced_runs import TracedRun, later_runs, traced_runs
from paperkit.report.checks.wording import definition, split_key, statistic
from paperkit.report.collect import collect
from paperkit.report.metrics import own_metrics
from paperkit.report.provenance import FILE, Recorded, file_digest, recorded

__all__ = ["MISSING", "Trace", "trace"]

MISSING = "no run that counts has a value"


@dataclass(frozen=True)
class Trace:
    """A number of the paper and what it rests on.

    Attributes:
        key: Of the number; of a cell that has none, TABLE:ROW:COL.
        display, value, unit: As printed, and unrounded (a fraction where the unit is "%").
        what: The statistic, in words.
        metric: What was measured, in words; empty for other numbers.
        n, ddof: How many runs, and of a standard deviation the n - ddof in its denominator.
        source: "runs", "plan" or "literature".
        tables, places: Tables and lines of the text that print it.
        runs: The runs behind it.
        origin: The row of a plan, or the line of the spec, behind it.
        problems: Why it is not what these files give; empty where it is.
    """

    key: str
    display: str
    value: str | None
    unit: str
    what: str
    metric: str = ""
    n: int = 0
    ddof: int | None = None
    source: str = "runs"
    tables: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    runs: tuple[TracedRun, ...] = ()
    origin: Origin | None = None
    problems: tuple[str, ...] = field(default=())


def trace(project: Project, name: str) -> Trace:
    """Return where a number comes from.

    Args:
        project: The project.
        name: A key, or TABLE:ROW:COL.

    Raises:
        Findings: There is no report yet.
        UserError: No such key, table, row or column; with the nearest.
    """
    paper = manuscript(project.root / "paper")
    if not (paper.generated / FILE).is_file():
        raise Findings("there is no report yet, so there is no number to trace: paperkit report")
    found = recorded(paper.generated)
    key, cell = name, None
    if key not in found.numbers and ":" in key:
        cell = find_cell(key, found.tables)
        key = cell.key or name
    if cell is not None and cell.key is None:
        return _cell(project, paper, found, cell)
    if key not in found.numbers:
        raise UserError(f"{key}: no such number in the report{_nearest(key, found)}")
    number = found.numbers[key]
    uses = using(sentences(paper, set(found.numbers))).get(key, ())
    now = collect(project.root / "runs")
    runs = traced_runs(project, found, now, number.get("runs") or [], split_key(key).metric)
    source = str(number.get("source"))
    came_from = origin(project, key, source)
    return Trace(
        key=key,
        display=str(number.get("display")),
        value=number.get("value"),
        unit=str(number.get("unit")),
        what=statistic(key, int(number.get("n") or 0), source) + _none(number, runs),
        metric=definition(split_key(key).metric, runs, own_metrics(project.settings.metrics)),
        n=int(number.get("n") or 0),
        ddof=number.get("ddof"),
        source=source,
        tables=tuple(tables_by_key(found.tables).get(key, ())),
        places=tuple(f"{s.file}:{line}" for s in uses for name, line in s.keys if name == key),
        runs=runs,
        origin=came_from,
        problems=(
            *_problems(found.numbers[key], runs, came_from),
            *later_runs(found, now, runs),
            *_edited(paper, found, "macros.tex"),
        ),
    )


def _nearest(key: str, found: Recorded) -> str:
    same = [name for name in found.numbers if name.partition("/")[0] == key.partition("/")[0]]
    experiments = dict.fromkeys(name.partition("/")[0] for name in found.numbers)
    if same:
        end = nearest(key, same[:2000])
        return end if end.startswith("; did") else "; all keys: paper/generated/macros.tex"
    return nearest(key.partition("/")[0], experiments)


def _none(number: Mapping[str, Any], runs: Sequence[TracedRun]) -> str:
    """Say that runs have values, but do not give this number: two seeds have no p."""
    there = number.get("value") is None and any(run.value is not None for run in runs)
    return "; these runs give none" if there else ""


def _problems(
    number: Mapping[str, Any], runs: Sequence[TracedRun], came_from: Origin | None
) -> Iterator[str]:
    for run in runs:
        yield from run.problems
    if came_from is not None and came_from.problem:
        yield came_from.problem
    if number.get("value") is None and not _none(number, runs):
        yield MISSING
    elif not runs and came_from is None:
        yield "no run is behind it"


def _edited(paper: Manuscript, found: Recorded, name: str) -> Iterator[str]:
    if file_digest(paper.generated / name) != found.files.get(name, {}).get("sha256"):
        yield f"paper/generated/{name} was edited or lost since the report"


def _cell(project: Project, paper: Manuscript, found: Recorded, cell: Place) -> Trace:
    """A cell whose number has no key of its own, such as the result of one class."""
    name = f"{cell.table}.csv"
    value = _csv_value(paper.generated / name, cell)
    now = collect(project.root / "runs")
    runs = traced_runs(project, found, now, cell.runs)
    return Trace(
        key=f"{cell.table}:{cell.row_id}:{cell.column}",
        display=value or "--",
        value=value,
        unit="",
        what=f"the cell of {name} in row '{cell.row_id}' and column '{cell.column}'"
        + ("" if value else ", which is empty"),
        n=len(runs),
        tables=(cell.table,),
        runs=runs,
        problems=(
            *(_problems({"value": value}, runs, None) if value else ()),
            *later_runs(found, now, runs),
            *_edited(paper, found, name),
        ),
    )


def _csv_value(path: Path, cell: Place) -> str | None:
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[Mapping[str, Any]] = list(csv.DictReader(file))
    return rows[cell.row].get(cell.column) or None if cell.row < len(rows) else None

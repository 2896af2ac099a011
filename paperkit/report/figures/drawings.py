"""Which figures the paper has, and what each of them depends on.

A figure is drawn again only when its inputs changed: the digest covers the files it is drawn from,
the display names, the venue and our code that draws, so `report --check` can judge a figure without
drawing it, and a newer paperkit draws it anew.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.project import Project
from paperkit.project.venue import Venue
from paperkit.report.collect import Experiment
from paperkit.report.judged import own_method
from paperkit.report.names import Names
from paperkit.report.provenance import code_digest, digest, file_digest
from paperkit.runs import Row, Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Drawing", "drawings", "figure_names"]

ARCHITECTURE = "fig_architecture"
_SOURCES = ("*.py", "configs/*.yaml")


@dataclass(frozen=True)
class Drawing:
    """A figure to draw.

    Attributes:
        name: Stem of its files.
        inputs: Digest of everything that decides how it looks.
        draw: Draws it into files with the given stem; returns them (none: nothing to show).
        is_figure: Whether a paper can show it; a Word or Excel file is only for its authors.
    """

    name: str
    inputs: str
    draw: Callable[[Path], list[Path]]
    is_figure: bool = True


def drawings(
    project: Project, experiments: list[Experiment], venue: Venue, names: Names
) -> Iterator[Drawing]:
    """Yield every figure that the project and its runs allow."""
    yield from _architecture(project, experiments, venue, names)
    for experiment in experiments:
        if experiment.runs:
            yield _curves(experiment, venue, names)
            yield _qualitative(project, experiment, venue, names)
            yield _confusion(experiment, venue, names)


def _curves(experiment: Experiment, venue: Venue, names: Names) -> Drawing:
    shown = figure_names(experiment, names)
    said = sorted((name, repr(metric)) for name, metric in experiment.own.items())
    inputs = digest([_inputs("curves", experiment, venue, shown, ["metrics.jsonl"]), said])

    def draw(stem: Path) -> list[Path]:
        from paperkit.report.figures.curves import curves

        figure = curves(
            experiment.runs,
            experiment.plan,
            venue=venue.name,
            names=shown,
            metrics=experiment.own,
        )
        return [] if figure is None else _save(figure, stem)

    return Drawing(f"fig_curves_{experiment.name}", inputs, draw)


def _qualitative(project: Project, experiment: Experiment, venue: Venue, names: Names) -> Drawing:
    shown = figure_names(experiment, names)
    inputs = _inputs("qualitative", experiment, venue, shown, ["cases.csv", "samples"])

    def draw(stem: Path) -> list[Path]:
        from paperkit.report.figures.qualitative import qualitative

        data = project.root / "runs" / "data"
        figure = qualitative(experiment.runs, experiment.plan, data, venue=venue.name, names=shown)
        return [] if figure is None else _save(figure, stem)

    return Drawing(f"fig_qualitative_{experiment.name}", inputs, draw)


def _confusion(experiment: Experiment, venue: Venue, names: Names) -> Drawing:
    shown = figure_names(experiment, names)
    inputs = _inputs("confusion", experiment, venue, shown, ["cases.csv"])

    def draw(stem: Path) -> list[Path]:
        from paperkit.report.figures.confusion import confusion

        figure = confusion(experiment.runs, experiment.plan, venue=venue.name, names=shown)
        return [] if figure is None else _save(figure, stem)

    return Drawing(f"fig_confusion_{experiment.name}", inputs, draw)


def _save(figure: "Figure | None", stem: Path) -> list[Path]:
    from paperkit.report.figures.figure import save

    return [] if figure is None else save(figure, stem, preview=stem.with_suffix(".png"))


def _architecture(
    project: Project, experiments: list[Experiment], venue: Venue, names: Names
) -> Iterator[Drawing]:
    """The network that the experiments are about; before there are any, configs/ours.yaml."""
    row = next(_subjects(experiments), None)
    config, overrides = (row.config, row.overrides) if row else ("configs/ours.yaml", ())
    if not (project.root / config).is_file():
        return
    sources = sorted(
        path
        for pattern in _SOURCES
        for path in (project.root / (project.package if "py" in pattern else "")).rglob(pattern)
    )
    code = {path.relative_to(project.root).as_posix(): file_digest(path) for path in sources}
    how = [repr(venue), config, overrides, names.given]
    inputs = digest(["architecture", *how, code, code_digest("diagram")])

    def draw(stem: Path) -> list[Path]:
        from paperkit.diagram import draw as draw_model

        return draw_model(project, config=config, overrides=overrides, out=stem, venue=venue.name)

    yield Drawing(ARCHITECTURE, inputs, draw)


def _subjects(experiments: list[Experiment]) -> Iterator[Row]:
    """The full rows of ablations, the own method of comparisons, what settings are varied of."""
    rows = [(item, result.row) for item in experiments for result in item.results]
    yield from (row for item, row in rows if item.is_full(row))
    yield from (row for item, row in rows if row.variant == own_method(item))
    yield from (row for _, row in rows)


def figure_names(experiment: Experiment, names: Names) -> dict[str, str]:
    """Return the display names of all that is in figures; a variant is called what its row is."""
    ids = [*experiment.plan.metrics, *(d for d in experiment.datasets if d)]
    shown = names.flat(ids, experiment.components)
    for result in experiment.results:
        shown[result.row.variant] = names.variant(result.row, experiment.components)
    return shown


def _inputs(
    kind: str, experiment: Experiment, venue: Venue, names: dict[str, str], files: list[str]
) -> str:
    runs = {run.id: [_state(run, name) for name in files] for run in experiment.runs}
    plan = file_digest(experiment.root / experiment.name / "plan.json")
    return digest([kind, repr(venue), names, plan, runs, code_digest("report/figures")])


def _state(run: Run, name: str) -> Any:
    """A file by its content; a folder of pictures by the names and contents in it."""
    try:
        with os.scandir(f"{run.folder}{os.sep}{name}") as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return run.digest(name)
    return {item: run.digest(f"{name}{os.sep}{item}") for item in names}

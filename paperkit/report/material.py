"""What every part of the report is made from: the runs, their numbers, names and citations."""

from dataclasses import dataclass

from paperkit.project import Project
from paperkit.project.venue import Venue, find_venue
from paperkit.report.cited.citations import Citations
from paperkit.report.collect import Experiment, collect
from paperkit.report.metrics import own_metrics
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity, quantities
from paperkit.report.where.where import Where, where
from paperkit.runs import Run

__all__ = ["Material", "gather"]

DEFAULT_VENUE = "ieee-journal"


@dataclass(frozen=True)
class Material:
    """What a report is made from.

    Attributes:
        numbers: Every number by key.
        spots: Where ours helps and where it fails, by experiment that tells it.
    """

    project: Project
    venue: Venue
    experiments: tuple[Experiment, ...]
    names: Names
    citations: Citations
    numbers: dict[str, Quantity]
    spots: tuple[Where, ...]

    @property
    def runs(self) -> list[Run]:
        """Every run that counts, experiment by experiment."""
        return [run for experiment in self.experiments for run in experiment.runs]


def gather(project: Project, venue: str | None = None) -> Material:
    """Read the runs of a project and compute their numbers.

    Raises:
        UserError: A plan or paperkit.yaml is wrong, the venue is unknown, or a checkpoint was
            chosen on the test set.
    """
    asked = venue or project.settings.venue or project.answers.get("venue") or DEFAULT_VENUE
    place = find_venue(asked)
    experiments = tuple(collect(project.root / "runs", own_metrics(project.settings.metrics)))
    compared = [item.plan.rows for item in experiments if item.plan.kind == "comparison"]
    names = Names(project.settings.names, [row for rows in compared for row in rows])
    runs = [run for experiment in experiments for run in experiment.runs]
    citations = Citations(runs, project.root / "paper" / "refs.bib")
    spots = tuple(found for item in experiments for found in where(item, names))
    numbers = {key: q for item in experiments for key, q in quantities(item).items()}
    numbers |= {key: q for found in spots for key, q in found.numbers.items()}
    return Material(project, place, experiments, names, citations, numbers, spots)

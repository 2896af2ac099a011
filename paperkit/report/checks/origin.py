"""Where numbers come from that no run gives: costs from the plan, rows copied from papers."""

from dataclasses import dataclass

from paperkit.errors import UserError
from paperkit.project import Project
from paperkit.project.yamlfile import read_yaml
from paperkit.report.checks.wording import split_key
from paperkit.runs import Plan, Row, load_plan

__all__ = ["Origin", "origin"]


@dataclass(frozen=True)
class Origin:
    """A source beside the runs.

    Attributes:
        place: File, and line where there is one.
        what: One line.
        cite: Key of the paper that a row is copied from; empty where there is none.
        problem: Why it cannot be followed; empty where it can.
    """

    place: str
    what: str
    cite: str = ""
    problem: str = ""


def origin(project: Project, key: str, source: str) -> Origin | None:
    """Return the origin of a number; None where it comes from runs."""
    if source not in ("plan", "literature"):
        return None
    place = f"runs/{split_key(key).experiment}/plan.json"
    try:
        plan = load_plan(project.root / "runs", split_key(key).experiment)
    except UserError as error:
        return Origin(place, "the plan of the experiment", problem=str(error))
    return _copied(project, plan, key) if source == "literature" else _planned(plan, key, place)


def _planned(plan: Plan, key: str, place: str) -> Origin:
    variant, *dataset = split_key(key).where
    everything = tuple(component.id for component in plan.components)
    for row in plan.rows:
        names = {row.variant, *(["full"] if row.on and row.on == everything else [])}
        if variant in names and (not dataset or row.dataset == dataset[0]):
            return Origin(place, f"counted for {_configuration(row)}")
    return Origin(place, "counted for a row", problem=f"{place} has no row '{variant}' any more")


def _configuration(row: Row) -> str:
    return " ".join([row.config, *row.overrides])


def _copied(project: Project, plan: Plan, key: str) -> Origin:
    parts = split_key(key)
    name, *dataset = parts.where
    entry = (plan.spec.get("literature") or {}).get(name) or {}
    cite = str(entry.get("cite") or "")
    what = "copied from " + (
        f"the paper [{cite}]" if cite else "a paper that the spec does not cite"
    )
    shown = plan.spec_path or "the spec"
    try:
        document = read_yaml(project.root / shown, name=shown)
    except UserError as error:
        return Origin(shown, what, cite, problem=str(error))
    if ("literature", name) not in document.lines:
        return Origin(shown, what, cite, problem=f"{shown} has no row '{name}' any more")
    place = document.place(("literature", name, *dataset, parts.metric))
    return Origin(place, what, cite, problem="" if cite else f"{place}: no cite: for this row")

"""Make the plan: spec and project -> rows, runs, their identity and how each stands."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.project import Project
from paperkit.project.yamlfile import flow, read_yaml
from paperkit.sweep import ids
from paperkit.sweep.describe import described
from paperkit.sweep.fairness import unequal_budgets
from paperkit.sweep.plan import Plan, PlannedRun, Row
from paperkit.sweep.rows import Draft, drafts
from paperkit.sweep.spec import Spec, load_spec
from paperkit.sweep.speccheck import OWNED
from paperkit.sweep.state import state_of

__all__ = ["find_spec", "make_plan"]

METRICS: dict[str, tuple[str, ...]] = {
    "segmentation": ("iou_set", "dice_img"),
    "classification": ("acc_set", "f1_set"),
}
OTHERS = {  # metrics that a task's runs never have; unknown ones are the student's own
    "segmentation": ("top5_set", "f1_set"),
    "classification": ("iou_set", "dice_set", "iou_img", "dice_img"),
}


def make_plan(
    project: Project, spec_path: Path, *, overrides: Sequence[str] = (), check: bool = True
) -> Plan:
    """Return everything that a spec means for a project.

    Args:
        project: The project that holds the code.
        spec_path: The spec; relative to the working folder or to the project's root.
        overrides: "key=value" for every row, over what the spec sets.
        check: Have the project's code describe every row (imports torch in a child). Without it
            sizes and identities are unknown and no run is ever stale.

    Raises:
        UserError: The spec is wrong, or two of its rows are the same experiment.
        Findings: Rows that do not build, all of them at once.
    """
    path, shown = find_spec(project, spec_path)
    spec = load_spec(path, name=shown)
    metrics = _metrics(project, spec, shown)
    drafted = drafts(spec, [_override(text) for text in overrides])
    _refuse_same_names(shown, drafted)
    rows = [_row(project, spec, draft) for draft in drafted]
    if check:
        rows = described(project, rows)
    rows = [_with_states(project.root, row) for row in rows]
    return Plan(
        project=project,
        spec=spec,
        spec_path=shown,
        overrides=tuple(overrides),
        metrics=metrics,
        rows=tuple(rows),
        notes=tuple(unequal_budgets(rows) + _strangers(project.root, spec, rows)),
        checked=check,
    )


def find_spec(project: Project, path: Path) -> tuple[Path, str]:
    """Return a spec's path, and its name in messages: relative to the root where it lies inside.

    Raises:
        UserError: There is no such file; names the specs that there are.
    """
    for candidate in (Path.cwd() / path, project.root / path):
        if candidate.is_file():
            found = candidate.resolve()
            inside = found.is_relative_to(project.root)
            return found, (found.relative_to(project.root) if inside else found).as_posix()
    there = sorted(
        file.relative_to(project.root).as_posix()
        for file in (project.root / "experiments").glob("*.y*ml")
    )
    raise UserError(
        f"{path}: no such spec; there is {', '.join(there)}"
        if there
        else f"{path}: no such spec; write one into experiments/"
    )


def _metrics(project: Project, spec: Spec, shown: str) -> tuple[str, ...]:
    """The table's columns; refuses those that would stay empty after all the training."""
    task = str(project.answers.get("task"))
    default = METRICS.get(task, ("iou_set",))
    for name in spec.metrics or ():
        if name in OTHERS.get(task, ()):
            raise UserError(
                f"{shown}: metrics: '{name}' is no metric of {task}; write metrics: "
                f"[{', '.join(default)}]"
            )
    return tuple(spec.metrics or default)


def _override(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise UserError(f"--set {text}: write key=value, such as train.epochs=5")
    if key.strip() in OWNED:
        raise UserError(f"--set {text}: {OWNED[key.strip()]} of the spec instead")
    return key.strip(), value.strip()


def _refuse_same_names(shown: str, drafted: Sequence[Draft]) -> None:
    names: list[str] = []
    for draft in drafted:
        name = draft.variant if draft.dataset is None else f"{draft.variant}/{draft.dataset}"
        message = ids.fault("variant", draft.variant)
        if message:
            raise UserError(f"{shown}: {message}")
        if name in names:
            raise UserError(f"{shown}: two rows are called '{name}'; give one of them an id")
        names.append(name)
    pair = ids.twins(names)
    if pair:
        raise UserError(
            f"{shown}: rows '{pair[0]}' and '{pair[1]}' are one folder on Windows and macOS; "
            "rename one"
        )


def _row(project: Project, spec: Spec, draft: Draft) -> Row:
    plugs = [plug.given() for plug in draft.plugs]
    settings = [f"{key}={value}" for key, value in draft.settings.items()]
    if plugs:
        plugs = [*_configured_plugs(project.root / draft.config), *plugs]
        settings.append(f"plugs={flow(plugs)}")
    overrides = tuple(settings)
    parts = [spec.experiment, draft.variant, *([draft.dataset] if draft.dataset else [])]
    runs = tuple(_run(draft, overrides, "/".join(parts), seed) for seed in spec.seeds)
    return Row(
        variant=draft.variant,
        on=draft.on,
        method=draft.method,
        dataset=draft.dataset,
        config=draft.config,
        overrides=overrides,
        set=draft.set,
        runs=runs,
    )


def _run(draft: Draft, overrides: tuple[str, ...], place: str, seed: int) -> PlannedRun:
    folder = f"runs/{place}/seed{seed}"
    named = ("--config", draft.config, *overrides, "--seed", str(seed), "--out", folder)
    return PlannedRun(
        id=f"{place}/seed{seed}",
        dir=folder,
        seed=seed,
        fold=None,
        arguments=("train.py", *named, "--resume"),
    )


def _configured_plugs(path: Path) -> list[Any]:
    """Plugs that a configuration has already: the spec's are added to them, not put instead."""
    seen: set[Path] = set()
    while path.is_file() and path not in seen:
        seen.add(path)
        data = read_yaml(path).data
        if not isinstance(data, dict):
            break
        if isinstance(data.get("plugs"), list):
            return list(data["plugs"])
        if not isinstance(data.get("_base_"), str):
            break
        path = path.parent / data["_base_"]
    return []


def _with_states(root: Path, row: Row) -> Row:
    runs = (replace(run, state=state_of(root, run, resolved=row.resolved)) for run in row.runs)
    return replace(row, runs=tuple(runs))


def _strangers(root: Path, spec: Spec, rows: Sequence[Row]) -> list[str]:
    """Folders of rows that the spec no longer has: they stay, but are no part of the table."""
    folder = root / "runs" / spec.experiment
    known = {row.variant for row in rows} | {"superseded"}
    found = sorted(path.name for path in folder.glob("*/") if path.name not in known)
    found = [name for name in found if not name.startswith(".")]
    if not found:
        return []
    return [f"runs/{spec.experiment}/ also holds {', '.join(found)}: not in the spec, left alone"]

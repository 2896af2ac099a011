"""runs/EXP/plan.json: what the last launch resolved; status and report read it."""

from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.project.yamlfile import read_yaml
from paperkit.sweep.plan import Plan, PlannedRun, Row
from paperkit.sweep.record import read_json, write_json
from paperkit.sweep.spec import Ablation

__all__ = ["as_json", "plan_path", "refuse_other_spec", "write_plan"]


def plan_path(root: Path, experiment: str) -> Path:
    """Return where an experiment's plan lies."""
    return root / "runs" / experiment / "plan.json"


def write_plan(plan: Plan) -> None:
    """Write plan.json as a whole."""
    write_json(plan_path(plan.project.root, plan.spec.experiment), as_json(plan))


def refuse_other_spec(plan: Plan) -> None:
    """Refuse to mix two specs in one experiment's folder.

    Raises:
        UserError: Another spec, which still exists, was launched under the same name.
    """
    written = read_json(plan_path(plan.project.root, plan.spec.experiment)) or {}
    other = written.get("spec_path")
    if not isinstance(other, str) or other == plan.spec_path:
        return
    path = plan.project.root / other
    if path.is_file() and _experiment(path) == plan.spec.experiment:
        raise UserError(
            f"{plan.spec_path}: experiment '{plan.spec.experiment}' belongs to {other}; "
            "give one of them another 'experiment:' name"
        )


def _experiment(path: Path) -> object:
    data = read_yaml(path).data
    return data.get("experiment") if isinstance(data, dict) else None


def as_json(plan: Plan) -> dict[str, Any]:
    """Return plan.json's content."""
    spec = plan.spec
    components = spec.components if isinstance(spec, Ablation) else {}
    return {
        "schema": 1,
        "kind": spec.kind,
        "experiment": spec.experiment,
        "spec_path": plan.spec_path,
        "spec": spec.model_dump(mode="json", exclude_unset=True),
        "overrides": list(plan.overrides),
        "metrics": list(plan.metrics),
        "components": [
            {"id": name, "plugs": [plug.given() for plug in plugs]}
            for name, plugs in components.items()
        ],
        "rows": [_row(row) for row in plan.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "variant": row.variant,
        "on": list(row.on),
        "method": row.method,
        "dataset": row.dataset,
        "config": row.config,
        "overrides": list(row.overrides),
        "set": row.set,
        "params": row.params,
        "gmacs": row.gmacs,
        "input": list(row.input),
        "plugs": list(row.plugs),
        "runs": [_run(run) for run in row.runs],
    }


def _run(run: PlannedRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "dir": run.dir,
        "seed": run.seed,
        "fold": run.fold,
        **run.identity,
        "command": run.command,
    }

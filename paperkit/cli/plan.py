"""paperkit plan: what would run, what is done, what is stale and why."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from paperkit.sweep import Plan, Row

__all__ = ["EXAMPLES", "plan"]

EXAMPLES = """
Examples:
  paperkit plan experiments/ablation.yaml
  paperkit plan experiments/ablation.yaml --set train.epochs=5
"""


def plan(
    spec: Annotated[Path, typer.Argument(help="The experiment spec.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="key=value for every row.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show what would run, what is done, and what is stale and why. Trains nothing."""
    from paperkit.project import root
    from paperkit.sweep import make_plan

    made = make_plan(root.find(Path.cwd()), spec, overrides=settings or ())
    if as_json:
        typer.echo(json.dumps(document(made), indent=1, ensure_ascii=False))
        return
    show(made)


def document(plan: "Plan") -> dict[str, Any]:
    """Return plan.json with each run's state, and the notes."""
    from paperkit.sweep.planfile import as_json

    content = as_json(plan)
    states = {run.id: run.state for _, run in plan.runs}
    for row in content["rows"]:
        for run in row["runs"]:
            run |= {"state": states[run["id"]].name, "why": states[run["id"]].why}
    return {**content, "notes": list(plan.notes)}


def show(plan: "Plan") -> None:
    """Print the table of rows, then what is to be known about single runs."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("row", "plugs", "params", "GMACs", "seeds", "state"):
        table.add_column(name, justify="right" if name in ("params", "GMACs") else "left")
    for row in plan.rows:
        table.add_row(*_cells(row))
    console = Console(highlight=False, markup=False)
    console.print(table)
    for _, run in plan.runs:
        if run.state.why:
            console.print(f"{run.id}: {run.state.name}: {run.state.why}")
    for note in plan.notes:
        console.print(f"note: {note}")
    console.print(_total(plan))


def _cells(row: "Row") -> list[str]:
    plugs = dict.fromkeys(str(plug.get("expression", "")) for plug in row.plugs)
    states: dict[str, list[str]] = {}
    for run in row.runs:
        states.setdefault(run.state.name, []).append(str(run.seed))
    several = len(states) > 1
    shown = [f"{name} ({', '.join(s)})" if several else name for name, s in states.items()]
    return [
        row.label,
        ", ".join(plugs) or "-",
        "?" if row.params is None else f"{row.params:,}",
        "?" if row.gmacs is None else f"{row.gmacs:.3g}",
        ", ".join(str(run.seed) for run in row.runs),
        ", ".join(shown),
    ]


def _total(plan: "Plan") -> str:
    left = [run for _, run in plan.runs if run.state.name not in ("done", "diverged")]
    if not left:
        return f"all {len(plan.runs)} runs are done"
    return f"{len(left)} of {len(plan.runs)} runs to train: paperkit run {plan.spec_path}"

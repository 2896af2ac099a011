"""paperkit status: how the runs of a spec stand, without touching the project's code."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from paperkit.sweep import Status
    from paperkit.sweep.status import RunStatus

__all__ = ["EXAMPLES", "status"]

EXAMPLES = """
Examples:
  paperkit status experiments/ablation.yaml
  paperkit status experiments/ablation.yaml --watch
"""

EVERY = 2.0  # seconds


def status(
    spec: Annotated[Path, typer.Argument(help="The experiment spec.")],
    watch: Annotated[bool, typer.Option("--watch", help="Go on until nothing runs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show how the runs of a spec stand, as the last launch resolved them."""
    from paperkit.project import root
    from paperkit.sweep import read_status

    project = root.find(Path.cwd())
    found = read_status(project, spec)
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=1, ensure_ascii=False))
        return
    if not watch:
        _console().print(_table(found))
        return
    from rich.live import Live

    with Live(_table(found), console=_console(), auto_refresh=False) as live:
        while found.running or any(run.state == "running" for run in found.runs):
            time.sleep(EVERY)
            found = read_status(project, spec)
            live.update(_table(found), refresh=True)


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False, markup=False)


def _table(found: "Status") -> Any:
    from rich import box
    from rich.console import Group
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("run", "state", "epochs", "best", ""):
        table.add_column(name, justify="right" if name in ("epochs", "best") else "left")
    for run in found.runs:
        table.add_row(*_cells(run))
    counts = ", ".join(f"{number} {name}" for name, number in found.counts.items())
    end = f"{counts}; {'a launcher is at work' if found.running else 'nothing is being launched'}"
    return Group(table, *(f"note: {note}" for note in found.notes), end)


def _cells(run: "RunStatus") -> list[str]:
    epochs = f"{run.epoch}/{run.epochs}" if run.epochs else str(run.epoch or "")
    best = f"{run.score[0]} {run.score[1]:.4f}" if run.score else ""
    return [run.id, run.state, epochs, best, run.why]

"""paperkit trace: from a number of the paper to its runs, seeds, commit, command and files."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paperkit.cli import console
from paperkit.errors import Findings

if TYPE_CHECKING:
    from paperkit.report import Trace
    from paperkit.report.checks.traced_runs import TracedRun

__all__ = ["EXAMPLES", "trace"]

EXAMPLES = """
Examples:
  paperkit trace ablation/full/iou_set
  paperkit trace tab_ablation:ca:iou_set
  paperkit trace "tab_ablation:CA:mIoU" --json
"""


def trace(
    name: Annotated[
        str,
        typer.Argument(
            metavar="KEY|TABLE:ROW:COL",
            help="A key as in \\pk{KEY}, or a cell: row and column by id, printed name or number.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the runs, seeds, commit, command and files behind a number; exit 1 if they changed."""
    from paperkit.project import root
    from paperkit.report import trace as find
    from paperkit.report.checks.trace import MISSING

    found = find(root.find(Path.cwd()), name)
    if as_json:
        console.emit(asdict(found))
    else:
        _show(found)
    if found.problems == (MISSING,):
        raise Findings(f"{found.key}: {MISSING}; paperkit report names the command that fills it")
    if found.problems:
        end = "; ".join(found.problems)
        raise Findings(f"{found.key}: not what its files give now: {end}; run paperkit report")


def _show(found: "Trace") -> None:
    from paperkit.report import shown_number

    unit = f" {found.unit}" if found.unit else ""
    typer.echo(f"{found.key} = {shown_number(found.display)}{unit}")
    exact = "a fraction, unrounded" if found.unit == "%" else "unrounded"
    facts = {
        "value": f"{found.value} ({exact})" if found.value else "",
        "what": found.what,
        "metric": found.metric,
        "from": f"{found.origin.place}: {found.origin.what}" if found.origin else "",
        "printed in": ", ".join([*found.tables, *found.places]),
    }
    _facts(facts, indent=2)
    for run in found.runs:
        typer.echo(run.id)
        _facts(_of_run(run), indent=2)


def _of_run(run: "TracedRun") -> dict[str, str]:
    seed = "" if run.seed is None else f"seed {run.seed}"
    fold = "" if run.fold is None else f"fold {run.fold}"
    changes = " with changes that were not committed" if run.dirty else ""
    kept = "" if run.checkpoint.get("here") else ", not kept here"
    checkpoint = (
        f"{run.checkpoint.get('file')}, epoch {run.checkpoint.get('epoch')}, "
        f"sha256 {str(run.checkpoint.get('sha256'))[:12]}{kept}"
        if run.checkpoint
        else ""
    )
    return {
        "value": "" if run.value is None else repr(run.value),
        "run": ", ".join(filter(None, [seed, fold, run.status])),
        "folder": run.folder,
        "commit": f"{run.commit}{changes}" if run.commit else "not in a git repository",
        "command": run.command or "not recorded",
        "checkpoint": checkpoint,
        **{file.name: f"sha256 {file.sha256[:12]} {file.state}" for file in run.files},
    }


def _facts(facts: dict[str, str], *, indent: int) -> None:
    wide = max(map(len, facts))
    for name, text in facts.items():
        if text:
            typer.echo(f"{' ' * indent}{name:{wide}}  {text}")

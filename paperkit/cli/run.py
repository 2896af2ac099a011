"""paperkit run: train what a spec asks for and is not done."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from paperkit.sweep import Outcome

__all__ = ["EXAMPLES", "run"]

EXAMPLES = """
Examples:
  paperkit run experiments/ablation.yaml
  paperkit run experiments/ablation.yaml --workers 2 --set train.epochs=5
"""


def run(
    spec: Annotated[Path, typer.Argument(help="The experiment spec.")],
    workers: Annotated[
        int | None, typer.Option(min=1, help="Runs at once; one per GPU if left out.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of each run; cores / workers if left out.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="key=value for every row.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Train again what is done; old results are kept.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Train what is missing, stale or unfinished; what is done is not touched.

    Stop it with Ctrl-C, or let it be killed: the same command goes on where it stopped.
    """
    from paperkit.cli.progress import reporter
    from paperkit.project import root
    from paperkit.sweep import launch, make_plan

    plan = make_plan(root.find(Path.cwd()), spec, overrides=settings or ())
    live = sys.stdout.isatty() and not as_json
    with reporter(plan, live=live, stderr=as_json) as on_event:
        outcome = launch(plan, workers=workers, threads=threads, force=force, on_event=on_event)
    if as_json:
        typer.echo(json.dumps(asdict(outcome), indent=1, ensure_ascii=False))
    else:
        _show(outcome, plan.spec_path)
    _leave(outcome, plan.spec_path)


def _show(outcome: "Outcome", spec: str) -> None:
    from paperkit.cli.progress import clock

    parts = [f"{len(outcome.done)} trained", f"{len(outcome.skipped)} done before"]
    parts += [f"{len(outcome.stopped)} stopped"] if outcome.stopped else []
    parts += [f"{len(outcome.failed)} failed"] if outcome.failed else []
    typer.echo(f"{', '.join(parts)}; {clock(outcome.seconds)}")
    for note in outcome.notes:
        typer.echo(f"note: {note}")
    if not outcome.failed and not outcome.interrupted:
        typer.echo(f"next: paperkit report (or: paperkit status {spec})")


def _leave(outcome: "Outcome", spec: str) -> None:
    """Failures are listed last, where they are seen; then the exit code."""
    from paperkit.errors import Findings

    lines = []
    for failure in outcome.failed:
        lines.append(f"  {failure.run}: {failure.reason}")
        lines += [f"    {line}" for line in failure.lines]
        lines.append(f"    (all of it: {failure.dir}/log.txt)")
    if outcome.interrupted:
        for line in lines:
            typer.echo(line, err=True)
        raise KeyboardInterrupt
    if lines:
        head = f"{len(outcome.failed)} runs failed; after mending: paperkit run {spec}"
        raise Findings("\n".join([head, *lines]))

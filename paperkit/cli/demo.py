"""`paperkit demo`: the whole road at once, from nothing to a PDF."""

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paperkit.cli import console
from paperkit.errors import Findings, MachineError

if TYPE_CHECKING:
    from paperkit.project import Project
    from paperkit.sweep import Outcome

EXAMPLES = """
Examples:
  paperkit demo
  paperkit demo /tmp/look
"""

SPEC = Path("experiments/ablation.yaml")
MARK = Path(".paperkit/demo.json")
SEEDS = "[0, 1]"


@dataclass
class _Parts:
    """How long each part took, and where its result is."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    @contextmanager
    def part(self, name: str, where: Path) -> Iterator[None]:
        typer.echo(f"{name} ...")
        start = time.monotonic()
        yield
        self.rows.append((name, f"{time.monotonic() - start:6.1f} s", str(where)))


def demo(
    directory: Annotated[Path, typer.Argument(help="Folder of the demo project.")] = Path("demo"),
) -> None:
    """Make a project, train a small ablation, report, compile. Minutes; goes on if interrupted."""
    from paperkit.project import root

    parts = _Parts()
    with parts.part("project", directory):
        _project(directory)
    project = root.find(directory)
    with parts.part("runs", directory / "runs/ablation"):
        outcome = _train(project)
    with parts.part("report", directory / "paper/generated"):
        warnings = _report(project)
    pdf = _paper(project, directory, parts)
    typer.echo("\n" + console.table(("part", "time", "where"), parts.rows))
    for line in (*outcome.notes, *warnings):
        console.warn(line)
    typer.echo(f"\nthe paper: {pdf}" if pdf else "\nno PDF yet; all the rest is there")


def _project(directory: Path) -> None:
    """Make the project, or go on with the demo that is there."""
    from paperkit import scaffold

    if (directory / MARK).is_file():
        typer.echo(f"  {directory} is a demo already; going on with it")
        return
    answers = scaffold.make_answers(
        {"project_name": "Paperkit demo", "package_name": "demo_seg", "author": "paperkit demo"}
    )
    scaffold.create(answers, directory, amend=_mark, notify=console.warn)


def _mark(folder: Path) -> None:
    (folder / MARK).write_text(json.dumps({"schema": 1}) + "\n", encoding="utf-8")
    spec = folder / SPEC
    text, count = re.subn(r"(?m)^seeds: .*$", f"seeds: {SEEDS}", spec.read_text(encoding="utf-8"))
    if count != 1:
        raise ValueError(f"{SPEC} has {count} lines 'seeds:', expected one")
    spec.write_text(text, encoding="utf-8", newline="\n")


def _train(project: "Project") -> "Outcome":
    from paperkit import sweep
    from paperkit.cli.progress import reporter

    plan = sweep.make_plan(project, project.root / SPEC)
    with reporter(plan, live=sys.stdout.isatty(), stderr=False) as on_event:
        outcome = sweep.launch(plan, on_event=on_event)
    if outcome.interrupted:
        raise KeyboardInterrupt
    if outcome.failed:
        lines = (
            "\n".join([f"{failure.run}: {failure.reason}", *map("  {}".format, failure.lines)])
            for failure in outcome.failed
        )
        raise Findings("\n".join([f"{len(outcome.failed)} runs failed", *lines]))
    return outcome


def _report(project: "Project") -> tuple[str, ...]:
    from paperkit import report

    return report.build(project, on_event=lambda name: typer.echo(f"  {name}")).warnings


def _paper(project: "Project", directory: Path, parts: _Parts) -> Path | None:
    """Compile the paper, with LaTeX installed first where that may be done."""
    from paperkit import machine, paper

    try:
        if machine.lacks_latex():
            with parts.part("LaTeX", Path("(system)")):
                machine.install_latex()
        with parts.part("PDF", directory / "paper/main.pdf"):
            paper.table_previews(project)
            return paper.compile_pdf(project)
    except MachineError as error:
        console.warn(str(error))
        return None

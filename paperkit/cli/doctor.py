"""`paperkit doctor`: what this machine lacks, and the command that gets it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paperkit.cli import console
from paperkit.errors import UserError

if TYPE_CHECKING:
    from paperkit.machine import Check

EXAMPLES = """
Examples:
  paperkit doctor
  paperkit doctor --json
"""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check Python, torch and its device, LaTeX, fonts, git and disk; exit 1 if one is missing."""
    from paperkit import machine

    checks = machine.examine(Path.cwd(), _project_python())
    if as_json:
        console.emit([asdict(check) for check in checks])
    else:
        typer.echo("\n".join(map(_line, checks)))
    if any(check.status == "missing" for check in checks):
        raise typer.Exit(1)


def _project_python() -> Path | None:
    """Return the interpreter of the project that we stand in; None outside of one."""
    from paperkit.project import root

    try:
        return root.find(Path.cwd()).python
    except UserError:
        return None


def _line(check: "Check") -> str:
    remedy = f"\n{'':21}-> {check.remedy}" if check.remedy else ""
    return f"{check.status:<8} {check.name:<12}{check.found}{remedy}"

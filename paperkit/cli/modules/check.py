"""`paperkit modules check`: does a module keep what a plug must keep?"""

import textwrap
from typing import Annotated, Any

import typer

from paperkit.cli import console
from paperkit.cli.modules import where

EXAMPLES = """
Examples:
  paperkit modules check coord_att
  paperkit modules check my_att
  paperkit modules check path/to/my_att.py
"""


def check(
    name: Annotated[
        str, typer.Argument(help="A name of the project or the catalogue, or FILE[:CLASS].")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check parameters, shapes, gradients, precision and citation; exit 1 if one fails."""
    from paperkit.zoo import facts, foreign, read_info

    target = facts.target(name, where.folder())
    read_info(target.file)
    found = foreign.checked(target, where.project())
    rows = found["findings"]
    if as_json:
        keys = ("check", "ok", "message")
        checks = [dict(zip(keys, row, strict=True)) for row in rows]
        told = {"name": target.file.stem, "file": str(target.file), "class": found["cls"]}
        console.emit(told | {"ok": all(row[1] for row in rows), "checks": checks})
    else:
        typer.echo(f"{found['cls']} ({target.file.name})")
        typer.echo(report(rows))
    if not all(row[1] for row in rows):
        raise typer.Exit(1)


def report(rows: list[list[Any]]) -> str:
    """Return a line for each check, what is wrong below it, and how many fail."""
    lines = []
    for check, ok, message in rows:
        lines.append(f"  {'ok   ' if ok else 'FAILS'}  {check}")
        lines += textwrap.wrap(message, 96, initial_indent=" " * 9, subsequent_indent=" " * 9)
    failed = sum(not row[1] for row in rows)
    end = f"{failed} of {len(rows)} checks fail" if failed else f"{len(rows)} checks, all kept"
    return "\n".join([*lines, end])

"""`paperkit add`: modules of the catalogue, copied into the project, with their citation."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paperkit.cli import console

if TYPE_CHECKING:
    from paperkit.scaffold import Added

EXAMPLES = """
Examples:
  paperkit add se
  paperkit add cbam attn_gate
  paperkit add boundary
"""


def add(
    names: Annotated[list[str], typer.Argument(help="Names in the catalogue.")],
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite copies that you have edited.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Copy modules of the catalogue into the project; the copies are yours to edit."""
    from paperkit import scaffold
    from paperkit.project import root

    project = root.find(Path.cwd())
    added = scaffold.add_modules(project.root, names, force=force)
    if as_json:
        keys = ("title", "authors", "venue", "year", "bibtex", "licence")
        own = ("name", "path", "test", "changed", "plug", "command", "libraries")
        console.emit(
            [
                {key: getattr(a, key) for key in own} | {key: a.info.get(key) for key in keys}
                for a in added
            ]
        )
        return
    typer.echo("\n\n".join(map(_told, added)))


def _told(added: "Added") -> str:
    info = added.info
    state = "added" if added.changed else "is there already, unchanged"
    bibtex = "\n".join(f"    {line}" for line in str(info.get("bibtex", "")).strip().splitlines())
    return (
        f"{added.name}: {state} ({added.path})\n"
        f"  {info.get('title')} ({info.get('year')}); cited in every paper that uses it:\n"
        f"{bibtex}\n{_wanted(added)}"
        f"  its test: {added.test}\n"
        f"  try it: {added.command}"
    )


def _wanted(added: "Added") -> str:
    if not added.libraries:
        return ""
    names = " ".join(added.libraries)
    return f"  it imports {names}: python -m pip install {names}\n"

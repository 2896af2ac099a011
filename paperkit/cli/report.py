"""paperkit report: from the runs to paper/generated/ and main.pdf; or do they still agree?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paperkit.cli import console
from paperkit.errors import Findings

if TYPE_CHECKING:
    from paperkit.project import Project

__all__ = ["EXAMPLES", "report"]

CITE = (
    "the paper prints [cite?] there; add key and bibtex to the module's INFO, or 'own': True where "
    "it is your own work"
)

EXAMPLES = """
Examples:
  paperkit report
  paperkit report --compile
  paperkit report --check
"""


def report(
    compile_: Annotated[bool, typer.Option("--compile", help="Make paper/main.pdf, too.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if paper and runs disagree.")
    ] = False,
    venue: Annotated[
        str | None, typer.Option(help="Set for this venue instead of paperkit.yaml's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write the tables, figures, numbers and bibliography of the paper from the runs."""
    from paperkit.project import root

    project = root.find(Path.cwd())
    if check:
        _check(project, venue, as_json=as_json)
    else:
        _build(project, venue, compile_=compile_, as_json=as_json)


def _check(project: "Project", venue: str | None, *, as_json: bool) -> None:
    from paperkit.report import check

    found = check(project, venue=venue)
    if as_json:
        console.emit({"findings": [{"place": f.place, "what": f.what} for f in found]})
    else:
        for finding in found:
            typer.echo(str(finding))
    if found:
        word = "finding" if len(found) == 1 else "findings"
        raise Findings(f"{len(found)} {word}; paperkit report writes the files again")
    if not as_json:
        typer.echo("paper and runs agree")


def _build(project: "Project", venue: str | None, *, compile_: bool, as_json: bool) -> None:
    from paperkit import paper
    from paperkit.report import build

    def tell(what: str) -> None:
        if not as_json:
            typer.echo(f"  {what}", err=True)

    built = build(project, venue=venue, on_event=tell)
    tell("previews of the tables")
    previews = paper.table_previews(project)
    for warning in built.warnings:
        console.warn(warning)
    if not as_json:
        _files(project.root, [*built.files, *previews], len(built.written))
    pdf = None
    if compile_:
        tell("main.pdf")
        pdf = paper.compile_pdf(project)
        if not as_json:
            typer.echo(f"the paper: {pdf}")
    if as_json:
        console.emit(
            {
                "files": [*map(str, built.files), *map(str, previews)],
                "written": [*map(str, built.written)],
                "warnings": [*built.warnings],
                "uncited": [*built.uncited],
                "pdf": None if pdf is None else str(pdf),
            }
        )
    if built.uncited:
        raise Findings("\n  ".join([*built.uncited, CITE]))


def _files(root: Path, files: list[Path], changed: int) -> None:
    folder = (root / "paper" / "generated").relative_to(root)
    typer.echo(f"{folder.as_posix()}/ ({len(files)} files, {changed} changed)")
    for path in files:
        typer.echo(f"  {path.relative_to(root / folder).as_posix()}")

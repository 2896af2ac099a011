"""paperkit report: from the runs to paper/generated/ and main.pdf; or do they still agree?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paperkit.cli import console
from paperkit.errors import Findings, UserError

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
  paperkit report --check --against project.zip
  paperkit report --freeze submitted
  paperkit report --diff submitted --out changes.tex
"""


Against = Annotated[
    Path | None,
    typer.Option(help="With --check: a zip from Overleaf, or a folder, in place of paper/."),
]
Freeze = Annotated[
    str | None,
    typer.Option(metavar="TAG", help="Keep what the paper prints, in paper/frozen/TAG.json."),
]
Diff = Annotated[
    str | None,
    typer.Option(metavar="TAG", help="Show the numbers and sentences that changed since TAG."),
]
Out = Annotated[
    Path | None,
    typer.Option(help="With --diff: write the list for the response letter, .tex or .md."),
]


def report(
    compile_: Annotated[bool, typer.Option("--compile", help="Make paper/main.pdf, too.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if paper and runs disagree.")
    ] = False,
    against: Against = None,
    freeze: Freeze = None,
    diff: Diff = None,
    out: Out = None,
    venue: Annotated[
        str | None, typer.Option(help="Set for this venue instead of paperkit.yaml's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write the tables, figures, numbers and bibliography of the paper from the runs."""
    from paperkit.cli import reviewed
    from paperkit.project import root

    _one_of(check=check, freeze=freeze, diff=diff, compile=compile_)
    if against is not None and not check:
        raise UserError(
            f"--against belongs to --check: paperkit report --check --against {against}"
        )
    if out is not None and diff is None:
        raise UserError(f"--out belongs to --diff: paperkit report --diff TAG --out {out}")
    project = root.find(Path.cwd())
    if check:
        reviewed.check(project, venue, against, as_json=as_json)
    elif freeze is not None:
        reviewed.freeze(project, freeze, as_json=as_json)
    elif diff is not None:
        reviewed.diff(project, diff, out, as_json=as_json)
    else:
        _build(project, venue, compile_=compile_, as_json=as_json)


def _one_of(**given: object) -> None:
    asked = [f"--{name}" for name, value in given.items() if value not in (None, False)]
    if len(asked) > 1:
        raise UserError(f"{' and '.join(asked)} do different things: give one of them")


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
        _todos(built.todos)
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
                "todos": [*built.todos],
                "pdf": None if pdf is None else str(pdf),
            }
        )
    if built.uncited:
        raise Findings("\n  ".join([*built.uncited, CITE]))


def _todos(keys: tuple[str, ...]) -> None:
    r"""Say which places the drafts leave to the author; keys are what \pkwrite takes."""
    if keys:
        named = ", ".join(dict.fromkeys(key or "without a key" for key in keys))
        what = "place of the text is" if len(keys) == 1 else "places of the text are"
        typer.echo(f"{len(keys)} {what} yours to write (\\pktodo): {named}")


def _files(root: Path, files: list[Path], changed: int) -> None:
    folder = (root / "paper" / "generated").relative_to(root)
    typer.echo(f"{folder.as_posix()}/ ({len(files)} files, {changed} changed)")
    for path in files:
        typer.echo(f"  {path.relative_to(root / folder).as_posix()}")

"""`paperkit modules list`: what there is, without importing torch."""

from typing import TYPE_CHECKING, Annotated

import typer

from paperkit.cli import console
from paperkit.cli.modules import where
from paperkit.errors import UserError

if TYPE_CHECKING:
    from paperkit.zoo.facts import Entry

EXAMPLES = """
Examples:
  paperkit modules list
  paperkit modules list coordinate
  paperkit modules list --kind fusion --year 2021-
  paperkit modules list --arity 2 --json
  paperkit modules list --kind loss
"""


def list_(
    word: Annotated[
        str | None, typer.Argument(help="In the name, title, authors or venue.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="channel, spatial, attention, context, conv, ..., loss."),
    ] = None,
    arity: Annotated[
        int | None, typer.Option("--arity", help="1, or 2 for x and a skip, or logits and classes.")
    ] = None,
    year: Annotated[
        str | None, typer.Option("--year", help="2021, 2021- (and later), 2018-2020.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the modules of the catalogue, and inside a project its own."""
    from paperkit.zoo import facts

    entries = _entries()
    if kind is not None and kind not in {entry.kind for entry in entries}:
        kinds = ", ".join(sorted({entry.kind for entry in entries}))
        raise UserError(f"--kind {kind}: there is no such kind; kinds: {kinds}")
    years = _years(year) if year else None
    found = facts.choose(entries, kind=kind, arity=arity, years=years, word=word)
    if as_json:
        console.emit([entry.as_json() for entry in found])
        return
    columns = ("name", "kind", "inputs", "year", "params at 64", "title")
    typer.echo(console.table(columns, [_row(entry) for entry in found]))
    typer.echo(f"{len(found)} of {len(entries)}; paperkit modules show NAME tells more")


def _entries() -> "list[Entry]":
    """The catalogue; a project's own modules, and its copies in the place of the originals."""
    from paperkit.zoo import facts

    here = where.folder()
    entries = {entry.name: entry for entry in facts.catalogue()}
    if here is not None:
        entries |= {entry.name: entry for entry in facts.of_project(here)}
    return [entries[name] for name in sorted(entries)]


def _row(entry: "Entry") -> list[object]:
    mark = {"copy": "[copied] ", "own": "[yours] "}.get(entry.place, "")
    params = entry.as_json()["parameters"]
    count = "" if params is None or entry.kind == "loss" else f"{params:,}"
    inputs = entry.info.get("arity", 1)
    return [entry.name, entry.kind, inputs, entry.year or "", count, mark + entry.title]


def _years(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    try:
        return int(first or 0), int(last or 9999) if dash else int(first)
    except ValueError:
        raise UserError(f"--year {text}: write 2021, 2021-, -2018 or 2018-2020") from None

"""`paperkit modules show`: all that is known of one module, without importing torch."""

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from paperkit.cli import console
from paperkit.cli.modules import where

if TYPE_CHECKING:
    from paperkit.zoo.facts import Entry

EXAMPLES = """
Examples:
  paperkit modules show coord_att
  paperkit modules show se -C 256
  paperkit modules show cbam --json
  paperkit modules show dice
"""


def show(
    name: Annotated[str, typer.Argument(help="A name of the catalogue or of the project.")],
    channels: Annotated[
        int, typer.Option("-C", "--channels", min=1, help="C, to count the parameters.")
    ] = 64,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show equation, parameters, citation, options and the slots to try first."""
    from paperkit.zoo import facts

    here = where.folder()
    found = facts.target(name, here)
    place = "catalogue"
    if here is not None and found.file.parent == here:
        place = next(e.place for e in facts.of_project(here) if e.file == found.file)
    entry = facts.of_file(found.file, place)
    if as_json:
        options = [vars(option) for option in entry.options]
        keys = ("equation", "symbols")
        more = {key: entry.info.get(key) for key in keys} | {"plugs": entry.plugs()}
        more |= {"commands": entry.commands(), "options": options}
        console.emit(entry.as_json(channels) | more)
        return
    typer.echo("\n".join(_lines(entry, channels)))


def _lines(entry: "Entry", channels: int) -> list[str]:
    info = entry.info
    lines = [f"{entry.name}: {entry.title}" + (f" ({entry.year})" if entry.year else "")]
    if info.get("authors"):
        lines.append("  " + _wrapped(f"{', '.join(info['authors'])}. {info.get('venue', '')}"))
    lines += _takes(entry)
    lines += _block("equation", str(info.get("equation", "")).splitlines())
    lines += _block("where", [f"{key}: {text}" for key, text in _items(info, "symbols")])
    if entry.kind != "loss":
        lines += _block("parameters", _counted(entry, channels))
    lines += _block("needs", [f"{key} {value}" for key, value in _items(info, "needs")])
    lines += _block("needs to be installed", entry.libraries)
    lines += _block("options", [_option(option) for option in entry.options])
    for key in ("components", "variants"):
        lines += _block(key, [f"{name}: {text}" for name, text in _items(info, key)])
    lines += _block("try it", entry.commands())
    lines += _block("cite", str(info.get("bibtex", "")).strip().splitlines())
    lines += _block("licence", [f"{info.get('licence', '?')}; {info.get('source', 'own work')}"])
    return lines


def _takes(entry: "Entry") -> list[str]:
    info = entry.info
    if entry.kind == "loss":
        tasks = " and ".join(info.get("tasks") or ["segmentation"])
        noun = f"in a sentence: {info['noun']}; " if info.get("noun") else ""
        return [f"  kind loss, takes logits and classes; {noun}for {tasks}"]
    inputs = "x and a skip" if info.get("arity") == 2 else "x"
    return [f"  kind {entry.kind}, takes {inputs}, layout {info.get('layout', 'NCHW')}"]


def _counted(entry: "Entry", channels: int) -> list[str]:
    from paperkit.errors import UserError

    if entry.info.get("params") is None:
        return []
    try:
        value = f"{entry.params(channels):,}"
    except UserError as error:
        value = str(error)
    return [f"{entry.info['params']}", f"at C = {channels}: {value}"]


def _option(option: object) -> str:
    name, type_, default, said = (getattr(option, key) for key in vars(option))
    head = name + (f": {type_}" if type_ else "") + (f" = {default}" if default else " (required)")
    return f"{head}\n      {_wrapped(said, 6)}" if said else head


def _items(info: dict[str, object], key: str) -> list[tuple[str, object]]:
    value = info.get(key)
    return list(value.items()) if isinstance(value, dict) else []


def _block(title: str, lines: list[str]) -> list[str]:
    return ["", f"  {title}", *(f"    {line}" for line in lines)] if lines else []


def _wrapped(text: str, indent: int = 2) -> str:
    return textwrap.fill(text, 96, subsequent_indent=" " * indent)

"""`paperkit modules diff`: is my copy right?"""

from typing import Annotated, Any

import typer

from paperkit.cli import console
from paperkit.cli.modules import where
from paperkit.cli.modules.given import values

EXAMPLES = """
Examples:
  paperkit modules diff third_party/CoordAtt.py coord_att
  paperkit modules diff third_party/attention.py:SELayer se
"""


def diff(
    source: Annotated[str, typer.Argument(help="FILE.py[:CLASS], the copy.")],
    name: Annotated[str, typer.Argument(help="The catalogue's module.")],
    given: Annotated[
        list[str] | None, typer.Option("--set", help="ARGUMENT=VALUE of its constructor.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare a copied class with the catalogue's; exit 1 and say what differs."""
    from paperkit import zoo
    from paperkit.zoo import facts, foreign

    zoo.path(name)
    target = facts.target(source, where.folder())
    found = foreign.compared(target, where.project(), values(given), name)
    if as_json:
        console.emit(found)
    else:
        typer.echo(_told(found))
    if not found["same"]:
        raise typer.Exit(1)


def _told(found: dict[str, Any]) -> str:
    yours, name = found["cls"], found["name"]
    parts = []
    if found["params"]:
        rows = [[f"C = {row[0]}", *map(_number, row[1:])] for row in found["params"]]
        parts.append(console.table(("parameters", yours, name), rows))
    if found["layers"]:
        parts.append(console.table((yours, name), found["layers"]))
    if found["same"]:
        parts.append(f"{yours} is the catalogue's {name}: same parameters, same outputs")
    else:
        listed = "\n".join(f"  - {sentence}" for sentence in found["differences"])
        parts.append(f"{yours} differs from the catalogue's {name}:\n{listed}{_rest(found)}")
    return "\n\n".join(parts)


def _number(count: int | None) -> str:
    return "cannot be built" if count is None else f"{count:,}"


def _rest(found: dict[str, Any]) -> str:
    apart = list(found["outputs"].values())
    if not apart or any(value is None or value > 1e-4 for value in apart):
        return ""
    return "\napart from that, outputs under the same weights are equal"

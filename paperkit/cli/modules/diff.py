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
  paperkit modules diff third_party/losses.py:DiceLoss dice
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
        typer.echo(_loss(found) if found.get("kind") == "loss" else _told(found))
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
        parts.append(_differs(found) + _rest(found))
    return "\n\n".join(parts)


def _loss(found: dict[str, Any]) -> str:
    yours, name = found["cls"], found["name"]
    rows = [[row[0], *map(_value, row[1:])] for row in found["values"]]
    parts = [console.table(("on the same probabilities", yours, name), rows)]
    parts += ["\n".join(found["notes"])] if found["notes"] else []
    if found["same"]:
        parts.append(f"{yours} is the catalogue's {name}: same values, same gradients")
    else:
        end = "\napart from that, values are equal" if found["explained"] else ""
        parts.append(_differs(found) + end)
    return "\n\n".join(parts)


def _differs(found: dict[str, Any]) -> str:
    listed = "\n".join(f"  - {sentence}" for sentence in found["differences"])
    return f"{found['cls']} differs from the catalogue's {found['name']}:\n{listed}"


def _value(value: float | None) -> str:
    return "NaN" if value is None else f"{value:.6g}"


def _number(count: int | None) -> str:
    return "cannot be built" if count is None else f"{count:,}"


def _rest(found: dict[str, Any]) -> str:
    apart = list(found["outputs"].values())
    if not apart or any(value is None or value > 1e-4 for value in apart):
        return ""
    return "\napart from that, outputs under the same weights are equal"

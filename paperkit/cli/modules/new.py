"""`paperkit modules new`: a module of one's own, from nothing or from others."""

from pathlib import Path
from typing import Annotated

import typer

from paperkit.errors import UserError

EXAMPLES = """
Examples:
  paperkit modules new my_att
  paperkit modules new my_fuse --fusion
  paperkit modules new my_loss --kind loss
  paperkit modules new my_block --from "parallel(coord_att, scconv23, merge=gate)"
"""


def new(
    name: Annotated[str, typer.Argument(help="Its name in plugs, and of its file: my_att.")],
    expression: Annotated[
        str | None, typer.Option("--from", help="An expression of other modules.")
    ] = None,
    fusion: Annotated[
        bool, typer.Option("--fusion", help="It takes a decoder feature and a skip.")
    ] = False,
    kind: Annotated[str | None, typer.Option("--kind", help="attention, fusion or loss.")] = None,
) -> None:
    """Write modules/NAME.py and tests/test_NAME.py, which work from the start."""
    from paperkit import scaffold
    from paperkit.project import root

    project = root.find(Path.cwd())
    if expression is not None:
        if kind == "loss":
            raise UserError(
                "--from makes a module of modules, not a loss; for a sum of losses write "
                "loss.plus in the configuration, as in loss.plus={dice: 0.5}"
            )
        entry = scaffold.new_composite(project.root, project.package, name, expression)
    else:
        kind = kind or ("fusion" if fusion else "attention")
        entry = scaffold.new_module(project.root, project.package, name, kind=kind)
    parts = entry.info.get("parts")
    made = f", made of {', '.join(parts)}; the paper cites them" if parts else ""
    typer.echo(f"{name}: written ({project.package}/modules/{name}.py){made}")
    typer.echo(f"  its test: tests/test_{name}.py")
    typer.echo(f"  edit it, then: paperkit modules check {name}" if not parts else "", nl=not parts)
    typer.echo(f"  try it: {entry.commands()[0]}")

"""`paperkit eject`: the plugged model as one plain PyTorch file, for the paper's code release."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """
Examples:
  paperkit eject configs/ours.yaml --out release/model.py
  paperkit eject configs/ours.yaml --out model.py --class OurNet
  paperkit eject configs/ours.yaml --out model.py \\
      --weights runs/ablation/full/seed0/checkpoints/best.pt
"""


def eject(
    config: Annotated[
        str, typer.Argument(metavar="CONFIG", help="Configuration whose model is written.")
    ],
    out: Annotated[Path, typer.Option(help="The Python file.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change.")
    ] = None,
    plug: Annotated[
        list[str] | None, typer.Option(help='Plug a module in as well: "SLOT=EXPR".')
    ] = None,
    name: Annotated[str, typer.Option("--class", help="Name of the network's class.")] = "",
    weights: Annotated[
        Path | None, typer.Option(help="A checkpoint of this model: also writes FILE.pt.")
    ] = None,
) -> None:
    """Write the model as one plain PyTorch file, equal in outputs, gradients and parameters."""
    from paperkit.cli.console import warn
    from paperkit.cli.diagram import from_root
    from paperkit.eject import write_ejected
    from paperkit.project import root

    project = root.find(Path.cwd())
    written = write_ejected(
        project,
        out,
        config=from_root(config, project.root),
        overrides=overrides or [],
        plugs=plug or [],
        name=name,
        weights=weights,
    )
    for path in written.files:
        typer.echo(path)
    typer.echo(
        f"{written.top}: {written.params:,} parameters; outputs, gradients and statistics are "
        "equal in training and evaluation",
        err=True,
    )
    if written.fixed:
        warn("the model computes with its input's size; the file takes the configured size only")

"""`paperkit diagram`: the architecture figure of a configuration's model."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """
Examples:
  paperkit diagram configs/ours.yaml
  paperkit diagram configs/baseline.yaml --plug "encoder.*=coord_att" --format svg
  paperkit diagram configs/ours.yaml --format pdf,tikz --out paper/figures/network
"""


def diagram(
    config: Annotated[
        str, typer.Argument(metavar="CONFIG", help="Configuration whose model is drawn.")
    ] = "configs/ours.yaml",
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change.")
    ] = None,
    plug: Annotated[
        list[str] | None, typer.Option(help='Plug a module in as well: "SLOT=EXPR".')
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", help="Of pdf, svg, png, tikz, standalone; with commas.")
    ] = "pdf,tikz,png",
    out: Annotated[
        Path | None,
        typer.Option(help="File for one format, stem for several; default: the config's name."),
    ] = None,
) -> None:
    """Draw the real model of a configuration, what is plugged in highlighted (vector, TikZ)."""
    from paperkit.diagram import draw
    from paperkit.project import root

    project = root.find(Path.cwd())
    wanted = [name.strip() for name in formats.split(",") if name.strip()]
    stem = out or Path(f"{Path(config).stem}-diagram")
    files = draw(
        project,
        config=from_root(config, project.root),
        overrides=overrides or [],
        plugs=plug or [],
        out=_stem(stem, wanted),
        formats=wanted,
        venue=project.settings.venue or project.answers.get("venue", "ieee-journal"),
    )
    for path in files:
        typer.echo(path)


def from_root(config: str, root: Path) -> str:
    """A path as typed, from the folder we stand in if it is there; seen from the project's root."""
    here = (Path.cwd() / config).resolve()
    inside = here.is_file() and here.is_relative_to(root)
    return here.relative_to(root).as_posix() if inside else config


def _stem(out: Path, formats: list[str]) -> Path:
    """Take the ending off that the single format puts on again."""
    from paperkit.diagram.draw import ENDINGS

    ending = ENDINGS.get(formats[0], "") if len(formats) == 1 else ""
    name = out.name.removesuffix(ending) if ending else out.name
    return out.with_name(name)

"""`paperkit modules import`: a copied class becomes a module that can be plugged in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paperkit.cli.modules.check import report
from paperkit.cli.modules.given import values

if TYPE_CHECKING:
    from paperkit.scaffold import Imported

EXAMPLES = """
Examples:
  paperkit modules import third_party/Foo.py:Foo
  paperkit modules import third_party/Foo.py:Foo --cite author2024foo --licence MIT
  paperkit modules import third_party/losses.py:FocalLoss --licence MIT --cite lin2017focal
  paperkit modules import Foo.py --name foo_att --bibtex foo.bib --set num_heads=8
"""


def import_(
    source: Annotated[str, typer.Argument(help="FILE.py:CLASS.")],
    name: Annotated[str | None, typer.Option("--name", help="The module's name in plugs.")] = None,
    cite: Annotated[str | None, typer.Option("--cite", help="A key of paper/refs.bib.")] = None,
    bibtex: Annotated[
        Path | None, typer.Option("--bibtex", help="A file with the paper's entry.")
    ] = None,
    licence: Annotated[
        str, typer.Option("--licence", help="The copied file's; else looked for near it.")
    ] = "",
    given: Annotated[
        list[str] | None, typer.Option("--set", help="ARGUMENT=VALUE of its constructor.")
    ] = None,
) -> None:
    """Find out how a class is built, write modules/NAME.py around it, and check it."""
    from paperkit import scaffold
    from paperkit.project import root
    from paperkit.zoo import facts, foreign

    project = root.find(Path.cwd())
    target = facts.target(source if ".py" in source else f"{source}.py")
    origin = source.rpartition(":")[0] if ".py:" in source else source
    wanted = scaffold.Source(target, origin, cite, bibtex, licence, values(given))
    made = scaffold.import_class(project, wanted, name)
    typer.echo("\n".join(_told(made, project.package)))
    found = foreign.checked(facts.Target(made.entry.file), project)
    typer.echo(report(found["findings"]))
    if not all(row[1] for row in found["findings"]):
        raise typer.Exit(1)


def _told(made: "Imported", package: str) -> list[str]:
    name, found = made.entry.name, made.found
    lines = [
        f"{name}: written ({package}/modules/{name}.py; the copy, word for word: _{name}.py)",
        f"  {found['cls']} {_loss(found) if found['kind'] == 'loss' else _plug(found)}",
        f"  its test: tests/test_{name}.py",
        f"  try it: {made.entry.commands()[0]}",
    ]
    file = f"{package}/modules/{name}.py"
    if not made.cited:
        lines.append(
            f"  no citation: paperkit report will fail on it; fill in title, authors, venue, year, "
            f"key and bibtex in {file}, or say --cite KEY or --bibtex FILE"
        )
    if not made.licence:
        lines.append(
            f"  no licence: without one nobody may publish the copy; ask its author, then fill in "
            f"licence in {file}, or say --licence NAME"
        )
    return lines


def _plug(found: dict[str, Any]) -> str:
    roles = {"in": "channels in", "out": "channels out"}
    widths = ", ".join(f"{key} ({roles[role]})" for key, role in found["roles"].items())
    inputs = "x and a skip" if found["arity"] == 2 else "x"
    return (
        f"takes {widths or 'no channels'}; forward takes {inputs}, layout {found['layout']}; "
        f"kind {found['kind']}"
    )


def _loss(found: dict[str, Any]) -> str:
    inside = {
        "softmax": "logits (softmax inside)",
        "sigmoid": "logits (a sigmoid for each class inside)",
        "none": "probabilities (the softmax is in the class around it)",
    }
    sums = {
        "batch": "all pixels of the batch together",
        "image": "each image alone, then their mean",
        "other": "how images are joined is not clear",
    }
    classes = f"{found['classes']} (classes) and " if found["classes"] else ""
    kept = (
        ""
        if found["pixelwise"]
        else "; it looks at neighbouring pixels, so ignored ones cannot be left out"
    )
    return (
        f"takes {classes}{inside[found['inside']]}, truth as {found['form']}"
        f"{', which comes first' if found['swapped'] else ''}; {sums[found['reduction']]}{kept}"
    )

"""`paperkit check`: will it fit? Seconds, before anything trains, and every problem at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paperkit.cli import console

if TYPE_CHECKING:
    from paperkit.cli.asked import Question

EXAMPLES = """
Examples:
  paperkit check
  paperkit check configs/ours.yaml --plug "skip.*=se"
  paperkit check experiments/ablation.yaml
  paperkit check smp:FPN/resnet18 --plug "encoder.*=se" --size 224 --classes 2
  paperkit check timm:convnext_tiny --slots
"""


def check(
    target: Annotated[
        str | None,
        typer.Argument(metavar="CONFIG|SPEC|MODEL", help="Default: the whole project."),
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Settings to change.")
    ] = None,
    plug: Annotated[
        list[str] | None, typer.Option(help='Plug a module in as well: "SLOT=EXPR".')
    ] = None,
    slots: Annotated[bool, typer.Option("--slots", help="List the slots.")] = False,
    size: Annotated[
        str | None, typer.Option(help="Of a MODEL's images: 224 or 224x320 (H x W).")
    ] = None,
    channels: Annotated[int | None, typer.Option(min=1, help="Of a MODEL's images: 3.")] = None,
    classes: Annotated[int | None, typer.Option(min=1, help="Of a MODEL's answer: 2.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say whether the plugs fit their models, and what they cost; nothing is trained."""
    from paperkit.cli import fit
    from paperkit.cli.asked import Image, question

    settings = [*(overrides or [])]
    if target is not None and "=" in target and not Path(target).is_file():
        settings.insert(0, target)
        target = None
    image = Image(_size(size), channels, classes)
    asked = question(target, overrides=settings, plugs=plug or [], image=image)
    answers = _answers(asked, slots=slots or as_json)
    if as_json:
        console.emit(fit.document(answers, single=asked.single))
        raise typer.Exit(_code(answers))
    if slots:
        typer.echo(fit.slots(answers))
        typer.echo(fit.modules(asked.project) + "\n")
    if not asked.single or answers[0]["input"]:
        typer.echo(fit.shown(answers, single=asked.single))
    _refuse(answers)


def _size(text: str | None) -> tuple[int, int] | None:
    from paperkit.errors import UserError

    if text is None:
        return None
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise UserError(f"--size {text}: write 224, or height and width: 224x320")
    return int(parts[0]), int(parts[-1])


def _answers(asked: "Question", *, slots: bool) -> list[dict[str, Any]]:
    from paperkit import zoo
    from paperkit.project.ask import ask

    request: dict[str, Any] = {"do": "check", "items": asked.items, "slots": slots}
    if any("model" in item for item in asked.items):
        texts = " ".join(text for item in asked.items for text in item["plugs"])
        request["catalogue"] = {name: str(zoo.path(name)) for name in zoo.names()}
        request["refused"] = _ambiguous(texts)
    answers: list[dict[str, Any]] = ask(asked.project, request)["items"]
    return answers


def _ambiguous(text: str) -> dict[str, str]:
    """Return {word: why it is no module} for the words of a text that several papers share."""
    import re

    from paperkit.errors import UserError
    from paperkit.zoo import names, path

    found = {}
    for word in {*re.findall(r"\w+", text)} - {*names()}:
        try:
            path(word)
        except UserError as error:
            found[word] = str(error)
    return found


def _code(answers: Sequence[dict[str, Any]]) -> int:
    """0 fits, 1 does not fit, 2: nothing could be built as it was asked for."""
    from paperkit.cli import fit

    if all(answer["error"] and "trace" not in answer["error"] for answer in answers):
        return 2
    return 1 if any(fit.problems(answer) for answer in answers) else 0


def _refuse(answers: Sequence[dict[str, Any]]) -> None:
    from paperkit.cli import fit
    from paperkit.errors import Findings, UserError

    code = _code(answers)
    if not code:
        return
    single = len(answers) == 1
    lines = [
        ("" if single else f"{answer['id']}: ") + fit.line(answer, problem)
        for answer in answers
        for problem in fit.problems(answer)
    ]
    bad = sum(bool(fit.problems(answer)) for answer in answers)
    head = "does not fit" if single else f"{bad} of {len(answers)} do not fit"
    if code == 2:
        raise UserError("\n".join(dict.fromkeys(lines)))
    raise Findings("\n  ".join([head, *lines]))

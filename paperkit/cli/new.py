"""`paperkit new`: a research repository from a few answers."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paperkit.cli import console
from paperkit.errors import UserError

if TYPE_CHECKING:
    from paperkit.scaffold import Answers, DataReport

EXAMPLES = """
Examples:
  paperkit new my-seg-project
  paperkit new camvid-seg --data ../data/camvid --yes
  paperkit new "My project" --baseline smp:Unet/resnet34 --modules se,cbam --set year=2026
"""


def _text(flag: str, help_: str) -> Any:
    return typer.Option(flag, help=help_, show_default=False)


Name = Annotated[str, typer.Argument(help="Folder of the new project.")]
Task = Annotated[str | None, _text("--task", "segmentation or classification.")]
Baseline = Annotated[
    str | None, _text("--baseline", "Such as unet, deeplabv3plus, resnet50, timm:NAME.")
]
Data = Annotated[str | None, _text("--data", "Folder of images, or torchvision:CIFAR10.")]
Images = Annotated[str | None, _text("--images", 'Such as "{split}/images/{id}.jpg".')]
Masks = Annotated[str | None, _text("--masks", 'Such as "{split}/masks/{id}_mask.png".')]
Labels = Annotated[str | None, _text("--labels", "Table of classes: train.csv or train.csv:dx.")]
Palette = Annotated[
    str | None, _text("--palette", 'Mask value per class: "0,255" or "[[0,0,0],[255,0,0]]".')
]
Modules = Annotated[str | None, _text("--modules", "Catalogue modules to copy: se,cbam.")]
Venue = Annotated[str | None, _text("--venue", "Such as ieee-journal.")]
Author = Annotated[str | None, _text("--author", "First author, in paper and licence.")]
License = Annotated[str | None, _text("--license", "MIT, BSD-3-Clause, Apache-2.0 or none.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]
Set = Annotated[list[str] | None, _text("--set", "Any answer, as key=value; repeatable.")]
AnswersFile = Annotated[Path | None, _text("--answers", "JSON or YAML file of answers.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List the files; write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def new(
    name: Name,
    task: Task = None,
    baseline: Baseline = None,
    data: Data = None,
    images: Images = None,
    masks: Masks = None,
    labels: Labels = None,
    palette: Palette = None,
    modules: Modules = None,
    venue: Venue = None,
    author: Author = None,
    license_: License = None,
    yes: Yes = False,
    set_: Set = None,
    answers: AnswersFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Make a research repository: models with slots, training, tests, experiments, paper."""
    from paperkit import scaffold

    target = Path(name)
    scaffold.check_target(target)
    given: dict[str, Any] = scaffold.read_answers(answers) if answers else {}
    options = {
        "task": task, "baseline": baseline, "data": data, "images": images, "masks": masks,
        "labels": labels, "palette": palette, "modules": modules, "venue": venue, "author": author,
        "license": license_,
    }  # fmt: skip
    given |= {key: value for key, value in options.items() if value is not None}
    given |= dict(map(_pair, set_ or []))
    given.setdefault("project_name", target.name)
    _check_venue(scaffold.make_answers(given).venue)
    if not (yes or as_json or answers) and sys.stdin.isatty() and sys.stdout.isatty():
        given |= _ask(given)
    _make(scaffold.make_answers(given), target, dry_run=dry_run, as_json=as_json)


def _check_venue(venue: str | None) -> None:
    """A new project's paper must compile: not every venue that tables fit has a skeleton."""
    if venue is not None:
        from paperkit.project.venue import VENUES, find_venue

        if not find_venue(venue).skeleton:
            offered = ", ".join(sorted(name for name in VENUES if VENUES[name].skeleton))
            raise UserError(
                f"there is no paper skeleton for '{venue}' yet; take one of {offered}, and fit "
                f"tables and figures with paperkit report --venue {venue}"
            )


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UserError(f"--set {text!r}: expected key=value, such as --set year=2026")
    return key.strip(), value.strip()


def _ask(given: dict[str, Any]) -> dict[str, str]:
    """Ask for what matters most and is not given; an empty answer is the default."""
    questions = {
        "data": "Folder of your data (empty: a built-in synthetic set)",
        "baseline": "Baseline: unet, deeplabv3plus, resnet18, ... (empty: by the task)",
        "author": "Author (empty: fill in later)",
        "license": "License: MIT, BSD-3-Clause, Apache-2.0, none (empty: MIT)",
    }
    said = {
        key: typer.prompt(question, default="", show_default=False).strip()
        for key, question in questions.items()
        if key not in given
    }
    return {key: value for key, value in said.items() if value}


def _make(answers: "Answers", target: Path, *, dry_run: bool, as_json: bool) -> None:
    from paperkit import scaffold

    with console.progress("reading the data") as moved:
        report = scaffold.look_at(answers, progress=moved)
    if report and not as_json:
        typer.echo("\n".join(report.lines()) + "\n")
    files = scaffold.preview(answers, target, report=report) if dry_run or as_json else []
    project = target if dry_run else scaffold.create(
        answers, target, report=report, notify=console.warn
    )  # fmt: skip
    if as_json:
        console.emit(_document(answers, project, report, files))
    elif dry_run:
        typer.echo("\n".join([f"{target} would get {len(files)} files:", *files]))
    else:
        typer.echo(_next(answers, target))


def _document(
    answers: "Answers", project: Path, report: "DataReport | None", files: list[str]
) -> dict[str, Any]:
    derived = answers.derived(report.task if report else None)
    return {
        "project": str(project.absolute()),
        "package": derived.package_name,
        "task": derived.task,
        "data": report and {"name": report.name, "counts": report.counts, "lines": report.lines()},
        "files": files,
    }


def _next(answers: "Answers", target: Path) -> str:
    return (
        f"{target}: ready; your code is in {answers.derived().package_name}/\n\n"
        f"  cd {shlex.quote(str(target))}\n"
        "  python train.py                         # does everything work? seconds on a CPU\n"
        "  paperkit run experiments/ablation.yaml  # train every row of the table\n"
        "  paperkit report --compile               # tables, figures, paper/main.pdf"
    )

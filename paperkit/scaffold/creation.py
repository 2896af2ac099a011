"""Answers -> a new repository, all of it or nothing."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from paperkit.errors import UserError
from paperkit.scaffold import baseline, names
from paperkit.scaffold.answers import Answers
from paperkit.scaffold.data import SOURCE, DataReport, inspect_data, inspect_library
from paperkit.scaffold.manifest import write_manifest
from paperkit.scaffold.modules import copy_modules
from paperkit.scaffold.render import render
from paperkit.scaffold.repository import first_commit

Progress = Callable[[int, int], None]

# answers about the data, which the configuration's block tells
LOOKED_AT = ("data", "data_root", "images", "masks", "palette", "labels")

__all__ = ["check_target", "create", "data_root", "look_at", "preview"]


def create(
    answers: Answers,
    target: Path,
    *,
    report: DataReport | None = None,
    amend: Callable[[Path], None] | None = None,
    notify: Callable[[str], None] | None = None,
) -> Path:
    """Make the project in `target` and return its absolute path.

    Everything is written into a hidden folder beside the target, which is renamed at the end: a
    failure leaves nothing behind.

    Args:
        answers: What the project is made from.
        target: Folder to make; may exist when it is empty.
        report: What `look_at` found in `answers.data`, if the caller asked already.
        amend: Called with the new files' folder before they are recorded and committed.
        notify: Called with a sentence about anything that did not work and is not needed (git).

    Raises:
        UserError: A name, answer, target or data set that cannot be used; nothing was written.
    """
    target = check_target(target)
    report = report or look_at(answers)
    answers = answers.derived(report.task if report else None)
    with _beside(target) as folder:
        project = _write(answers, folder, target, report)
        if amend:
            amend(project)
        write_manifest(project, answers.package_name)
        problem = first_commit(project, answers.author or "paperkit")
        if target.is_dir():
            target.rmdir()  # empty, checked above; Windows renames onto nothing that exists
        project.rename(target)
    if problem and notify:
        notify(problem)
    return target


def preview(answers: Answers, target: Path, *, report: DataReport | None = None) -> list[str]:
    """Return the files that `create` would write, relative to the target; writes nothing there."""
    target = check_target(target)
    report = report or look_at(answers)
    answers = answers.derived(report.task if report else None)
    with tempfile.TemporaryDirectory(prefix="paperkit-new-") as folder:
        project = _write(answers, Path(folder), target, report)
        write_manifest(project, answers.package_name)
        found = sorted(path for path in project.rglob("*") if path.is_file())
        return [path.relative_to(project).as_posix() for path in found]


def look_at(answers: Answers, *, progress: Progress | None = None) -> DataReport | None:
    """Return what the user's data are, or None for the built-in set.

    Args:
        answers: Their data, images, masks, palette, labels and task are used.
        progress: Called with (files read, files in all).

    Raises:
        UserError: The folder cannot be used as it is; the message lists every problem.
    """
    if answers.data is None:
        return None
    if str(answers.data).startswith(SOURCE):
        return inspect_library(str(answers.data), answers.data_root or Path("datasets"))
    return inspect_data(
        answers.data,
        images=answers.images,
        masks=answers.masks,
        palette=answers.palette,
        labels=answers.labels,
        task=answers.wanted_task,
        progress=progress,
    )


def check_target(target: Path) -> Path:
    """Return the target as an absolute path.

    Raises:
        UserError: Its name cannot be used, or something is there already.
    """
    names.check_folder(target.name)
    target = target.parent.resolve() / target.name
    if target.is_dir() and not target.is_symlink():
        inside = sorted(path.name for path in target.iterdir())
        if inside:
            raise UserError(
                f"{target} is not empty ({', '.join(inside[:3])}{', ...' if inside[3:] else ''}); "
                "choose another name, or delete it first"
            )
    elif target.is_symlink() or target.exists():
        raise UserError(f"{target} exists and is not a folder; choose another name")
    return target


def data_root(data: Path, project: Path) -> str:
    """Return the folder of the data as the configuration names it.

    Relative to the project while both are near each other, so that the two can be moved or
    synchronised together; absolute when only the file system's root is above both.
    """
    data, project = data.absolute(), project.absolute()
    for up, folder in enumerate([project, *project.parents[:2]]):
        if folder != Path(folder.anchor) and data.is_relative_to(folder):
            return "/".join([".."] * up + list(data.relative_to(folder).parts)) or "."
    return data.as_posix()


def _write(answers: Answers, folder: Path, target: Path, report: DataReport | None) -> Path:
    project = render(_values(answers, target, report), folder)
    copy_modules(project / answers.package_name / "modules", answers.modules)
    texts = {"split.json": report.split_json, "labels.csv": report.labels_csv} if report else {}
    for name, text in texts.items():
        if text is not None:
            (project / "data").mkdir(exist_ok=True)
            (project / "data" / name).write_text(text, encoding="utf-8", newline="\n")
    return project


def _values(answers: Answers, target: Path, report: DataReport | None) -> dict[str, str]:
    """Return the template's keys that are answered; the others take the template's defaults."""
    fields = answers.model_dump(exclude={*LOOKED_AT, "modules"})
    values = {key: str(value) for key, value in fields.items() if value is not None}
    if answers.baseline:
        values |= baseline.values(answers.baseline)
    if report is not None and answers.data is not None:
        library = str(answers.data).startswith(SOURCE)
        name = report.name if library else _data_name(answers.data)
        root = Path(report.root) if library else answers.data
        values["data_name"] = answers.data_name or name
        values["data_yaml"] = report.yaml_block(data_root(root, target))
    return values


def _data_name(data: Path) -> str:
    name = names.slug(data.resolve().name)
    return "synthetic-data" if name == "synthetic" else name  # that one is the built-in set


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Give a temporary folder next to the target; missing parents stay only after a success."""
    made = [folder for folder in target.parents if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".paperkit-new-", dir=target.parent))
    done = False
    try:
        yield folder
        done = True
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for parent in made if not done else ():
            parent.rmdir()

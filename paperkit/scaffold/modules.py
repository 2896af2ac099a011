"""Copy modules of the catalogue into a project, each with its test; then they are the student's."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.errors import UserError
from paperkit.scaffold.manifest import edited, record

if TYPE_CHECKING:
    from paperkit.zoo.facts import Entry

__all__ = ["Added", "add_modules", "copy_modules"]


@dataclass(frozen=True)
class Added:
    """One module that is now in the project.

    Attributes:
        name: Its name in a plug.
        path: Its file, relative to the project, POSIX style.
        changed: False when the same file was there already.
        info: INFO of the module: title, authors, year, bibtex, licence, kind, recommended.
        plug: The plug to try first, such as ``encoder.*=se``; None for a loss.
        command: What trains with it.
        test: Its test, relative to the project.
        libraries: What it imports that the project may lack.
    """

    name: str
    path: str
    changed: bool
    info: dict[str, Any]
    plug: str | None
    command: str
    test: str
    libraries: tuple[str, ...] = ()


def add_modules(project_root: Path, names: Sequence[str], *, force: bool = False) -> list[Added]:
    """Copy modules and their tests into the project that has this root; all of them or none.

    Args:
        project_root: Folder that holds .paperkit/answers.json.
        names: Names in the catalogue.
        force: Overwrite a copy that the student has edited.

    Raises:
        UserError: An unknown name, or an edited copy that would be lost.
    """
    answers = json.loads((project_root / ".paperkit/answers.json").read_text(encoding="utf-8"))
    package = answers["package_name"]
    folder = project_root / package / "modules"
    before = {name: _bytes(folder / f"{name}.py") for name in names}
    _keep_edits(project_root, package, names, force)
    mine = [] if force else [n for n in names if edited(project_root, f"tests/test_{n}.py")]
    entries = copy_modules(folder, names, keep_tests=mine)
    added = [_added(entry, package, before[entry.name]) for entry in entries]
    written = [a.path for a in added] + [a.test for a in added if a.name not in mine]
    record(project_root, sorted(written), package)
    return added


def copy_modules(
    folder: Path, names: Sequence[str], *, keep_tests: Sequence[str] = ()
) -> "list[Entry]":
    """Copy catalogue files into `folder` and write their tests; return the catalogue's entries.

    Args:
        folder: PROJECT/PACKAGE/modules.
        names: Names in the catalogue.
        keep_tests: Modules whose test is the student's and stays as it is.

    Raises:
        UserError: A name that the catalogue does not have; nothing is copied then.
    """
    if not names:
        return []
    from paperkit import zoo
    from paperkit.scaffold.module_test import module_test
    from paperkit.zoo import facts

    entries = [facts.of_file(zoo.path(name)) for name in dict.fromkeys(names)]
    tests = folder.parents[1] / "tests"
    tests.mkdir(exist_ok=True)
    for entry in entries:
        shutil.copyfile(entry.file, folder / entry.file.name)
        if entry.name not in keep_tests:
            text = module_test(entry, folder.parent.name)
            (tests / f"test_{entry.name}.py").write_text(text, encoding="utf-8", newline="\n")
    return entries


def _added(entry: "Entry", package: str, before: bytes | None) -> Added:
    return Added(
        entry.name,
        f"{package}/modules/{entry.name}.py",
        before != entry.file.read_bytes(),
        entry.info,
        next(iter(entry.plugs()), None),
        entry.commands()[0],
        f"tests/test_{entry.name}.py",
        tuple(entry.libraries),
    )


def _keep_edits(root: Path, package: str, names: Sequence[str], force: bool) -> None:
    from paperkit import zoo

    lost = [
        name
        for name in dict.fromkeys(names)
        if edited(root, f"{package}/modules/{name}.py")
        and _bytes(root / package / "modules" / f"{name}.py") != zoo.path(name).read_bytes()
    ]
    if lost and not force:
        files = ", ".join(f"{package}/modules/{name}.py" for name in lost)
        raise UserError(
            f"{files}: edited since paperkit wrote it; --force overwrites your edits, "
            "or copy the file to another name first"
        )


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None

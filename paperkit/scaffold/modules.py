"""Copy modules of the catalogue into a project; from then on they are the student's."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.scaffold.manifest import edited, record

__all__ = ["Added", "add_modules", "copy_modules"]


@dataclass(frozen=True)
class Added:
    """One module that is now in the project.

    Attributes:
        name: Its name in a plug.
        path: Its file, relative to the project, POSIX style.
        changed: False when the same file was there already.
        info: INFO of the module: title, authors, year, bibtex, licence, kind, recommended.
    """

    name: str
    path: str
    changed: bool
    info: dict[str, Any]

    @property
    def plug(self) -> str:
        """The plug to try first, such as ``encoder.*=se``."""
        slots = self.info.get("recommended") or ["encoder.*"]
        return f"{slots[0]}={self.name}"


def add_modules(project_root: Path, names: Sequence[str], *, force: bool = False) -> list[Added]:
    """Copy modules into the project that has this root; all of them or none.

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
    before = {name: _text(folder / f"{name}.py") for name in names}
    _keep_edits(project_root, package, names, force)
    sources = copy_modules(folder, names)
    places = {name: f"{package}/modules/{name}.py" for name in sources}
    record(project_root, sorted(places.values()), package)
    from paperkit import zoo

    return [
        Added(name, places[name], before[name] != source.read_bytes(), zoo.info(name))
        for name, source in sources.items()
    ]


def copy_modules(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """Copy catalogue files into `folder`; return {name: catalogue file}.

    Raises:
        UserError: A name that the catalogue does not have; nothing is copied then.
    """
    if not names:
        return {}
    from paperkit import zoo

    sources = {name: zoo.path(name) for name in dict.fromkeys(names)}
    for name, source in sources.items():
        shutil.copyfile(source, folder / f"{name}.py")
    return sources


def _keep_edits(root: Path, package: str, names: Sequence[str], force: bool) -> None:
    from paperkit import zoo

    lost = [
        name
        for name in dict.fromkeys(names)
        if edited(root, f"{package}/modules/{name}.py")
        and _text(root / package / "modules" / f"{name}.py") != zoo.path(name).read_bytes()
    ]
    if lost and not force:
        files = ", ".join(f"{package}/modules/{name}.py" for name in lost)
        raise UserError(
            f"{files}: edited since paperkit wrote it; --force overwrites your edits, "
            "or copy the file to another name first"
        )


def _text(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None

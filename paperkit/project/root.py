"""Find the project that a folder belongs to."""

import json
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.errors import UserError

if TYPE_CHECKING:
    from paperkit.project.settings import Settings

__all__ = ["Project", "find"]

ANSWERS = Path(".paperkit", "answers.json")


@dataclass(frozen=True)
class Project:
    """A generated project.

    Attributes:
        root: Absolute path of its folder.
        package: Name of its Python package.
        answers: What `paperkit new` was told (.paperkit/answers.json).
        python: The interpreter that runs its code.
    """

    root: Path
    package: str
    answers: dict[str, Any]
    python: Path

    @cached_property
    def settings(self) -> "Settings":
        """paperkit.yaml, validated; read at the first use."""
        from paperkit.project.settings import read_settings

        return read_settings(self.root)

    def display(self, name: str) -> str:
        """Return the display name of an id (plain text): paperkit.yaml's, else the id itself."""
        return self.settings.names.get(name, name)


def find(start: Path) -> Project:
    """Return the project that holds `start`, walking up.

    Raises:
        UserError: No folder above holds .paperkit/answers.json, or that file is not readable.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / ANSWERS).is_file():
            return _project(folder)
    raise UserError(
        f"no paperkit project in {here} or above (no {ANSWERS.as_posix()}); "
        "change into one, or make one: paperkit new NAME"
    )


def _project(folder: Path) -> Project:
    path = folder / ANSWERS
    try:
        answers = json.loads(path.read_text(encoding="utf-8"))
        package = answers["package_name"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: not the answers of a project ({type(error).__name__}: {error}); "
            "restore it: git checkout .paperkit/answers.json"
        ) from None
    return Project(folder, package, answers, _python(folder))


def _python(folder: Path) -> Path:
    named = os.environ.get("PAPERKIT_PYTHON")
    if named:
        return Path(named)
    for python in (folder / ".venv/bin/python", folder / ".venv/Scripts/python.exe"):
        if python.is_file():
            return python
    return Path(sys.executable)

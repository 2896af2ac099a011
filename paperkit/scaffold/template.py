"""Where the template is: template/ in a checkout, paperkit/_template in an installed wheel."""

import json
from pathlib import Path
from typing import Any

import paperkit
from paperkit.errors import MachineError

__all__ = ["find_template", "questions"]

QUESTIONS = "cookiecutter.json"


def find_template() -> Path:
    """Return the folder that holds cookiecutter.json.

    Raises:
        MachineError: This installation has none.
    """
    package = Path(paperkit.__file__).parent
    for folder in (package / "_template", package.parent / "template"):
        if (folder / QUESTIONS).is_file():
            return folder
    raise MachineError(f"{package} holds no template; install paperkit again from its wheel")


def questions(template: Path) -> dict[str, Any]:
    """Return the keys of the template's cookiecutter.json and their defaults, in order."""
    loaded: dict[str, Any] = json.loads((template / QUESTIONS).read_text(encoding="utf-8"))
    return loaded

"""Ask a child process about a file; the child's mistakes come back as one message."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.project import Project
from paperkit.project.ask import ask
from paperkit.zoo.facts import Target
from paperkit.zoo.foreign import child

__all__ = ["checked", "compared", "inspected"]

Given = Mapping[str, Any]


def checked(target: Target, project: Project | None = None) -> dict[str, Any]:
    """Run the conformance suite: {"cls", "findings": [[check, ok, message]]}. Raises UserError."""
    return _answer("check", target, project, {})


def inspected(target: Target, project: Project | None, given: Given) -> dict[str, Any]:
    """Find out how a class is built and what it takes. Raises UserError."""
    return _answer("inspect", target, project, given)


def compared(target: Target, project: Project | None, given: Given, name: str) -> dict[str, Any]:
    """Compare a class with the catalogue's module `name`. Raises UserError."""
    return _answer("compare", target, project, given, name=name)


def _answer(
    do: str, target: Target, project: Project | None, given: Given, **more: Any
) -> dict[str, Any]:
    folder = target.file.parent
    where = project or Project(folder, "", {}, Path(sys.executable))
    inside = project is not None and folder == project.root / project.package / "modules"
    request = {
        "do": do,
        "file": str(target.file),
        "cls": target.cls,
        "path": [str(where.root)] if inside else [str(folder), str(where.root)],
        "module": f"{where.package}.modules.{target.file.stem}" if inside else "",
        "given": dict(given),
        **more,
    }
    answer: dict[str, Any] = ask(where, request, script=child.__file__)
    if "error" in answer:
        raise UserError(_said(answer["error"]))
    return answer


def _said(error: dict[str, str]) -> str:
    if error["type"] in ("UserError", "UnknownModule"):
        return error["message"]
    trace = f"\n{error['trace']}" if error["trace"] else ""
    return f"{error['file']} cannot be used: {error['type']}: {error['message']}{trace}"

"""The project that we stand in, if any: its modules come before the catalogue's."""

from pathlib import Path
from typing import TYPE_CHECKING

from paperkit.errors import UserError

if TYPE_CHECKING:
    from paperkit.project import Project

__all__ = ["folder", "project"]


def project() -> "Project | None":
    """Return the project around the working folder; None outside of one."""
    from paperkit.project import root

    try:
        return root.find(Path.cwd())
    except UserError:
        return None


def folder() -> Path | None:
    """Return the folder with the project's modules; None outside of a project."""
    here = project()
    return here.root / here.package / "modules" if here else None

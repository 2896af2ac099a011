"""A class from anywhere, copied into a project with a file around it that says what it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.errors import UserError
from paperkit.scaffold.own import check_name, write_module

if TYPE_CHECKING:
    from paperkit.project import Project
    from paperkit.zoo.facts import Entry, Target

__all__ = ["Imported", "Source", "import_class"]


@dataclass(frozen=True)
class Source:
    """Where a class comes from.

    Attributes:
        target: The file and the class.
        origin: The file as the user wrote it.
        cite: A key of paper/refs.bib, or None.
        bibtex: A file with one entry, or None.
        licence: As the user says; "" looks for one in and near the file.
        given: Values for arguments that cannot be guessed.
    """

    target: "Target"
    origin: str
    cite: str | None = None
    bibtex: Path | None = None
    licence: str = ""
    given: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Imported:
    """What was written.

    Attributes:
        entry: The new module.
        found: How the class is built and called (foreign.fitting.Fit, or of a loss
            foreign.loss_fit.LossFit, as plain values).
        licence: Of the copied file; "" if unknown.
        cited: Whether there is a citation.
    """

    entry: "Entry"
    found: dict[str, Any]
    licence: str
    cited: bool


def import_class(project: "Project", source: Source, name: str | None = None) -> Imported:
    """Write modules/NAME.py, modules/_NAME.py (the copy, word for word) and a test.

    Args:
        project: Where to.
        source: Where from.
        name: Of the module; the class's, in small letters, where it is left out.

    Raises:
        UserError: GPL or AGPL; a name that is taken; a class that cannot be built or run.
    """
    from paperkit.zoo import foreign
    from paperkit.zoo.compose.source import camel
    from paperkit.zoo.foreign.cited import licence_near, refuse_copyleft
    from paperkit.zoo.foreign.loss_wrapper import loss_wrapper
    from paperkit.zoo.foreign.wrapper import wrapper

    file = source.target.file
    licence = source.licence or licence_near(file)
    refuse_copyleft(licence, file)
    refuse_copyleft(licence_near(file), file)
    cited = _citation(project, source)
    found = foreign.inspected(source.target, project, source.given or {})
    name = name or _small(found["cls"])
    check_name(project.root, project.package, name)
    write = loss_wrapper if found["kind"] == "loss" else wrapper
    text = write(name, camel(name), found, cited | {"licence": licence}, source.origin)
    files: dict[str, str | bytes] = {f"_{name}.py": file.read_bytes(), f"{name}.py": text}
    entry = write_module(project.root, project.package, name, files)
    return Imported(entry, found, licence, bool(cited["key"]))


def _citation(project: "Project", source: Source) -> dict[str, Any]:
    from paperkit.zoo.foreign.cited import citation

    if source.bibtex is not None:
        return citation(_read(source.bibtex), source.cite)
    if source.cite is None:
        return citation("")
    author = project.root / "paper/refs.bib"
    try:
        return citation(_read(author) or "%", source.cite)
    except UserError as error:
        raise UserError(f"paper/refs.bib: {error}") from None


def _read(file: Path) -> str:
    if not file.is_file():
        raise UserError(f"there is no file {file}")
    return file.read_text(encoding="utf-8")


def _small(cls: str) -> str:
    """CoordAtt -> coord_att, SELayer -> se_layer."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls)
    return re.sub(r"\W+", "_", words).lower().strip("_")

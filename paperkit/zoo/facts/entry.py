"""One line of the list of modules, from the INFO of its file."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.zoo.catalogue import names, path, read_info
from paperkit.zoo.facts.constructor import Option, needs_library, options
from paperkit.zoo.formula import evaluate

__all__ = ["Entry", "catalogue", "choose", "of_file", "of_project"]

REPLACING = ("conv", "block", "up", "down")


@dataclass(frozen=True)
class Entry:
    """A module of the catalogue or of a project.

    Attributes:
        name: Its name in a plug.
        file: Where it is written.
        info: Its INFO; {} where the file has none.
        place: "catalogue"; "copy" in the project, as in the catalogue or edited; "own".
    """

    name: str
    file: Path
    info: dict[str, Any]
    place: str = "catalogue"

    @property
    def kind(self) -> str:
        """INFO's kind; what the slot engine takes where INFO is silent."""
        return str(self.info.get("kind", "attention"))

    @property
    def year(self) -> int | None:
        """The paper's year; None for own work."""
        return self.info.get("year") or None

    @property
    def title(self) -> str:
        """The paper's title; for own work its parts."""
        if self.info.get("title"):
            return str(self.info["title"])
        parts = ", ".join(self.info.get("parts") or [])
        return f"own work, from {parts}" if parts else "own work" if self.info.get("own") else ""

    @cached_property
    def options(self) -> list[Option]:
        """What a plug may set."""
        return options(self.file, self.kind)

    @cached_property
    def libraries(self) -> list[str]:
        """What it imports that a project may lack."""
        return needs_library(self.file)

    def params(self, channels: int) -> int | None:
        """Return the parameters with C channels in and out; None where INFO has no formula.

        Raises:
            UserError: The formula gives no whole number for this C, which the module cannot take.
        """
        formula = self.info.get("params")
        return None if formula is None else evaluate(str(formula), C=channels)

    def plugs(self) -> list[str]:
        """Return the recommended slots as plugs, such as "encoder.*=se"; a loss has none."""
        if self.kind == "loss":
            return []
        slots = self.info.get("recommended") or ["encoder.*"]
        return [f"{slot}{_sign(slot, self.kind)}{self.name}" for slot in slots]

    def commands(self) -> list[str]:
        """Return what to type to train with it: a line for each plug, or one for a loss."""
        if self.kind == "loss":
            return [f"python train.py loss.name={self.name}"]
        return [f'python train.py --plug "{plug}"' for plug in self.plugs()]

    def as_json(self, channels: int = 64) -> dict[str, Any]:
        """Return plain values: INFO's, the place, the parameters at C."""
        keys = ("arity", "title", "year", "bibtex", "params", "authors", "venue", "key", "layout")
        more = ("needs", "components", "recommended", "variants", "licence", "source", "parts")
        loss = ("noun", "tasks") if self.kind == "loss" else ()
        return (
            {"name": self.name, "kind": self.kind}
            | {key: self.info.get(key) for key in (*keys, *more, *loss)}
            | {"parameters": _tried(self, channels), "channels": channels, "place": self.place}
            | {"own": bool(self.info.get("own")), "libraries": self.libraries}
        )


def catalogue() -> list[Entry]:
    """Return all modules of the catalogue, by name."""
    return [of_file(path(name)) for name in names()]


def of_file(file: Path, place: str = "catalogue") -> Entry:
    """Return the entry of a file. Raises UserError where it has no INFO."""
    return Entry(file.stem, file, read_info(file), place)


def of_project(folder: Path) -> list[Entry]:
    """Return the modules in a project's folder `modules`; a file without INFO is listed bare."""
    known = set(names())
    found = []
    for file in sorted(folder.glob("*.py")):
        if file.stem.startswith("_"):
            continue
        place = "copy" if file.stem in known else "own"
        try:
            found.append(of_file(file, place))
        except UserError:
            found.append(Entry(file.stem, file, {}, place))
    return found


def choose(
    entries: Iterable[Entry],
    *,
    kind: str | None = None,
    arity: int | None = None,
    years: tuple[int, int] | None = None,
    word: str | None = None,
) -> list[Entry]:
    """Return the entries that fit all that is asked; `word` is looked for in name and citation."""
    return [
        entry
        for entry in entries
        if (kind is None or entry.kind == kind)
        and (arity is None or entry.info.get("arity", 1) == arity)
        and (years is None or (entry.year is not None and years[0] <= entry.year <= years[1]))
        and (word is None or word.casefold() in _words(entry))
    ]


def _words(entry: Entry) -> str:
    info = entry.info
    said = [entry.name, entry.kind, entry.title, info.get("noun"), info.get("venue")]
    said += info.get("authors") or []
    return " ".join(str(text) for text in said if text).casefold()


def _sign(slot: str, kind: str) -> str:
    """Replace where the slot names a part that the module can stand for; else insert."""
    part = slot.rpartition("/")[2] if "/" in slot else slot
    names_part = "/" in slot or ".block" in part.removesuffix(".branch")
    return ":=" if kind in REPLACING and names_part and not part.endswith(".branch") else "="


def _tried(entry: Entry, channels: int) -> int | None:
    try:
        return entry.params(channels)
    except UserError:
        return None

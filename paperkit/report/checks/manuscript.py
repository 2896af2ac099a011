r"""The author's own LaTeX: paper/*.tex and what they \input; never generated/."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paperkit.report.checks.usage import existing, uncommented

__all__ = ["GENERATED", "Manuscript", "Source", "manuscript"]

GENERATED = "generated"
_INPUT = re.compile(
    r"\\(?:input|include|subfile)\s*\{([^{}\\#]+)\}"
    r"|\\(?:sub)?import\s*\{([^{}\\#]*)\}\s*\{([^{}\\#]+)\}"
)


@dataclass(frozen=True)
class Source:
    r"""One LaTeX file of the author.

    Attributes:
        name: As messages show it, such as paper/sections/results.tex.
        path: Where it lies.
        text: As it is.
        plain: The same with comments blanked, and what \IfFileExists leaves out; positions stay.
    """

    name: str
    path: Path
    text: str
    plain: str


@dataclass(frozen=True)
class Manuscript:
    """The folder of a paper, how messages call it, and the author's files in it."""

    folder: Path
    shown: str
    sources: tuple[Source, ...]

    @property
    def generated(self) -> Path:
        """What paperkit writes."""
        return self.folder / GENERATED


def manuscript(folder: Path, shown: str = "paper") -> Manuscript:
    """Read the author's files of a paper; a character that is not UTF-8 becomes U+FFFD."""
    found: dict[str, Source] = {}
    waiting = sorted(folder.glob("*.tex"))
    while waiting:
        path = waiting.pop(0)
        below = _below(path, folder)
        if below is None or below in found:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        plain = existing(uncommented(text), lambda name: _is_there(folder, name))
        found[below] = Source(f"{shown}/{below}", path, text, plain)
        waiting += _inputs(found[below], folder)
    return Manuscript(folder, shown, tuple(found[name] for name in sorted(found)))


def _is_there(folder: Path, name: str) -> bool:
    path = folder / name.strip()
    return _is_file(path) or _is_file(path.with_name(f"{path.name}.tex"))


def _is_file(path: Path) -> bool:
    """Whether there is such a file; a text may ask for a name that no file can have."""
    try:
        return path.is_file()
    except OSError:
        return False


def _below(path: Path, folder: Path) -> str | None:
    """The path from `folder` on; None for what is not the author's, or not in there."""
    if path.name.startswith(".") or not _is_file(path):
        return None
    whole, top = path.resolve(), folder.resolve()
    if not whole.is_relative_to(top) or whole.is_relative_to(top / GENERATED):
        return None
    return whole.relative_to(top).as_posix()


def _inputs(source: Source, folder: Path) -> Iterator[Path]:
    r"""Files that a source asks for: LaTeX looks from the main file, \subimport from its own."""
    for match in _INPUT.finditer(source.plain):
        name = (match[1] or f"{match[2].rstrip('/')}/{match[3]}").strip()
        for base in (folder, source.path.parent):
            for candidate in (base / f"{name}.tex", base / name):
                if _is_file(candidate):
                    yield candidate

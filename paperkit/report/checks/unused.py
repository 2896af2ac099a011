r"""Generated files that no text uses, and uses of generated files that are not there."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from paperkit.project.nearest import nearest
from paperkit.report.checks.manuscript import GENERATED, Manuscript, Source
from paperkit.report.checks.usage import line_of

__all__ = ["Use", "lost", "unused", "uses"]

_USE = re.compile(
    r"\\(input|include|subfile|includegraphics|adjincludegraphics|includestandalone)"
    r"\s*(?:\[[^\[\]]*\]\s*)*\{([^{}\\#]+)\}"
)
_ASKED = re.compile(r"\\(?:InputIfFileExists|IfFileExists)\s*\{([^{}\\#]+)\}")
_SUFFIXES = {".tex", ".pdf", ".png", ".jpg", ".eps"}


@dataclass(frozen=True)
class Use:
    r"""One \input or \includegraphics: of which file, without its suffix, and where."""

    command: str
    stem: str
    path: str
    place: str


def uses(paper: Manuscript) -> list[Use]:
    """Return every file that the text asks for."""
    return [use for source in paper.sources for use in _uses(source)]


def unused(paper: Manuscript, names: Iterable[str]) -> list[str]:
    """Return those tables and figures that no text uses; none where there is no text at all.

    Args:
        paper: The author's files.
        names: Stems: tab_ablation, fig_curves_ablation.
    """
    if not paper.sources:
        return []
    asked = {use.stem for use in uses(paper)}
    asked |= {_stem(m[1]) for s in paper.sources for m in _ASKED.finditer(s.plain)}
    return [name for name in names if name not in asked]


def lost(paper: Manuscript, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    r"""Yield (place, complaint) for what is used from generated/ and is not there.

    Args:
        paper: The author's files; what \IfFileExists asks for may be missing: it is not used then.
        names: Stems of what the report makes.
    """
    known = {*names}
    there = {path.stem for path in paper.generated.glob("*")}
    for use in uses(paper):
        if GENERATED in PurePosixPath(use.path).parts and use.stem not in known | there:
            close = nearest(use.stem, sorted(known))
            end = close if close.startswith("; did") else ""
            yield use.place, f"\\{use.command}{{{use.path}}}: the report makes no such file{end}"


def _uses(source: Source) -> Iterator[Use]:
    for match in _USE.finditer(source.plain):
        path = match[2].strip()
        place = f"{source.name}:{line_of(source.plain, match.start())}"
        yield Use(match[1], _stem(path), path, place)


def _stem(path: str) -> str:
    name = PurePosixPath(path.strip())
    return name.stem if name.suffix in _SUFFIXES else name.name

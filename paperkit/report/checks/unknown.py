r"""Macros of paperkit that a text uses and macros.tex does not define, with the nearest."""

import difflib
import re
from collections.abc import Iterator, Set

from paperkit.project.nearest import nearest
from paperkit.report.checks.manuscript import Manuscript
from paperkit.report.checks.usage import Asked, asked, line_of, taken

__all__ = ["defined", "unknown_macros"]

_PUT = re.compile(r"^\\pk@put\{([^{}]*)\}", re.M)
_COMMAND = re.compile(r"\\(pk[A-Za-z]+)")
_BEGIN = re.compile(r"\\begin\{(pk[A-Za-z]*)\}")
_DEFINES = re.compile(
    r"\\(?:\w*command|\w*def|let|newenvironment|DeclareRobustCommand)\*?\s*\{?\\?$"
)
CLOSE = "; did you mean"
ALIKE = 0.8  # pkcation and pkcaption are, pkg and pksign are not
_KIND = {"pkcaption": "table or figure", "pksetup": "experiment", "pkcites": "experiment"}


def defined(macros: str) -> set[str]:
    r"""Return what \pk@put defines in macros.tex: keys, caption:NAME, setup:EXPERIMENT, ..."""
    return set(_PUT.findall(macros))


def unknown_macros(paper: Manuscript, macros: str) -> Iterator[tuple[str, str]]:
    r"""Yield (place, complaint) for every \pk{...}, \pkcaption{...}, \pk... that is not defined.

    Args:
        paper: The author's files.
        macros: The text of macros.tex.
    """
    known = defined(macros)
    commands = {match[1] for match in _COMMAND.finditer(macros)} | {"pktable"}
    commands |= {name for source in paper.sources for name in _own(source.plain)}
    for source in paper.sources:
        plain = taken(source.plain, known)
        found = [(use.start, _complaint(use, known)) for use in asked(plain)]
        found += list(_commands(plain, commands))
        for start, complaint in sorted(found):
            if complaint:
                yield f"{source.name}:{line_of(plain, start)}", complaint


def _complaint(use: Asked, known: Set[str]) -> str:
    """What is wrong with one use; empty where nothing is."""
    if use.key in known:
        return ""
    if use.macro == "pk":
        return f"\\pk{{{use.name}}} is no known result{_nearest_key(use.name, known)}"
    prefix = use.key.removesuffix(use.name)
    there = sorted(key.removeprefix(prefix) for key in known if key.startswith(prefix))
    what = f"\\{use.macro}{{{use.name}}}: no such {_KIND[use.macro]}"
    return what + nearest(use.name, there)


def _nearest_key(name: str, known: Set[str]) -> str:
    """Of thousands of keys only those are compared that share most parts with the wrong one."""
    parts = set(name.split("/"))
    keys = [key for key in known if "/" in key and ":" not in key]
    shared = {key: len(parts & set(key.split("/"))) for key in keys}
    most = max(shared.values(), default=0)
    close = nearest(name, sorted(key for key in keys if shared[key] == most)[:500])
    return close if close.startswith(CLOSE) else "; all keys: generated/macros.tex"


def _own(plain: str) -> Iterator[str]:
    """Names that the author defines."""
    for match in _COMMAND.finditer(plain):
        if _DEFINES.search(plain, max(match.start() - 40, 0), match.start()):
            yield match[1]
    for match in re.finditer(r"\\newenvironment\*?\{(pk\w+)\}", plain):
        yield match[1]


def _commands(plain: str, known: Set[str]) -> Iterator[tuple[int, str]]:
    r"""Misspelt ones only: a class may have a \pkg of its own, and LaTeX reports the rest."""
    for pattern, what in ((_COMMAND, "macro"), (_BEGIN, "environment")):
        for match in pattern.finditer(plain):
            close = difflib.get_close_matches(match[1], sorted(known), n=1, cutoff=ALIKE)
            if match[1] not in known and close:
                words = f"is no {what} of paperkit; did you mean '{close[0]}'?"
                yield match.start(), f"{match[0]} {words}"

r"""Which results the paper's text asks for: \pk{KEY}, but for comments and untaken branches."""

import re
from collections.abc import Collection, Iterator

__all__ = ["used_keys"]

_IF = re.compile(r"\\pkif\s*\{")
_USE = re.compile(r"\\pk\s*\{([^{}\\#]*)\}")


def used_keys(text: str, known: Collection[str]) -> Iterator[tuple[str, int]]:
    r"""Yield (key, line) of every \pk{key} that would be typeset.

    Args:
        text: LaTeX source.
        known: Keys that have a number: they decide which branch of \pkif is taken.
    """
    plain = _taken(_uncommented(text), known)
    for match in _USE.finditer(plain):
        yield match[1].strip(), plain.count("\n", 0, match.start()) + 1


def _uncommented(text: str) -> str:
    return re.sub(r"(?<!\\)((?:\\\\)*)%[^\n]*", r"\1", text)


def _taken(text: str, known: Collection[str]) -> str:
    r"""Blank the branches of \pkif that are not taken; line breaks stay."""
    at = 0
    while match := _IF.search(text, at):
        at = match.end()
        groups = _groups(text, match.end() - 1, 3)
        if len(groups) == 3:
            key = text[groups[0][0] : groups[0][1]]
            start, end = groups[2] if key in known else groups[1]
            text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return text


def _groups(text: str, at: int, count: int) -> list[tuple[int, int]]:
    """Insides of up to `count` brace groups that follow each other from position `at`."""
    found: list[tuple[int, int]] = []
    while len(found) < count and at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if text[at] != "{" or (end := _closing(text, at)) is None:
            break
        found.append((at + 1, end))
        at = end + 1
    return found


def _closing(text: str, opening: int) -> int | None:
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.S).finditer(text, opening):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return None

r"""What the paper's text asks for: \pk{KEY} and its kin, but for comments and untaken branches.

Everything here keeps the length of a text: what does not count is blanked, so that a position is
the same in the source and in what is left of it.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

__all__ = ["Asked", "asked", "blank", "closing", "existing", "line_of", "taken", "uncommented"]

_IF = re.compile(r"\\pkif\s*\{")
_IF_THERE = re.compile(r"\\(?:Input)?IfFileExists\s*\{")
_ASK = re.compile(r"\\(pk|pkcaption|pksetup|pkcites)\s*\{([^{}\\#]*)\}")
_COMMENT = re.compile(r"(?<!\\)(?:\\\\)*(%[^\n]*)")
_VERB = re.compile(r"\\(?:verb|lstinline)\*?([^\w\s{*])[^\n]*?\1")
_UNSET = re.compile(
    r"\\begin\{(verbatim\*?|lstlisting|minted|comment)\}.*?\\end\{\1\}|\\iffalse\b.*?\\fi\b", re.S
)
PREFIX = {"pk": "", "pkcaption": "caption:", "pksetup": "setup:", "pkcites": "cites:"}


@dataclass(frozen=True)
class Asked:
    r"""One use of a macro that takes a name: \pk{key} is ("pk", "key"), from `start` on."""

    macro: str
    name: str
    start: int

    @property
    def key(self) -> str:
        r"""What macros.tex calls it: caption:tab_x for \pkcaption{tab_x}."""
        return PREFIX[self.macro] + self.name


def asked(plain: str) -> Iterator[Asked]:
    r"""Yield every \pk, \pkcaption, \pksetup and \pkcites of a text that `taken` has blanked."""
    for match in _ASK.finditer(plain):
        yield Asked(match[1], match[2].strip(), match.start())


def line_of(text: str, at: int) -> int:
    """Return the line (from 1) of a position."""
    return text.count("\n", 0, at) + 1


def blank(text: str, start: int, end: int) -> str:
    """Return the text with spaces from `start` to `end`; line breaks stay."""
    return text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]


def uncommented(text: str) -> str:
    r"""Blank comments, verbatim text and \iffalse ... \fi."""
    # \verb|%| holds no comment, and a comment may speak of \begin{verbatim}
    text = _VERB.sub(lambda match: " " * len(match[0]), text)
    text = _COMMENT.sub(lambda match: match[0].removesuffix(match[1]) + " " * len(match[1]), text)
    return _UNSET.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def taken(text: str, known: Collection[str]) -> str:
    r"""Blank the branches of \pkif that are not taken."""
    return _branches(text, _IF, lambda key: key in known)


def existing(text: str, there: Callable[[str], bool]) -> str:
    r"""Blank the branches of \IfFileExists and \InputIfFileExists that are not taken."""
    return _branches(text, _IF_THERE, there)


def _branches(text: str, pattern: re.Pattern[str], holds: Callable[[str], bool]) -> str:
    at = 0
    while match := pattern.search(text, at):
        at = match.end()
        groups = _groups(text, match.end() - 1, 3)
        if len(groups) == 3:
            condition = text[groups[0][0] : groups[0][1]]
            text = blank(text, *(groups[2] if holds(condition) else groups[1]))
    return text


def _groups(text: str, at: int, count: int) -> list[tuple[int, int]]:
    """Insides of up to `count` brace groups that follow each other from position `at`."""
    found: list[tuple[int, int]] = []
    while len(found) < count and at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if text[at] != "{" or (end := closing(text, at)) is None:
            break
        found.append((at + 1, end))
        at = end + 1
    return found


def closing(text: str, opening: int) -> int | None:
    """Return where the brace closes that opens at `opening`; None where it does not."""
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.S).finditer(text, opening):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return None

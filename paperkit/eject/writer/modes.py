"""One forward from two: what a module does while it trains, and while it does not."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from .body import Body

__all__ = ["filled", "holes", "merged", "skeleton"]

HOLE = re.compile("\x01(.*?)\x02")


def holes(line: str) -> list[str]:
    """Return the numbers and truth values of a line."""
    return HOLE.findall(line)


def skeleton(line: str) -> str:
    """Return a line without its numbers and truth values."""
    return HOLE.sub("\x01\x02", line)


def filled(line: str, texts: Sequence[str]) -> str:
    """Return a line with texts in the places of its numbers."""
    given = iter(texts)
    return HOLE.sub(lambda _: next(given), line)


def merged(training: Body | None, evaluating: Body | None) -> Body | None:
    """Return one body. Flags become self.training; else the lines that differ are in an if."""
    if training is None or evaluating is None or training.lines == evaluating.lines:
        return training or evaluating
    one, two = training.lines, evaluating.lines
    matcher = SequenceMatcher(None, [*map(skeleton, one)], [*map(skeleton, two)], autojunk=False)
    lines: list[str] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        flags = list(map(_flags, one[a:b], two[c:d])) if tag == "equal" else [None]
        known = [line for line in flags if line is not None]
        lines += known if len(known) == len(flags) else _either(one[a:b], two[c:d])
    return Body(training.arguments, lines, training.returns)


def _either(training: list[str], evaluating: list[str]) -> list[str]:
    if not training:
        return ["if not self.training:", *_indented(evaluating)]
    lines = ["if self.training:", *_indented(training)]
    if training[-1].startswith("return"):
        return [*lines, *evaluating]
    return [*lines, "else:", *_indented(evaluating)] if evaluating else lines


def _flags(one: str, two: str) -> str | None:
    """Return a line in which truth values that follow the mode are self.training."""
    pairs = iter(zip(holes(one), holes(two), strict=True))
    wrong = False

    def exchange(match: re.Match[str]) -> str:
        nonlocal wrong
        pair = next(pairs)
        if pair[0] == pair[1]:
            return match.group()
        wrong = wrong or set(pair) != {"True", "False"}
        return "self.training" if pair[0] == "True" else "not self.training"

    line = HOLE.sub(exchange, one)
    return None if wrong else line


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]

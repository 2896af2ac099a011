"""One loop for calls that a loop made: for block in self.blocks: x = block(x)."""

import re
from collections.abc import Callable, Sequence

from .looks import singular

__all__ = ["rolled"]

CALL = re.compile(r"(?:(\w+) = |return )(self(?:\.\w+)+)\[(\d+)\]\((\w+)\)")


def rolled(lines: Sequence[str], length: Callable[[str], int]) -> list[str]:
    """Return the lines of a forward with loops over whole lists.

    Args:
        lines: As they were traced, one call after the other.
        length: From self.blocks to its number of items; 0 where it is no list.
    """
    found: list[str] = []
    place = 0
    while place < len(lines):
        loop = _loop(lines, place, length)
        found += loop[0] or [lines[place]]
        place += loop[1]
    return found


def _loop(lines: Sequence[str], start: int, length: Callable[[str], int]) -> tuple[list[str], int]:
    """Return a loop that starts at a line, and how many lines it stands for."""
    first = CALL.fullmatch(lines[start])
    count = length(first[2]) if first and first[3] == "0" else 0
    calls = [CALL.fullmatch(line) for line in lines[start : start + count]]
    if count < 2 or len(calls) < count:
        return [], 1
    name = first[4] if first else ""
    for number, call in enumerate(calls):
        last = number == count - 1
        same = call and first and (call[2], call[4]) == (first[2], name)
        if not same or not call or call[3] != str(number) or call[1] not in (name, None):
            return [], 1
        if call[1] is None and not last:
            return [], 1
    path = first[2] if first else ""
    item = singular(path.rpartition(".")[2])
    others = "\n".join(lines)
    if item == path.rpartition(".")[2] or re.search(rf"(?<!\.)\b{item}\b", others):
        item = "layer"
    loop = [f"for {item} in {path}:", f"    {name} = {item}({name})"]
    end = calls[-1]
    return [*loop, *([f"return {name}"] if end and end[1] is None else [])], count

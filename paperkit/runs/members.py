"""Parse objects that share most of their members, such as ten thousand run.json, in less time.

Generated code writes an object with one member after the other, each at the start of a line behind
one space. A line break stands in no JSON string, so that a text may be cut there: what has no
bracket is a part of the object itself, and what has one is kept, because it is the same in most
runs (packages, citations, the model). Whoever has another layout is parsed as a whole.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic_core import from_json

__all__ = ["members"]

_START, _BETWEEN, _END = '{\n "', ',\n "', "\n}\n"
Made = TypeVar("Made")


def members(
    text: str, kept: Callable[[str], tuple[dict[str, Any], dict[str, Made]]]
) -> tuple[dict[str, Any], dict[str, Made]] | None:
    """Return the object in a text, and what was made of its members.

    Args:
        text: Of a JSON file.
        kept: Takes a member without the quotation mark at its start; returns it as an object, and
            what is made of it. It is what should remember its results.

    Returns:
        None where the text must be parsed as a whole: it is cut differently, it is no JSON, or a
        key stands twice.
    """
    if not text.startswith(_START) or not text.endswith(_END):
        return None
    found: dict[str, Any] = {}
    made: dict[str, Made] = {}
    flat, count = [], 0
    try:
        for piece in text[len(_START) : -len(_END)].split(_BETWEEN):
            if "{" in piece or "[" in piece:
                member, record = kept(piece)
                found |= member
                made |= record
                count += len(member)
            else:
                flat.append(piece)
        # without an opening bracket none of these can reach into the next
        rest = from_json('{"' + ',"'.join(flat) + "}") if flat else {}
    except ValueError:
        return None
    found |= rest
    return (found, made) if len(found) == count + len(rest) else None

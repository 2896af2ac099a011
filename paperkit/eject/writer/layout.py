"""Constructors and statements as lines of at most 88 characters, as the formatters leave them."""

import re
from typing import Any

from .make import Make, Param, code
from .tensors import Raw

__all__ = ["WIDTH", "construct", "statement"]

WIDTH = 88
SHORT = 44  # of a loop in one line, which stands far to the right
CLOSING = {"[": "]", "{": "}", "OrderedDict(": ")"}


def construct(prefix: str, make: Make, indent: int, suffix: str = "") -> list[str]:
    """Return ``prefix make suffix`` in lines; what is too long has one argument in each line."""
    return _lines(prefix, make, indent, suffix)


def statement(text: str, indent: int) -> list[str]:
    """Return a statement in lines, broken at the arguments of its last call if it is too long."""
    line = " " * indent + text
    opening = _last_bracket(text) if len(line) > WIDTH else None
    if opening is None:
        return [line]
    halves = _halves(text, opening)
    if halves:
        return [line for half in halves for line in statement(half, indent)]
    lines = [" " * indent + text[: opening + 1]]
    for part in _split(text[opening + 1 : -1]):
        lines += _comma(statement(part, indent + 4))
    return [*lines, " " * indent + text[-1]]


def _halves(text: str, opening: int) -> list[str]:
    """Write x = a(...).b(...) as x = a(...) and x = x.b(...)."""
    match = re.match(r"(\w+) = (.*[)\]])(\.\w+)$", text[:opening])
    if match is None or re.search(rf"\b{match[1]}\b", text[opening:]):
        return []
    name, first, method = match.groups()
    return [f"{name} = {first}", f"{name} = {name}{method}{text[opening:]}"]


def _last_bracket(text: str) -> int | None:
    """Return where the bracket opens that closes at the end of a text."""
    if not text.endswith((")", "]")):
        return None
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] in ")]}") - (text[place] in "([{")
        if depth == 0:
            index = text[place] == "[" and re.search(r"[\w)\]]$", text[:place])
            return None if index or place + 2 >= len(text) else place
    return None


def _split(inside: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, character in enumerate(inside):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append(inside[start:place].strip())
            start = place + 1
    return [*parts, inside[start:].strip()] if inside[start:].strip() else parts


def _comma(lines: list[str]) -> list[str]:
    return [*lines[:-1], f"{lines[-1]},"]


def _lines(prefix: str, value: Any, indent: int, suffix: str) -> list[str]:
    space = " " * indent
    line = f"{space}{prefix}{_one(value)}{suffix}"
    if len(line) <= WIDTH or not isinstance(value, Make) or not value.fields:
        return [line]
    lines, wraps = [f"{space}{prefix}{_head(value)}("], _wraps(value)
    for depth, word in enumerate(wraps, 1):
        lines.append(f"{space}{' ' * 4 * depth}{word}")
    inner = indent + 4 * (len(wraps) + 1)
    for name, item in _inner(value):
        paired = name.startswith("(")
        lines += _pair(name, item, inner) if paired else _lines(name, item, inner, ",")
    for depth in range(len(wraps), 0, -1):
        lines.append(f"{space}{' ' * 4 * depth}{CLOSING[wraps[depth - 1]]}")
    return [*lines, f"{space}){suffix}"]


def _head(make: Make) -> str:
    return make.head if isinstance(make.head, str) else str(make.head.name)


def _pair(name: str, item: Any, indent: int) -> list[str]:
    """Return ("name", Layer(...)), of an OrderedDict."""
    line = f"{' ' * indent}{name}, {_one(item)}),"
    if len(line) <= WIDTH:
        return [line]
    return [
        f"{' ' * indent}(",
        f"{' ' * (indent + 4)}{name[1:]},",
        *_lines("", item, indent + 4, ","),
        f"{' ' * indent}),",
    ]


def _wraps(make: Make) -> list[str]:
    if make.head == "nn.ModuleList":
        return [] if _repeated(make) else ["["]
    if make.head == "nn.ModuleDict":
        return ["{"]
    return ["OrderedDict(", "["] if make.keys else []


def _repeated(make: Make) -> bool:
    """Tell whether a list is written as one loop."""
    values = [f.value for f in make.fields]
    equal = len(values) > 2 and all(value == values[0] for value in values)
    return equal and bool(_loop(values[0], len(values)))


def _loop(value: Any, count: int) -> str:
    """Return the code of equal layers, "" where it would be too long."""
    loop = f"{_one(value)} for _ in range({count})"
    return loop if len(loop) < SHORT else ""


def _inner(make: Make) -> list[tuple[str, Any]]:
    """Return what stands in the brackets: name and value of each."""
    if make.head == "nn.ModuleDict":
        return [(f"{code(key)}: ", f.value) for key, f in zip(make.keys, make.fields, strict=True)]
    if make.keys:
        return [(f"({code(key)}", f.value) for key, f in zip(make.keys, make.fields, strict=True)]
    if make.head in ("nn.Sequential", "nn.ModuleList", "super().__init__"):
        return _runs(make)
    found, placed = [], True
    for given in make.fields:
        if _is_default(given.value, given.default):
            placed = False
            continue
        placed = placed and given.placed
        found.append(("" if placed else f"{given.name}=", given.value))
    return found


def _runs(make: Make) -> list[tuple[str, Any]]:
    """Write three and more equal layers as one line."""
    found: list[tuple[str, Any]] = []
    values = [f.value for f in make.fields]
    start = 0
    while start < len(values):
        end = start
        while end < len(values) and values[end] == values[start]:
            end += 1
        count = end - start
        loop = _loop(values[start], count)
        if count > 2 and loop:
            alone = make.head == "nn.ModuleList" and count == len(values)
            found.append(("", Raw(loop if alone else f"*({loop})")))
        else:
            found += [("", value) for value in values[start:end]]
        start = end
    return found


def _is_default(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _one(value: Any) -> str:
    """Return a value in one line."""
    if isinstance(value, Param):
        return f"{value.times} * {value.name}" if value.times > 1 else value.name
    if isinstance(value, Raw):
        return str(value)
    if not isinstance(value, Make):
        return code(value, _one)
    head = _head(value)
    inside = [
        f"{name}, {_one(item)})" if name.startswith("(") else f"{name}{_one(item)}"
        for name, item in _inner(value)
    ]
    text = ", ".join(inside)
    if not head and len(inside) == 1:
        return text
    for word in reversed(_wraps(value)):
        text = {"[": f"[{text}]", "{": f"{{{text}}}"}.get(word, f"OrderedDict({text})")
    return f"{head}({text})"

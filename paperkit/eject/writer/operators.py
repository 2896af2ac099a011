"""How a call of torch is written: operators as operators, defaults left out."""

import inspect
import json
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch.nn import functional

from .values import Step, Value

__all__ = ["ATOM", "HOLE", "Text", "call", "literal", "wrap"]

Text = tuple[str, int]  # the code, and how tightly it binds
ATOM, POWER, SIGN, TIMES, PLUS, SHIFT, COMPARE = 9, 8, 7, 6, 5, 4, 1
HOLE = "\x01{}\x02"  # a number that instances of one class may differ in

BINARY = {
    "add": ("+", PLUS),
    "sub": ("-", PLUS),
    "mul": ("*", TIMES),
    "div": ("/", TIMES),
    "__truediv__": ("/", TIMES),
    "true_divide": ("/", TIMES),
    "matmul": ("@", TIMES),
    "__floordiv__": ("//", TIMES),
    "remainder": ("%", TIMES),
    "__matmul__": ("@", TIMES),
    "__pow__": ("**", POWER),
    "pow": ("**", POWER),
    "__add__": ("+", PLUS),
    "gt": (">", COMPARE),
    "lt": ("<", COMPARE),
    "ge": (">=", COMPARE),
    "le": ("<=", COMPARE),
    "eq": ("==", COMPARE),
    "ne": ("!=", COMPARE),
    "__and__": ("&", 3),
    "__or__": ("|", 2),
    "__mul__": ("*", TIMES),
    "__sub__": ("-", PLUS),
    "__eq__": ("==", COMPARE),
}
SWAPPED = {
    "__rsub__": ("-", PLUS),
    "__rtruediv__": ("/", TIMES),
    "__rdiv__": ("/", TIMES),
    "__rpow__": ("**", POWER),
    "__radd__": ("+", PLUS),
    "__rmul__": ("*", TIMES),
    "__rmatmul__": ("@", TIMES),
    "__rfloordiv__": ("//", TIMES),
}
IN_PLACE = {"add_": "+=", "sub_": "-=", "mul_": "*=", "div_": "/=", "__iadd__": "+="}
SIZES = {"+": PLUS, "-": PLUS, "*": TIMES, "//": TIMES, "/": TIMES, "%": TIMES, "**": POWER}
Say = Callable[[Any], Text]


def call(step: Step, say: Say) -> Text:
    """Return the code of a step that calls torch; ``say`` writes arguments."""
    home, _, short = step.target.rpartition(".")
    args, kwargs = list(step.args), _told(step)
    if home == "torch.Tensor":
        return _method(short, args, kwargs, say)
    prefix = {"torch.nn.functional": "F", "torch.functional": "torch"}.get(home, home)
    if home.startswith("torchvision"):
        prefix = f"torch.ops.{home}"
    return f"{prefix}.{short}({_arguments(args, kwargs, say)})", ATOM


def _method(short: str, args: list[Any], kwargs: dict[str, Any], say: Say) -> Text:
    if len(args) == 2 and not kwargs:
        if short in BINARY:
            return binary(*BINARY[short], say(args[0]), say(args[1]))
        if short in SWAPPED:
            return binary(*SWAPPED[short], say(args[1]), say(args[0]))
        if short in IN_PLACE:
            return f"{wrap(say(args[0]), ATOM)} {IN_PLACE[short]} {say(args[1])[0]}", 0
        if short == "__getitem__":
            return f"{wrap(say(args[0]), ATOM)}[{_index(args[1], say)}]", ATOM
    if short == "neg":
        return f"-{wrap(say(args[0]), SIGN)}", SIGN
    if short == "__setitem__":
        place = f"{wrap(say(args[0]), ATOM)}[{_index(args[1], say)}]"
        return f"{place} = {say(args[2])[0]}", 0
    return f"{wrap(say(args[0]), ATOM)}.{short}({_arguments(args[1:], kwargs, say)})", ATOM


def binary(symbol: str, tight: int, left: Text, right: Text) -> Text:
    """Return ``left symbol right`` with the parentheses that it needs, and no others."""
    if symbol == "**":
        sides = wrap(left, ATOM), wrap(right, SIGN)
        close = all(_simple(side) for side in sides)
        return ("**" if close else " ** ").join(sides), POWER
    return f"{wrap(left, tight)} {symbol} {wrap(right, tight + 1)}", tight


def wrap(text: Text, tight: int) -> str:
    """Return the code, in parentheses where it binds less tightly than what is around it."""
    return text[0] if text[1] >= tight else f"({text[0]})"


def _simple(text: str) -> bool:
    bare = text.replace("\x01", "").replace("\x02", "")
    return bare.lstrip("-").replace(".", "").isalnum()


def _arguments(args: list[Any], kwargs: dict[str, Any], say: Say) -> str:
    parts = [say(arg)[0] for arg in args]
    return ", ".join([*parts, *(f"{key}={say(value)[0]}" for key, value in kwargs.items())])


def _index(index: Any, say: Say) -> str:
    if isinstance(index, tuple) and index:
        text = ", ".join(_index(part, say) for part in index)
        return text if len(index) > 1 else f"{text},"
    if not isinstance(index, slice):
        return say(index)[0]
    ends = ["" if part is None else say(part)[0] for part in (index.start, index.stop)]
    space = "" if all(not end or _plain(end) for end in ends) else " "
    text = f"{ends[0]}{space if ends[0] else ''}:{space if ends[1] else ''}{ends[1]}"
    return text if index.step is None else f"{text}:{say(index.step)[0]}"


def _plain(text: str) -> bool:
    """Tell whether a slice's end is a name or a number, which the formatters do not space."""
    bare = text.replace("\x01", "").replace("\x02", "")
    return bare.lstrip("-").replace("_", "").isalnum()


def literal(value: Any) -> str:
    """Return the code of a constant."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, bool | int | float):
        return HOLE.format(repr(value))
    if value is ...:
        return "..."
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, torch.device):
        return f'torch.device("{value}")'
    return repr(value)


def _told(step: Step) -> dict[str, Any]:
    """Leave out keyword arguments that have their default value."""
    defaults = _defaults(step.target)
    return {
        key: value
        for key, value in step.kwargs.items()
        if isinstance(value, Value)
        or key not in defaults
        or key == "training"  # it follows the mode
        or not _same(value, defaults[key])
    }


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


@cache
def _defaults(name: str) -> dict[str, Any]:
    home, _, short = name.rpartition(".")
    if home != "torch.nn.functional":
        return {}
    function = getattr(functional, f"_{short}", None) or getattr(functional, short, None)
    try:
        given = inspect.signature(function).parameters  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return {}
    return {key: p.default for key, p in given.items() if p.default is not p.empty}

"""Numbers that remember where they come from, so that sizes stay sizes in the written code.

``x.shape[2] // 2`` is a number while the model runs, and the same expression in the file.
Comparisons give plain truth values: checks of the input's size do not end up in the file.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

from .values import Graph, Value

__all__ = ["Dim", "Real", "Sized", "plain"]


class Sized:
    """What Dim and Real share: the graph that they belong to, and their value there."""

    graph: Graph
    value: Value

    def __hash__(self) -> int:
        # a cache that is keyed by sizes must not hand out those of an earlier call
        return id(self)

    def __eq__(self, other: object) -> bool:
        return bool(plain(self) == plain(other))

    def __reduce__(self) -> Any:
        return type(plain(self)), (plain(self),)


class Dim(Sized, int):
    """A whole number that comes from a shape."""


class Real(Sized, float):
    """A fraction that comes from a shape."""


def plain(number: Any) -> Any:
    """Return the number without its memory; anything else as it is."""
    if isinstance(number, Dim):
        return int(number)
    return float(number) if isinstance(number, Real) else number


def sized(number: Any, graph: Graph, value: Value) -> Any:
    """Return the number with a memory."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return number
    made: Sized = Dim(number) if isinstance(number, int) else Real(number)
    made.graph, made.value = graph, value
    return made


def _binary(symbol: str, run: Callable[[Any, Any], Any], swap: bool) -> Any:
    def method(self: Sized, other: Any) -> Any:
        if not isinstance(other, int | float) or isinstance(other, bool):
            return NotImplemented
        pair = (other, self) if swap else (self, other)
        number = run(*map(plain, pair))
        known = [
            one.value if isinstance(one, Sized) and one.graph is self.graph else plain(one)
            for one in pair
        ]
        return sized(number, self.graph, Value(("op", symbol, *known), depends=False))

    return method


def _unary(name: str, run: Callable[[Any], Any]) -> Any:
    def method(self: Sized, *_: Any) -> Any:
        value = Value(("call", name, self.value), depends=False)
        return sized(run(plain(self)), self.graph, value)

    return method


_OPERATORS = {
    "add": ("+", operator.add),
    "sub": ("-", operator.sub),
    "mul": ("*", operator.mul),
    "floordiv": ("//", operator.floordiv),
    "truediv": ("/", operator.truediv),
    "mod": ("%", operator.mod),
    "pow": ("**", operator.pow),
}
_ROUNDING: dict[str, Callable[[Any], int]] = {"ceil": math.ceil, "floor": math.floor}
for _kind in (Dim, Real):
    _kind.__hash__ = Sized.__hash__  # type: ignore[method-assign]
    for _name, (_symbol, _run) in _OPERATORS.items():
        setattr(_kind, f"__{_name}__", _binary(_symbol, _run, False))
        setattr(_kind, f"__r{_name}__", _binary(_symbol, _run, True))
    for _name, _round in _ROUNDING.items():
        setattr(_kind, f"__{_name}__", _unary(f"math.{_name}", _round))
    setattr(_kind, "__round__", _unary("round", round))  # noqa: B010
    setattr(_kind, "__neg__", _unary("-", operator.neg))  # noqa: B010

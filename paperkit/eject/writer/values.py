"""What the tracer records of one forward: values, the steps that made them, and their graph.

A Value stands for a tensor, a collection of them, or a size. Its ``expr`` says what it is:

    ("input", name)              an argument of forward
    ("step", step)               what a step returned
    ("item", value, key)         one item of a collection
    ("param", module, name)      a parameter or buffer
    ("shape", value, index)      one size of a tensor
    ("attr", value, name)        a plain attribute of a tensor: device, dtype
    ("op", symbol, a, b)         arithmetic with sizes; a and b are values or numbers
    ("call", function, a)        math.ceil and the like
    ("literal", text)            a small constant tensor, written out
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from torch import nn

__all__ = ["Graph", "Step", "Value", "values_in"]


@dataclass(eq=False)
class Value:
    """One thing that code can name. ``names``: what the author's code called it, in order."""

    expr: tuple[Any, ...]
    depends: bool = True  # on the input or on weights
    names: list[str] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)  # names of what is the same object
    shape: tuple[int, ...] = ()
    items: int = 0  # of a collection
    sort: str = "Tensor"  # its type, as an annotation

    @property
    def kind(self) -> str:
        """The first word of expr."""
        return str(self.expr[0])


@dataclass(eq=False)
class Step:
    """One call: of a module, of a torch function, or of a tensor's method or operator."""

    kind: Literal["module", "torch"]
    target: Any  # nn.Module, or the function's full name
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Value | None = None
    writes: bool = False  # changes its first argument in place
    glue: bool = False  # a copy that only hooks needed


@dataclass(eq=False)
class Graph:
    """One forward of one module."""

    module: nn.Module
    signature: list[tuple[str, Value]] = field(default_factory=list)  # "*name" for the rest
    steps: list[Step] = field(default_factory=list)
    known: dict[int, tuple[Any, Value]] = field(default_factory=dict)  # id -> (object, value)
    returns: Any = None
    dtypes: dict[Any, Value] = field(default_factory=dict)

    def learn(self, thing: Any, value: Value) -> None:
        """Remember what an object is; the object is kept, so that its id is not used again."""
        self.known[id(thing)] = (thing, value)

    def find(self, thing: Any) -> Value | None:
        """Return the value of an object, if it is known here."""
        entry = self.known.get(id(thing))
        return entry[1] if entry else None


def values_in(tree: Any) -> list[Value]:
    """Return the values in nested arguments, in the order in which they are written."""
    if isinstance(tree, Value):
        return [tree]
    if isinstance(tree, dict):
        return [value for item in tree.values() for value in values_in(item)]
    if isinstance(tree, list | tuple):
        return [value for item in tree for value in values_in(item)]
    if isinstance(tree, slice):
        return values_in([tree.start, tree.stop, tree.step])
    return []

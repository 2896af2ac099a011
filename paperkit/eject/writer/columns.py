"""The arguments of a class that is written: the places where its instances differ."""

from dataclasses import dataclass, field, replace
from typing import Any

from .make import Make, Param

__all__ = ["FIRST", "Column", "Columns", "equal"]

SHORT = {"": "channels", "num_features": "channels", "num_channels": "channels"}
FIRST = ("in_channels", "channels", "x_channels", "skip_channels", "out_channels")
USUAL = {"stride": 1, "dilation": 1, "groups": 1, "bias": True}


@dataclass
class Column:
    """What one place, or several that always agree, hold in each instance."""

    values: list[Any]
    hints: list[str]  # what the constructors inside call it, in order
    outer: str
    name: str = ""

    @property
    def default(self) -> Any:
        """The default that a reader expects, if an instance has it; else None."""
        usual = USUAL.get(self.hints[0])
        return usual if any(equal(usual, value) for value in self.values) else None

    @property
    def annotation(self) -> str:
        """The type, as written in the constructor."""
        return " | ".join(sorted({_type(value) for value in self.values}))


@dataclass(frozen=True)
class Place:
    """A mark in a template, until columns have names."""

    number: int
    times: int = 1


@dataclass
class Columns:
    """All columns of a class."""

    all: list[Column] = field(default_factory=list)

    def place(self, values: list[Any], outer: str, hint: str) -> Place:
        """Return the mark for a place with these values; equal columns are one."""
        modules = any(isinstance(value, Make) for value in values)
        for number, column in enumerate(self.all):
            # two places never share a module, even if both have the same kind
            if not modules and all(map(equal, column.values, values)):
                column.hints.append(hint)
                return Place(number)
        for number, column in enumerate(self.all):
            times = _times(values, column.values)
            if times:
                return Place(number, times)
        self.all.append(Column(values, [hint], outer))
        return Place(len(self.all) - 1)

    def name(self, attributes: set[str]) -> None:
        """Give every column a name; attributes of the class are not to be confused with them."""
        taken = {column.name for column in self.all if column.name}
        out = any(column.hints[0] == "out_channels" for column in self.all)
        for column in self.all:
            if not column.name:
                module = isinstance(column.values[0], Make)
                column.name = next(
                    name
                    for name in _choices(column, module, out)
                    if name and name not in taken and (module or name not in attributes)
                )
                taken.add(column.name)

    def filled(self, tree: Any) -> Any:
        """Return a template with the names of arguments in the places of marks."""
        if isinstance(tree, Place):
            return Param(self.all[tree.number].name, tree.times)
        if isinstance(tree, Make):
            given = tuple(replace(f, value=self.filled(f.value)) for f in tree.fields)
            return replace(tree, fields=given)
        return tree

    def ordered(self) -> list[Column]:
        """Return channels and modules first, what has a default last."""
        return sorted(
            self.all,
            key=lambda c: (
                c.default is not None,
                c.name not in FIRST,
                not isinstance(c.values[0], Make),
            ),
        )


def _choices(column: Column, module: bool, out: bool) -> list[str]:
    outer = column.outer if column.outer.isidentifier() else f"part{column.outer}"
    hints = [SHORT.get(hint, hint) for hint in dict.fromkeys(column.hints)]
    if hints[0] == "in_channels" and "out_channels" in hints and not out:
        hints.insert(0, "channels")
    choices = [outer] if module else [*hints, f"{outer}_{hints[0]}"]
    return [*choices, *(f"{choices[-1]}{n}" for n in range(2, 99))]


def _times(values: list[Any], others: list[Any]) -> int:
    """Return k where all values are k times the others, 0 where there is no such number."""
    if not all(type(value) is int for value in (*values, *others)) or not all(others):
        return 0
    times = int(values[0] // others[0])
    several = len(set(values)) > 1 and times > 1
    return times if several and values == [times * other for other in others] else 0


def _type(value: Any) -> str:
    if isinstance(value, Make):
        return "nn.ModuleList" if value.head == "nn.ModuleList" else "nn.Module"
    return "None" if value is None else type(value).__name__


def equal(one: Any, other: Any) -> bool:
    """Tell whether two constants or trees are the same; 1 is neither 1.0 nor True."""
    return type(one) is type(other) and bool(one == other)

"""Names for the variables of a forward: the author's own, numbered only where two would clash."""

import keyword
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from .values import Step, Value

__all__ = ["Names", "Statement"]

RESERVED = {"self", "torch", "nn", "F", "math", "Tensor"}


@dataclass(eq=False)
class Statement:
    """targets = the expression of step; ``reads`` are the variables in that expression."""

    targets: Sequence[Value | None]
    step: Step
    reads: list[Value] = field(default_factory=list)


class Names:
    """Who is called what."""

    def __init__(self, inputs: Sequence[Value], names: Sequence[str]) -> None:
        self.inputs = list(inputs)
        self.given: dict[Value, str] = {
            value: name.lstrip("*") for value, name in zip(inputs, names, strict=True)
        }

    def __contains__(self, value: object) -> bool:
        return value in self.given

    def of(self, value: Value) -> str:
        """Return the name; before names are given, what it will probably be."""
        return self.given.get(value) or next(iter(value.names), "x")

    def give(self, statements: Sequence[Statement]) -> None:
        """Name every target, so that no name is taken while what it holds is still read."""
        last: dict[Value, int] = {}
        for place, statement in enumerate(statements):
            for value in statement.reads:
                last[value] = place
        born: dict[Value, int] = dict.fromkeys(self.inputs, -1)
        order: list[Value] = []
        for place, statement in enumerate(statements):
            for target in statement.targets:
                if target is not None:
                    born[target] = place
                    order.append(target)
        spans = {value: (born[value], last.get(value, born[value])) for value in born}
        for place, statement in enumerate(statements):
            for target in statement.targets:
                if target is not None:
                    near = self._near(place, statements, last)
                    self.given[target] = self._choose(target, order, spans, near)

    def _near(
        self, place: int, statements: Sequence[Statement], last: dict[Value, int]
    ) -> list[str]:
        """Return names for what has none: of what goes in and ends here, or of what comes out."""
        into = [v for v in statements[place].reads[:1] if last.get(v) == place and v in self.given]
        after = statements[place + 1].targets if place + 1 < len(statements) else ()
        out = [v.names[0] for v in after if v is not None and v.names]
        return [*(self.given[value] for value in into), *out]

    def _choose(
        self, value: Value, order: list[Value], spans: dict[Value, Any], near: list[str]
    ) -> str:
        start, end = spans[value]
        taken = {
            self.given[other]
            for other, (since, until) in spans.items()
            if other in self.given and since <= start < until
        }
        rivals = [
            other.names[0]
            for other in order
            if other is not value and other.names and start < spans[other][0] < end
        ]
        wanted = [name for name in value.names or near if _good(name)]
        free = [name for name in wanted if name not in taken]
        alone = [name for name in free if name not in rivals]
        if alone or (free and not rivals):
            return (alone or free)[0]
        stem = wanted[0] if wanted else _by_origin(value)
        numbered = (f"{stem.rstrip('0123456789')}{n}" for n in range(1, 999))
        choices: Iterator[str] = chain([stem, *(["y"] if stem == "x" else [])], numbered)
        return next(name for name in choices if name not in taken and name not in rivals)


def _good(name: str) -> bool:
    return name not in RESERVED and not keyword.iskeyword(name) and not name.startswith("_")


def _by_origin(value: Value) -> str:
    """Name a value that its author did not: y for what a layer gives, else by the operation."""
    base: Any = value
    if base.kind in ("item", "shape"):
        base = base.expr[1]
    step = base.expr[1] if base.kind == "step" else None
    if step is None or step.kind == "module":
        return "y"
    return {"cat": "joined", "mean": "mean", "stack": "stacked"}.get(
        step.target.rpartition(".")[2], "y"
    )

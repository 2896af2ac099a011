"""Sizes that the author named are named in the file, too: height, width = x.shape[2:]."""

from collections.abc import Callable
from typing import Any

from .clean import leaves, root
from .names import Statement
from .values import Step, Value

__all__ = ["Hoist", "size_key"]


class Hoist:
    """Puts statements for sizes among the others.

    Args:
        statements: Changed in place.
        folded: Values that stand inside other expressions.
        variables: From arguments to the values whose names they hold.
        hoisted: Filled, by size_key; variables leaves these out.
    """

    def __init__(
        self,
        statements: list[Statement],
        folded: set[Value],
        variables: Callable[[Any], list[Value]],
        hoisted: dict[tuple[Any, ...], Value],
    ) -> None:
        self.statements, self.folded, self.variables = statements, folded, variables
        self.hoisted = hoisted

    def run(self) -> None:
        """Give sizes a statement before their first use."""
        while found := self._next_size():
            place, sizes = found
            self.hoisted |= {size_key(size): size for size in sizes}
            targets, text = _unpacked(sizes)
            of = sizes[0].expr[1]
            step = Step("torch", "shape", (of, text), {})
            self.statements.insert(place, Statement(targets, step, self.variables(of)))
        for statement in self.statements:
            step = statement.step
            used = [self.hoisted.get(size_key(size)) for size in self._sizes(step)]
            statement.reads = self.variables((step.args, step.kwargs))
            statement.reads += [size for size in used if size is not None]

    def _next_size(self) -> tuple[int, list[Value]] | None:
        for place, statement in enumerate(self.statements):
            if statement.step.target == "shape":
                continue
            sizes = [s for s in self._sizes(statement.step) if s.names]
            fresh = [s for s in sizes if size_key(s) not in self.hoisted]
            if not fresh:
                continue
            of = fresh[0].expr[1]
            every = [
                s
                for t in self.statements
                for s in self._sizes(t.step)
                if s.expr[1] is of and s.names
            ]
            unique = {s.expr[2]: s for s in every if size_key(s) not in self.hoisted}
            last = self._last_read(of)
            return min(place, last), [unique[n] for n in sorted(unique)]
        return None

    def _last_read(self, of: Value) -> int:
        """Return the last statement that needs a value for itself, not for its sizes."""
        last, made = -1, -1
        for place, statement in enumerate(self.statements):
            tree = (statement.step.args, statement.step.kwargs)
            if any(v is of or (v.kind == "item" and root(v) is of) for v in self._deep(tree)):
                last = place
            if any(target is of for target in statement.targets):
                made = place + 1
        return max(last, made) if last >= 0 or made >= 0 else len(self.statements)

    def _deep(self, tree: Any) -> list[Value]:
        found = []
        for value in leaves(tree):
            found.append(value)
            base = root(value)
            if base in self.folded:
                found += self._deep((base.expr[1].args, base.expr[1].kwargs))
        return found

    def _sizes(self, step: Step) -> list[Value]:
        return [v for v in self._deep((step.args, step.kwargs)) if v.kind == "shape"]


def _unpacked(sizes: list[Value]) -> tuple[list[Value | None], str]:
    """Return the names and what is behind the tensor: .shape[2:], .shape, .shape[1]."""
    of, numbers = sizes[0].expr[1], [size.expr[2] for size in sizes]
    rank, first = len(of.shape), numbers[0]
    if len(sizes) == 1:
        return [*sizes], f".shape[{first}]"
    if numbers == list(range(first, rank)):
        return [*sizes], f".shape[{first}:]" if first else ".shape"
    by = dict(zip(numbers, sizes, strict=True))
    return [by.get(number) for number in range(rank)], ".shape"


def size_key(size: Value) -> tuple[Any, ...]:
    """Return what two readings of one size have in common."""
    return (id(size.expr[1]), size.expr[2])

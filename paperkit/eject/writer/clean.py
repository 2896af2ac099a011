"""Take out of a graph what only the slots needed, and what nobody reads."""

from collections.abc import Callable
from typing import Any

from torch import nn

from .values import Graph, Step, Value, values_in

__all__ = ["clean", "replaced"]

RANDOM = ("dropout", "rand", "bernoulli", "normal", "uniform", "multinomial", "exponential")


def clean(graph: Graph, *, drop: Callable[[nn.Module], bool], copies: bool) -> None:
    """Shorten the steps of a graph, in place; what it computes stays the same.

    Args:
        graph: Of one forward.
        drop: Whether a child that returns its input is left out.
        copies: Keep the copies that hooks made for hosts that write in place.
    """
    gone: dict[Value, Value] = {}
    for step in list(graph.steps):
        first = step.args[0] if step.args else None
        skip = drop(step.target) if step.kind == "module" else step.glue and not copies
        if skip and isinstance(first, Value) and step.result is not None:
            gone[step.result] = first
            for name in step.result.names:
                if name not in first.names:
                    first.names.append(name)
            graph.steps.remove(step)
    _substitute(graph, gone)
    _uncut(graph)
    _unread(graph)


def replaced(tree: Any, gone: dict[Value, Value]) -> Any:
    """Return nested arguments with some values exchanged."""
    if isinstance(tree, Value):
        while tree in gone:
            tree = gone[tree]
        if tree.kind in ("item", "shape", "attr", "op", "call"):
            tree.expr = (tree.expr[0], *(replaced(part, gone) for part in tree.expr[1:]))
        return tree
    if isinstance(tree, slice):
        return slice(*(replaced(part, gone) for part in (tree.start, tree.stop, tree.step)))
    if isinstance(tree, dict):
        return {key: replaced(item, gone) for key, item in tree.items()}
    if isinstance(tree, list):
        return [replaced(item, gone) for item in tree]
    if isinstance(tree, tuple):
        items = [replaced(item, gone) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    return tree


def _substitute(graph: Graph, gone: dict[Value, Value]) -> None:
    if gone:
        for step in graph.steps:
            step.args, step.kwargs = replaced(step.args, gone), replaced(step.kwargs, gone)
        graph.returns = replaced(graph.returns, gone)


def _uncut(graph: Graph) -> None:
    """Where [a, b] is joined and then cut into the same two, take a and b."""
    for step in list(graph.steps):
        whole = step.args[0] if step.target == "torch.functional.split" and step.args else None
        if not isinstance(whole, Value) or whole.kind != "step":
            continue
        parts = _joined(whole.expr[1])
        if len(parts) != 2 or step.result is None or step.kwargs.get("dim") != 1:
            continue
        items = [v for v in _all_values(graph) if v.kind == "item" and v.expr[1] is step.result]
        pieces = {item.expr[2]: item.shape[1] for item in items}
        if all(parts[n].shape[1] == width for n, width in pieces.items()):
            graph.steps.remove(step)
            _substitute(graph, {item: parts[item.expr[2]] for item in items})


def _joined(step: Step) -> list[Value]:
    """Return what a step concatenates along the channels, else []."""
    one = step.args[1] if len(step.args) > 1 else step.kwargs.get("dim")
    if step.target != "torch.cat" or one != 1 or not isinstance(step.args[0], list | tuple):
        return []
    return [part for part in step.args[0] if isinstance(part, Value)]


def _unread(graph: Graph) -> None:
    """Drop calls of torch whose result nobody reads, unless they write or draw at random."""
    while True:
        read = {root(value) for value in _all_values(graph)}
        idle = [
            step
            for step in graph.steps
            if step.kind == "torch"
            and not step.writes
            and step.result is not None
            and step.result not in read
            and not any(word in step.target for word in RANDOM)
        ]
        if not idle:
            return
        graph.steps = [step for step in graph.steps if step not in idle]


def root(value: Value) -> Value:
    """Return what a value is an item, a size or an attribute of: an argument or a result."""
    while value.kind in ("item", "shape", "attr"):
        value = value.expr[1]
    return value


def leaves(tree: Any) -> list[Value]:
    """Return the values that are written when nested arguments are: those of sizes, too."""
    found = []
    for value in values_in(tree):
        if value.kind in ("op", "call"):
            found += leaves(value.expr[1:])
        else:
            found.append(value)
    return found


def _all_values(graph: Graph) -> list[Value]:
    trees = [(step.args, step.kwargs) for step in graph.steps]
    return leaves([*trees, graph.returns])

"""From the steps of a graph to the lines of a forward, written as its author wrote it.

What the author's code gave a name is a statement; the rest stays inside the expression that uses
it. An expression is moved into another one only if nothing is evaluated in another order.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from . import operators
from .clean import leaves, root
from .hoist import Hoist, size_key
from .names import Names, Statement
from .operators import ATOM, HOLE, Text
from .values import Graph, Step, Value

__all__ = ["Body", "write_body"]

WIDTH = 76  # of a statement; longer ones are split, and what comes out gets a name


@dataclass
class Body:
    """A forward: its arguments as in its signature, and its lines (numbers as HOLEs)."""

    arguments: list[str]
    lines: list[str] = field(default_factory=list)
    returns: str = ""  # the annotation, where it is known


def write_body(graph: Graph, path: Callable[[nn.Module, str], str]) -> Body:
    """Return the code of a graph.

    Args:
        graph: A clean one.
        path: From a module that the graph calls, and "" or the name of one of its parameters, to
            the expression that names it: self.blocks[0].weight.
    """
    return _Writer(graph, path).body()


class _Writer:
    def __init__(self, graph: Graph, path: Callable[[nn.Module, str], str]) -> None:
        self.graph, self.path = graph, path
        self.names = Names([value for _, value in graph.signature], [n for n, _ in graph.signature])
        self.statements: list[Statement] = []
        self.pending: list[Step] = []
        self.folded: set[Value] = set()
        self.same: dict[Value, Value] = {}  # what is written in place keeps its name
        self.unpacked: set[Value] = set()
        self.hoisted: dict[tuple[Any, ...], Value] = {}
        trees = [*[(s.args, s.kwargs) for s in graph.steps], graph.returns]
        every = leaves(trees)
        self.reads = Counter(root(value) for value in every)
        self.items = [value for value in every if value.kind == "item"]
        self.attributes = {root(v) for v in every if v.kind in ("shape", "attr")}
        self.written = {s.args[0] for s in graph.steps if s.writes and s.args and _is(s.args[0])}

    def body(self) -> Body:
        for step in self.graph.steps:
            self._step(step)
        self._finish()
        Hoist(self.statements, self.folded, self._variables, self.hoisted).run()
        self.names.give(self.statements)
        lines = [self._line(statement) for statement in self.statements]
        return Body([_argument(*pair) for pair in self.graph.signature], lines, self._sort())

    def _sort(self) -> str:
        tree = self.graph.returns
        if isinstance(tree, Value):
            return tree.sort
        return "list[Tensor]" if isinstance(tree, list) else "tuple" if tree else ""

    def _step(self, step: Step) -> None:
        self._operands(step)
        result = step.result
        once = result is not None and self.reads[result] == 1 and result not in self.attributes
        named = result is None or bool(result.names) or result in self.written
        if once and not named and not step.writes and self._length(step) <= WIDTH:
            assert result is not None
            if not any(v.kind == "item" and root(v) is result for v in self.items):
                self.pending.append(step)
                return
        self._flush()
        self._emit(step)

    def _operands(self, step: Step) -> None:
        """Fold the pending steps that this one reads, if they are the last, in that order."""
        read = [root(value) for value in leaves([step.args, step.kwargs])]
        waiting = [value for value in read if any(p.result is value for p in self.pending)]
        last = [p.result for p in self.pending[len(self.pending) - len(waiting) :]]
        if not waiting:
            return
        if waiting == last:
            taken = self.pending[len(self.pending) - len(waiting) :]
            self.folded.update(value for value in waiting)
            name = step.result.names[0] if step.result and step.result.names else "x"
            if self._length(step) + len(name) <= WIDTH:
                del self.pending[len(self.pending) - len(taken) :]
                return
            self.folded.difference_update(waiting)
        self._flush()

    def _flush(self) -> None:
        pending, self.pending = self.pending, []
        for step in pending:
            self._emit(step)

    def _emit(self, step: Step) -> None:
        result, first = step.result, step.args[0] if step.args else None
        targets: list[Value | None] = []
        if step.writes and step.kind == "torch" and "Tensor." in step.target and _is(first):
            if result is not None and first is not None:
                self.same[result] = first
        elif result is not None and self.reads[result]:
            targets = self._targets(result)
        self._state(targets, step, (step.args, step.kwargs))

    def _targets(self, result: Value) -> list[Value | None]:
        """Return the one name, or the names of the items where only items are read."""
        items = {v.expr[2]: v for v in self.items if v.expr[1] is result}
        whole = any(v is result for s in self._trees() for v in leaves(s))
        numbers = all(isinstance(key, int) for key in items)
        if not items or whole or not numbers or result.items > 8:
            return [result]
        self.unpacked.add(result)
        return [items.get(n) for n in range(result.items)]

    def _trees(self) -> list[Any]:
        steps = self.graph.steps
        return [_whole(s.args) for s in steps] + [_whole(self.graph.returns)]

    def _finish(self) -> None:
        tree = self.graph.returns
        step = Step("torch", "return", (tree,), {})
        self._operands(step)
        self._flush()
        self._state([], step, tree)

    def _state(self, targets: list[Value | None], step: Step, tree: Any) -> None:
        self.statements.append(Statement(targets, step, self._variables(tree)))

    def _variables(self, tree: Any) -> list[Value]:
        """Return the values whose names an expression will hold, those of folded parts, too."""
        found: list[Value] = []
        for value in leaves(tree):
            if value.kind == "shape" and size_key(value) in self.hoisted:
                continue
            base = root(value)
            while base in self.same:
                base = root(self.same[base])
            if base in self.folded:
                inner = base.expr[1]
                found += self._variables((inner.args, inner.kwargs))
            elif base.kind in ("input", "step"):
                item = value
                while item.kind in ("shape", "attr"):
                    item = item.expr[1]
                found.append(self._item(item) if base in self.unpacked else base)
        return found

    def _item(self, value: Value) -> Value:
        while not (value.kind == "item" and value.expr[1] in self.unpacked):
            value = value.expr[1]
        key = value.expr[2]
        return next(v for v in self.items if v.expr[1] is value.expr[1] and v.expr[2] == key)

    def _length(self, step: Step) -> int:
        return len(self._expression(step)[0].replace("\x01", "").replace("\x02", ""))

    def _line(self, statement: Statement) -> str:
        step, given = statement.step, statement.targets
        if step.target == "return":
            return f"return {self._say(step.args[0], top=True)[0]}"
        if step.target == "shape":
            text = operators.wrap(self._say(step.args[0]), ATOM) + step.args[1]
        else:
            text = self._expression(step)[0]
        names = [self.names.of(value) if value is not None else "_" for value in given]
        comma = (
            ","
            if len(names) == 1 and step.result is not None and (step.result in self.unpacked)
            else ""
        )
        return f"{', '.join(names)}{comma} = {text}" if names else text

    def _expression(self, step: Step) -> Text:
        if step.kind == "torch":
            if step.target == "return":
                return self._say(step.args[0], top=True)
            return operators.call(step, self._say)
        parts = [self._say(arg)[0] for arg in step.args]
        parts += [f"{key}={self._say(value)[0]}" for key, value in step.kwargs.items()]
        return f"{self.path(step.target, '')}({', '.join(parts)})", ATOM

    def _say(self, tree: Any, *, top: bool = False) -> Text:
        if isinstance(tree, Value):
            return self._value(tree)
        if isinstance(tree, dict):
            inside = ", ".join(f"{_key_text(k)}: {self._say(v)[0]}" for k, v in tree.items())
            return f"{{{inside}}}", ATOM
        if isinstance(tree, slice):
            return f"slice({', '.join(map(str, (tree.start, tree.stop, tree.step)))})", ATOM
        if isinstance(tree, list | tuple):
            return self._sequence(tree, top)
        if isinstance(tree, int | float) and not isinstance(tree, bool) and tree < 0:
            return HOLE.format(repr(tree)), operators.SIGN
        return operators.literal(tree), ATOM

    def _sequence(self, tree: Any, top: bool) -> Text:
        run = self._run(tree)
        if run is not None:
            return run
        inside = ", ".join(self._say(item)[0] for item in tree)
        if isinstance(tree, list):
            return f"[{inside}]", ATOM
        if top and len(tree) > 1:
            return inside, ATOM
        return f"({inside},)" if len(tree) == 1 else f"({inside})", ATOM

    def _run(self, tree: Any) -> Text | None:
        """Write [f[1], f[2], f[3]] as f[1:], and the sizes of one tensor likewise."""
        kinds = {value.kind if isinstance(value, Value) else "" for value in tree}
        if len(tree) < 2 or kinds not in ({"item"}, {"shape"}):
            return None
        of, first = tree[0].expr[1], tree[0].expr[2]
        keys = [value.expr[2] for value in tree if value.expr[1] is of]
        count = len(of.shape) if kinds == {"shape"} else of.items
        if keys != list(range(first if isinstance(first, int) else 0, count)) or (
            len(keys) != len(tree) or of in self.unpacked or size_key(tree[0]) in self.hoisted
        ):
            return None
        if kinds == {"item"} and not isinstance(tree, list):
            return None
        base = operators.wrap(self._value(of), ATOM) + (".shape" if kinds == {"shape"} else "")
        return (f"{base}[{first}:]" if first else base), ATOM

    def _value(self, value: Value) -> Text:
        while value in self.same:
            value = self.same[value]
        kind = value.kind
        if kind == "input" or value in self.names:
            return self.names.of(value), ATOM
        if kind == "step":
            if value in self.folded or any(p.result is value for p in self.pending):
                return self._expression(value.expr[1])
            return self.names.of(value), ATOM
        if kind == "item":
            if value.expr[1] in self.unpacked:
                return self.names.of(self._item(value)), ATOM
            key = value.expr[2]
            return f"{operators.wrap(self._value(value.expr[1]), ATOM)}[{_key_text(key)}]", ATOM
        if kind == "param":
            return self.path(value.expr[1], value.expr[2]), ATOM
        if kind == "literal":
            return str(value.expr[1]), ATOM
        return self._size(value)

    def _size(self, value: Value) -> Text:
        kind = value.kind
        if kind == "shape":
            hoisted = self.hoisted.get(size_key(value))
            if hoisted is not None:
                return self.names.of(hoisted), ATOM
            return (
                f"{operators.wrap(self._value(value.expr[1]), ATOM)}.shape[{value.expr[2]}]",
                ATOM,
            )
        if kind == "attr":
            return f"{operators.wrap(self._value(value.expr[1]), ATOM)}.{value.expr[2]}", ATOM
        if kind == "call":
            inside = self._say(value.expr[2])
            if value.expr[1] == "-":
                return f"-{operators.wrap(inside, operators.SIGN)}", operators.SIGN
            return f"{value.expr[1]}({inside[0]})", ATOM
        _, symbol, left, right = value.expr
        return operators.binary(symbol, operators.SIZES[symbol], self._say(left), self._say(right))


def _argument(name: str, value: Value) -> str:
    return f"{name}: Tensor" if name.startswith("*") else f"{name}: {value.sort}"


def _is(thing: Any) -> bool:
    return isinstance(thing, Value)


def _key_text(key: Any) -> str:
    return str(key) if isinstance(key, int) else operators.literal(key)


def _whole(tree: Any) -> Any:
    """Return a tree without items: what is left are collections that are passed on whole."""
    return [v for v in leaves(tree) if v.kind != "item" and v.items]

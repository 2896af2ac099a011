"""Turn the units of a trace into the graph: what only resizes becomes an arrow, the rest a box."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from paperkit.diagram.calls import Call, Trace
from paperkit.diagram.describe import block, change, label
from paperkit.diagram.graph import Badge, Edge, Graph, Node
from paperkit.diagram.stages import CONV, JOIN, Unit, cut, is_down, is_pass, is_up

__all__ = ["build"]


@dataclass(frozen=True)
class Flow:
    """Where a tensor comes from, once passing and resizing are taken away."""

    node: str
    label: str = ""


def build(trace: Trace, *, names: Mapping[str, str] = MappingProxyType({})) -> Graph:
    """Return the graph of a trace.

    Args:
        trace: What the model did.
        names: Display names of plugged modules, by the name that a plug uses; those without one
            are called by their class.
    """
    return _Builder(trace, names).graph()


class _Builder:
    def __init__(self, trace: Trace, names: Mapping[str, str]) -> None:
        self.trace, self.names = trace, names
        self.nodes: dict[str, Node] = {}
        self.edges: dict[tuple[str, str], Edge] = {}
        self.flows: dict[int, Flow] = {}

    def graph(self) -> Graph:
        units = cut(self.trace)
        for unit in units:
            self._add(unit)
        last = self.flows[units[-1].ops[-1].id]
        op = next(op for op in reversed(units[-1].ops) if op.out)
        size = op.size if op.size and min(op.size) > 1 else None
        level = self._level(size, [last])
        self._put(Node("output", "output", "output", op.out[0], size, level), [last])
        return Graph(self.trace.model, tuple(self.nodes.values()), tuple(self.edges.values()))

    def _add(self, unit: Unit) -> None:
        reads = [self.flows[number] for number in unit.reads]
        flow = self._without_box(unit, reads) or Flow(self._box(unit, reads))
        self.flows.update(dict.fromkeys(unit.ids, flow))

    def _without_box(self, unit: Unit, reads: list[Flow]) -> Flow | None:
        """Views, resizing, and what belongs to the box before: normalisation and activation."""
        if not reads or self._slot(unit):
            return None
        first, one = reads[0], len({flow.node for flow in reads}) == 1
        if is_pass(unit):
            return first
        if is_up(self.trace, unit) or is_down(self.trace, unit):
            return Flow(first.node, change(self.trace, unit))
        trims = one and not CONV & set(unit.names) and not _is_global(unit)
        return first if trims and self.nodes[first.node].kind != "input" else None

    def _slot(self, unit: Unit) -> bool:
        item = unit.item
        return isinstance(item, Call) and self._plugged(item)

    def _plugged(self, call: Call) -> bool:
        return call.plugged or call.path in self.trace.replaced

    def _plug(self, call: Call) -> tuple[str, str]:
        """Return the label of what is plugged in here, and the name of the slot."""
        slot, expressions = str(call.slot), call.labels
        if call.path in self.trace.replaced:
            slot, expression = self.trace.replaced[call.path]
            expressions = (expression,)
        return label(self.trace, call, expressions, self.names), slot

    def _box(self, unit: Unit, reads: list[Flow]) -> str:
        name = unit.item.path if isinstance(unit.item, Call) else f"{unit.item.name}@{unit.item.id}"
        if name in self.nodes:
            name = f"{name}@{unit.item.id}"
        self._put(replace(self._node(unit, reads), id=name), reads)
        return name

    def _put(self, node: Node, reads: list[Flow]) -> None:
        self.nodes[node.id] = node
        for flow in reads:
            self.edges.setdefault((flow.node, node.id), Edge(flow.node, node.id, flow.label))

    def _node(self, unit: Unit, reads: list[Flow]) -> Node:
        out, size = unit.ops[-1].out, unit.ops[-1].size
        size = size if size is not None and min(size) > 1 else None
        node = Node("", "stage", "", out[0] if out else 1, size, self._level(size, reads))
        if not reads:
            return replace(node, kind="input", label="input")
        if not isinstance(unit.item, Call):
            join = unit.item.name in JOIN
            return replace(node, kind="join" if join else "stage", label=unit.item.name)
        if self._plugged(unit.item):
            text, slot = self._plug(unit.item)
            return replace(node, kind="slot", label=text, slot=slot)
        return self._stage(unit.item, unit, node)

    def _stage(self, call: Call, unit: Unit, node: Node) -> Node:
        found = block(self.trace, call, unit.ops)
        badges = self._badges(call)
        return replace(
            node,
            label=found.kind,
            repeat=found.repeat,
            detail=found.detail,
            bands=found.bands,
            badges=badges,
        )

    def _badges(self, call: Call) -> tuple[Badge, ...]:
        held: dict[str, list[str]] = {}
        for inner in self.trace.calls_inside(call):
            if self._plugged(inner):
                text, slot = self._plug(inner)
                held.setdefault(text, []).append(slot)
        return tuple(Badge(text, tuple(slots)) for text, slots in held.items())

    def _level(self, size: tuple[int, int] | None, reads: list[Flow]) -> int:
        if size is None:
            return max((self.nodes[flow.node].level for flow in reads), default=0)
        whole = self.trace.ops[0].size or size
        return max(0, round(math.log2(max(whole[0] / size[0], 2**-0.5))))


def _is_global(unit: Unit) -> bool:
    names = Counter(unit.names)
    return any(name.startswith("adaptive") or name == "mean" for name in names)

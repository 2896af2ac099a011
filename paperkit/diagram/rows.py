"""The rows of a U: which boxes stand at each resolution, how large they are, and how high."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from paperkit.diagram.graph import Graph, Node
from paperkit.diagram.measures import Measures
from paperkit.diagram.shape import Shape

__all__ = ["DROP", "LABEL", "Rows"]

LABEL = 9.0  # channels above a box
DROP = 13.0  # arrow between two rows


@dataclass(frozen=True)
class Rows:
    """The boxes of a U by level.

    Slots that sit in a vertical arrow (down.N, up.N) are no part of a row: `drops` hang below the
    row above, `rises` below the row that they lead to.
    """

    graph: Graph
    shape: Shape
    measures: Measures

    @cached_property
    def levels(self) -> list[int]:
        """All levels that have boxes, finest first."""
        return sorted({node.level for node in self.graph.nodes})

    @cached_property
    def sizes(self) -> dict[str, tuple[float, float]]:
        """Width and height of each box."""
        row = {level: n for n, level in enumerate(self.levels)}
        flat = replace(self.measures, turned=False)
        hung = {
            node.id for level in self.levels for node in (*self.drops(level), *self.rises(level))
        }
        return {
            n.id: (flat if n.id in hung else self.measures).box(n, row[n.level])
            for n in self.graph.nodes
        }

    def chips(self, node: Node) -> list[tuple[float, float]]:
        """Return width and height of each badge."""
        return [self.measures.chip(self.measures.badge(badge)) for badge in node.badges]

    def wide(self, node: Node) -> float:
        """Return the width of a box with its badges."""
        return max([self.sizes[node.id][0], *(w for w, _ in self.chips(node))])

    def up(self, node: Node) -> float:
        """Return the height above the row's line."""
        return self.sizes[node.id][1] / 2

    def down(self, node: Node) -> float:
        """Return the height below the row's line, with badges."""
        return self.up(node) + sum(h for _, h in self.chips(node))

    def left(self, level: int) -> list[Node]:
        """Return the encoder's row."""
        nodes = self.shape.left.get(level, [])
        return nodes[_leading(nodes, "down") :]

    @property
    def bottom(self) -> list[Node]:
        """The deepest row."""
        return self.shape.bottom[_leading(self.shape.bottom, "down") :]

    def right(self, level: int) -> list[Node]:
        """Return the decoder's row."""
        return self.shape.right.get(level, [])[len(self.rises(level)) :]

    def drops(self, level: int) -> list[Node]:
        """Return the slots in the arrow down to a level."""
        deepest = level == self.levels[-1]
        nodes = self.shape.bottom if deepest else self.shape.left.get(level, [])
        return nodes[: _leading(nodes, "down")]

    def rises(self, level: int) -> list[Node]:
        """Return the slots in the arrow up to a level: those before the bridge arrives."""
        nodes = self.shape.right.get(level, [])
        targets = {skip.target for skip in self.shape.skips}
        ends = [n for n, node in enumerate(nodes) if node.id in targets]
        return nodes[: ends[0]] if ends else nodes[: _leading(nodes, "up")]

    def bridges(self, level: int) -> list[Node]:
        """Return the boxes on skip connections."""
        via = {name for skip in self.shape.skips for name in skip.via}
        return [node for node in self.graph.nodes if node.id in via and node.level == level]

    def row(self, level: int) -> list[Node]:
        """Return every box on a row's line."""
        bottom = self.bottom if level == self.levels[-1] else []
        return [*self.left(level), *self.bridges(level), *bottom, *self.right(level)]

    @cached_property
    def y(self) -> dict[int, float]:
        """The line of each row; 0 is the first, the others lie below it."""
        lines = {self.levels[0]: 0.0}
        for above, level in zip(self.levels, self.levels[1:], strict=False):
            stacks = (self.drops(level), self.rises(above))
            stack = max(sum(self.sizes[n.id][1] + DROP for n in nodes) for nodes in stacks)
            reach = max(map(self.down, self.row(above))) + max(map(self.up, self.row(level)))
            lines[level] = lines[above] - reach - stack - DROP - LABEL
        return lines


def _leading(nodes: Sequence[Node], name: str) -> int:
    """Count the slots at the beginning whose name starts with `name`."""
    for n, node in enumerate(nodes):
        if not (node.slot or "").startswith(name + "."):
            return n
    return len(nodes)

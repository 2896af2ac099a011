"""How large each box is drawn: symbolic, never to scale; and which look its kind has."""

import math
from collections import Counter
from dataclasses import dataclass

from paperkit.diagram.graph import Badge, Graph, Node
from paperkit.diagram.metrics import text_width
from paperkit.diagram.scene import Look

__all__ = ["SMALL", "Measures", "looks", "words"]

SMALL = 6.5  # channels, sizes, text in boxes
MINIMUM = 6.0  # no text is printed smaller
TALLEST, SHRINK, LOWEST = 50.0, 0.86, 26.0
NARROW, WIDEST = 12.0, 27.0
JOIN, SLOT_HEIGHT, PAD = 10.0, 15.0, 8.0
TINTS: tuple[Look, ...] = ("stage", "stage2", "stage3")
SHORT = {"global avg pool": "avg pool"}


def looks(graph: Graph) -> dict[str, Look]:
    """Return the look of each box: a tint for blocks that occur often or have long names."""
    # a plain layer such as "1×1 conv" is no identifier: it is named inside its box
    stages = [n for n in graph.nodes if n.kind == "stage" and n.label.isidentifier()]
    count = Counter(node.label for node in stages)
    named = [n for n in stages if count[n.label] > 1 or n.repeat > 1 or len(words(n, "plain")) > 12]
    shown = dict.fromkeys(node.label for node in named)
    most = sorted(shown, key=lambda label: -count[label])[: len(TINTS)]
    tints = dict(zip((label for label in shown if label in most), TINTS, strict=False))
    fixed: dict[str, Look] = {"slot": "slot", "join": "join", "input": "plain", "output": "plain"}
    return {n.id: fixed.get(n.kind) or tints.get(n.label, "plain") for n in graph.nodes}


def words(node: Node, look: Look) -> str:
    """Return what is written in a box: tinted blocks are named by the legend."""
    if look == "join":
        return {"add": "+", "iadd": "+", "mul": "×", "imul": "×", "sub": "–"}.get(node.label, "C")
    if look in TINTS:
        return f"×{node.repeat}" if node.repeat > 1 else ""
    label = SHORT.get(node.label, node.label)
    return node.detail if 0 < len(node.detail) < len(label) else label


@dataclass(frozen=True)
class Measures:
    """Sizes of boxes in points.

    Attributes:
        looks: The look of each node, by id.
        tall: Factor on the heights.
        turned: Whether the text in slots reads from bottom to top.
        size: Font size of the text in slots.
        names: Text of slots and badges, by label; those not in it are written in full.
    """

    looks: dict[str, Look]
    tall: float = 1.0
    turned: bool = False
    size: float = 7.0
    names: tuple[tuple[str, str], ...] = ()

    def name(self, label: str) -> str:
        """Return how a plugged expression is written in its box."""
        return dict(self.names).get(label, label)

    def badge(self, badge: Badge) -> str:
        """Return the text of a badge."""
        times = f" ×{len(badge.slots)}" if len(badge.slots) > 1 else ""
        return self.name(badge.label) + times

    def height(self, row: int) -> float:
        """Return the height of a stage in the row-th row."""
        return max(LOWEST, TALLEST * SHRINK**row) * self.tall

    def box(self, node: Node, row: int) -> tuple[float, float]:
        """Return width and height of a node in the row-th row."""
        look = self.looks[node.id]
        if look == "join":
            return JOIN, JOIN
        if look == "slot":
            long = text_width(self.name(node.label), self.size, bold=True) + PAD
            return (SLOT_HEIGHT, long) if self.turned else (long, SLOT_HEIGHT)
        if look == "plain":
            return NARROW, max(self.height(row), text_width(words(node, look), SMALL) + PAD)
        grown = NARROW + 2.4 * math.log2(max(1.0, node.channels / 16))
        return min(WIDEST, grown), self.height(row)

    def chip(self, text: str) -> tuple[float, float]:
        """Return width and height of a badge below a stage."""
        return text_width(text, MINIMUM, bold=True) + 5, MINIMUM + 4

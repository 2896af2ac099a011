"""Place a model without skip connections as a chain from left to right.

A graph that is neither a U nor a chain is drawn along its longest way; bridges over it are arcs
above the boxes.
"""

from paperkit.diagram.graph import Node
from paperkit.diagram.measures import Measures
from paperkit.diagram.scene import Box

__all__ = ["chain_width", "place_chain"]


def place_chain(nodes: list[Node], measures: Measures, *, width: float) -> dict[str, Box]:
    """Return the boxes by id on the line y = 0, spread over `width` points."""
    sizes = {node.id: _size(node, nodes, measures) for node in nodes}
    wide = {node.id: _wide(node, sizes, measures) for node in nodes}
    gap = (width - sum(wide.values())) / max(1, len(nodes) - 1)
    boxes, x = {}, 0.0
    for node in nodes:
        look = measures.looks[node.id]
        boxes[node.id] = Box(node.id, x + wide[node.id] / 2, 0.0, *sizes[node.id], look, node.bands)
        x += wide[node.id] + gap
    return boxes


def chain_width(nodes: list[Node], measures: Measures, *, gap: float) -> float:
    """Return the width of the chain with this gap between the boxes, in points."""
    sizes = {node.id: _size(node, nodes, measures) for node in nodes}
    wide = sum(_wide(node, sizes, measures) for node in nodes)
    return wide + gap * (len(nodes) - 1)


def _size(node: Node, nodes: list[Node], measures: Measures) -> tuple[float, float]:
    row = {level: n for n, level in enumerate(sorted({other.level for other in nodes}))}
    return measures.box(node, row[node.level])


def _wide(node: Node, sizes: dict[str, tuple[float, float]], measures: Measures) -> float:
    chips = [measures.chip(measures.badge(badge))[0] for badge in node.badges]
    return max([sizes[node.id][0], *chips])

"""Lead the arrows from border to border: straight, or with one bend, or above a row."""

from collections.abc import Iterable

from paperkit.diagram.graph import Edge, Graph
from paperkit.diagram.scene import Arrow, Box, Way

__all__ = ["routes"]

NEAR = 0.5
OVER = 7.0  # how far above the highest box between its ends an arc runs
Point = tuple[float, float]


def routes(
    graph: Graph, boxes: dict[str, Box], skips: set[tuple[str, str]], feet: dict[str, float]
) -> list[Arrow]:
    """Return an arrow for each edge.

    Args:
        graph: The edges, and the levels that say whether an arrow leads up or down.
        boxes: Where the ends are.
        skips: Edges that belong to skip connections.
        feet: Height of the badges below each box; arrows downwards start below them.
    """
    level = {node.id: node.level for node in graph.nodes}
    arrows = []
    for edge in graph.edges:
        if edge.source in boxes and edge.target in boxes:
            way = _way(edge, level, skips)
            points = _points(boxes[edge.source], boxes[edge.target], boxes.values(), feet)
            arrows.append(Arrow(edge.source, edge.target, points, way))
    return arrows


def _way(edge: Edge, level: dict[str, int], skips: set[tuple[str, str]]) -> Way:
    if (edge.source, edge.target) in skips:
        return "skip"
    deeper = level[edge.target] - level[edge.source]
    return "down" if deeper > 0 else "up" if deeper < 0 else "main"


def _points(a: Box, b: Box, boxes: Iterable[Box], feet: dict[str, float]) -> tuple[Point, ...]:
    foot_a, foot_b = a.bottom - feet.get(a.id, 0.0), b.bottom - feet.get(b.id, 0.0)
    if abs(a.y - b.y) < NEAR:
        between = [box for box in boxes if _between(box, a, b)]
        return _over(a, b, between) if between else ((a.right, a.y), (b.left, b.y))
    if abs(a.x - b.x) < NEAR:
        return ((a.x, foot_a), (b.x, b.top)) if b.y < a.y else ((a.x, a.top), (b.x, foot_b))
    if b.y < a.y:
        return (a.x, foot_a), (a.x, b.y), (b.left, b.y)
    return (a.right, a.y), (b.x, a.y), (b.x, foot_b)


def _between(box: Box, a: Box, b: Box) -> bool:
    return abs(box.y - a.y) < NEAR and a.right < box.x < b.left


def _over(a: Box, b: Box, between: list[Box]) -> tuple[Point, ...]:
    y = max(box.top for box in (a, b, *between)) + OVER + 9
    return (a.x, a.top), (a.x, y), (b.x, y), (b.x, b.top)

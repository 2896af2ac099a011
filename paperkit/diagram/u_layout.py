"""Place an encoder-decoder as a U: the encoder goes down on the left, the decoder up on the right.

A row holds one resolution. The first box of a row stands below the last one of the row above, so
that down arrows are straight; the decoder mirrors that. Where the encoder has one box per row it
takes steps as wide as the decoder's, with a bent arrow, so that both flanks look alike.
"""

from dataclasses import dataclass

from paperkit.diagram.graph import Node
from paperkit.diagram.rows import DROP, LABEL, Rows
from paperkit.diagram.scene import Box

__all__ = ["place_u"]

BEND = 11.0  # horizontal part of a bent arrow
BRIDGE = 26.0  # shortest skip arrow


@dataclass
class Flank:
    """One side, measured from its outer edge inwards.

    Attributes:
        x: Centre of each box, by id.
        outer, inner: Centre of the first and last box of each level.
    """

    x: dict[str, float]
    outer: dict[int, float]
    inner: dict[int, float]


def place_u(rows: Rows, *, gap: float, width: float) -> dict[str, Box]:
    """Return the boxes by id; the first row's line is y = 0.

    Args:
        rows: What stands where.
        gap: Distance between neighbours in a row, in points.
        width: Width to fill, in points; more is taken if the boxes need it.
    """
    right = _flank(rows, {n: rows.right(n)[::-1] for n in rows.levels}, gap)
    steps = {level: right.inner[level] - right.outer[level] for level in right.inner}
    left = _flank(rows, {n: rows.left(n) for n in rows.levels}, gap, _stairs(rows, steps))
    whole = max(width, _least(rows, left, right, gap))
    xs = left.x | {name: whole - x for name, x in right.x.items()}
    start, end = left.inner[max(left.inner)], whole - right.inner[max(right.inner)]
    xs |= _spread(rows, rows.bottom, start, end, gap)
    xs |= _bridges(rows, xs)
    nodes = {node.id: node for node in rows.graph.nodes}
    boxes = {name: _box(rows, nodes[name], x) for name, x in xs.items()}
    return boxes | _stacked(rows, start, boxes)


def _box(rows: Rows, node: Node, x: float, y: float | None = None) -> Box:
    line = rows.y[node.level] if y is None else y
    return Box(node.id, x, line, *rows.sizes[node.id], rows.measures.looks[node.id], node.bands)


def _stairs(rows: Rows, steps: dict[int, float]) -> dict[int, float] | None:
    """Return the encoder's steps if no row has more than one box, else None."""
    inner = [[n for n in rows.left(level) if n.kind != "input"] for level in rows.levels]
    if any(len(nodes) > 1 for nodes in inner):
        return None
    return dict.fromkeys(steps, min(steps.values()))


def _flank(
    rows: Rows,
    nodes: dict[int, list[Node]],
    gap: float,
    steps: dict[int, float] | None = None,
) -> Flank:
    flank = Flank({}, {}, {})
    last: int | None = None
    for level, row in nodes.items():
        if not row:
            continue
        half = rows.wide(row[0]) / 2
        x = half if last is None else flank.inner[last]
        if last is not None and steps is not None:
            x += max(steps.get(last, 0.0), BEND + half)
        flank.outer[level] = x
        for n, node in enumerate(row):
            x += (rows.wide(row[n - 1]) + rows.wide(node)) / 2 + gap if n else 0.0
            flank.x[node.id] = x
        flank.inner[level], last = x, level
    return flank


def _least(rows: Rows, left: Flank, right: Flank, gap: float) -> float:
    """Smallest width at which the bridges and the bottom fit between the flanks."""
    nodes = {node.id: node for node in rows.graph.nodes}
    needs = [_run(rows, rows.bottom, gap) + 2 * BEND + _inmost(left) + _inmost(right)]
    for skip in rows.shape.skips:
        via = sum(rows.wide(nodes[name]) + gap for name in skip.via)
        ends = (rows.wide(nodes[skip.source]) + rows.wide(nodes[skip.target])) / 2
        needs.append(left.x[skip.source] + right.x[skip.target] + ends + BRIDGE + via)
    return max(needs)


def _inmost(flank: Flank) -> float:
    return flank.inner[max(flank.inner)]


def _run(rows: Rows, nodes: list[Node], gap: float) -> float:
    return sum(map(rows.wide, nodes)) + gap * (len(nodes) - 1)


def _spread(
    rows: Rows, nodes: list[Node], start: float, end: float, gap: float
) -> dict[str, float]:
    """Centre a run of boxes between two x."""
    x, xs = (start + end - _run(rows, nodes, gap)) / 2, {}
    for node in nodes:
        xs[node.id] = x + rows.wide(node) / 2
        x += rows.wide(node) + gap
    return xs


def _bridges(rows: Rows, xs: dict[str, float]) -> dict[str, float]:
    """Space the boxes of each skip connection evenly between its ends."""
    nodes = {node.id: node for node in rows.graph.nodes}
    placed: dict[str, float] = {}
    for skip in rows.shape.skips:
        start = xs[skip.source] + rows.wide(nodes[skip.source]) / 2
        end = xs[skip.target] - rows.wide(nodes[skip.target]) / 2
        via = [nodes[name] for name in skip.via]
        free = (end - start - sum(map(rows.wide, via))) / (len(via) + 1)
        placed |= _spread(rows, via, start, end, free)
    return placed


def _stacked(rows: Rows, start: float, boxes: dict[str, Box]) -> dict[str, Box]:
    """Place the slots that stand in vertical arrows below the row above."""
    placed: dict[str, Box] = {}
    for above, level in zip(rows.levels, rows.levels[1:], strict=False):
        floor = rows.y[above] - max(map(rows.down, rows.row(above)))
        first = rows.left(level)
        x = boxes[first[0].id].x if first else start
        placed |= _hang(rows, rows.drops(level), x, floor)
        if rows.rises(above):
            placed |= _hang(rows, rows.rises(above)[::-1], boxes[rows.right(above)[0].id].x, floor)
    return placed


def _hang(rows: Rows, nodes: list[Node], x: float, floor: float) -> dict[str, Box]:
    placed, y = {}, floor - DROP + LABEL / 2
    for node in nodes:
        height = rows.sizes[node.id][1]
        placed[node.id] = _box(rows, node, x, y - height / 2)
        y -= height + DROP
    return placed

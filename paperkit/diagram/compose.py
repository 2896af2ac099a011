"""Fit a graph to a page: choose shape, gaps and text until it fills the width and no more."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

from paperkit.diagram.chain_layout import chain_width, place_chain
from paperkit.diagram.graph import Graph, Node
from paperkit.diagram.labels import badges, channels, names, size_text
from paperkit.diagram.legend import Entry, add_legend, entries
from paperkit.diagram.measures import MINIMUM, SMALL, Measures, looks
from paperkit.diagram.routes import routes
from paperkit.diagram.rows import Rows
from paperkit.diagram.scene import Box, Scene, Text, moved
from paperkit.diagram.shape import Shape, find_shape, spine
from paperkit.diagram.u_layout import place_u

__all__ = ["compose"]

ASPECT = 0.55  # height over width at most
EDGE = 1.0
BEST = 0.49
GAPS = [gap / 2 for gap in range(68, 13, -1)]
TALL = [tall / 20 for tall in range(21, 11, -1)]


def compose(graph: Graph, *, column: float, text: float) -> Scene:
    """Return the drawing of a graph, as wide as a column or as the text of the page.

    It is at most 0.55 times as high as the page's text is wide, unless so much is plugged between
    the rows that the smallest boxes need more.

    Args:
        graph: What to draw.
        column: Width of a column in points; taken by chains that fit it.
        text: Width of the text in points.
    """
    shape = find_shape(graph)
    if shape is not None:
        return _u(graph, shape, text)
    return _chain(graph, spine(graph), column, text)


def _attempts(graph: Graph) -> Iterator[Measures]:
    """From the most legible way to write the plugs' names to the tightest."""
    base = Measures(looks(graph))
    yield base
    yield replace(base, size=MINIMUM)
    yield replace(base, turned=True)
    yield replace(base, turned=True, size=MINIMUM)
    labels = dict.fromkeys(node.label for node in graph.nodes if node.kind == "slot")
    labels |= dict.fromkeys(badge.label for node in graph.nodes for badge in node.badges)
    yield replace(base, names=tuple((label, f"M{n}") for n, label in enumerate(labels, 1)))


def _u(graph: Graph, shape: Shape, width: float) -> Scene:
    """Take the most legible texts and widest gaps that fit, then boxes as tall as look well."""

    def drawn(measures: Measures, gap: float, wide: float = width) -> Scene:
        return _u_scene(graph, shape, measures, gap, wide)

    wide_enough = [m for m in _attempts(graph) if drawn(m, GAPS[-1], 0.0).width <= width]
    lowest = (drawn(replace(m, tall=TALL[-1]), GAPS[-1]).height for m in wide_enough)
    fitting = (m for m, h in zip(wide_enough, lowest, strict=False) if h <= ASPECT * width)
    measures = next(fitting, wide_enough[0] if wide_enough else [*_attempts(graph)][-1])
    gap = _first(GAPS, lambda gap: drawn(measures, gap, 0.0).width <= width)

    def high(tall: float) -> Scene:
        return drawn(replace(measures, tall=tall), gap)

    tall = _first(TALL, lambda tall: high(tall).height <= BEST * width)
    if high(tall).height > BEST * width:
        tall = _first(TALL, lambda tall: high(tall).height <= ASPECT * width)
    return high(tall)


def _first(values: list[float], good: Callable[[float], bool]) -> float:
    """Return the first good value, by halving: what follows a good one is good; else the last."""
    low, high = 0, len(values) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if good(values[middle]) else (middle + 1, high)
    return values[low]


def _u_scene(graph: Graph, shape: Shape, measures: Measures, gap: float, width: float) -> Scene:
    """Draw twice: the first time shows how far texts stand out beyond the boxes."""
    rows = Rows(graph, shape, measures)
    skips = {
        pair
        for skip in shape.skips
        for pair in zip((skip.source, *skip.via), (*skip.via, skip.target), strict=True)
    }
    first = {
        n: [*rows.left(n), *(rows.bottom if n == rows.levels[-1] else [])] for n in rows.levels
    }
    sized = [(first[level] or rows.right(level))[0] for level in rows.levels]
    scene = Scene(0, 0)
    inner = width
    for _ in range(2):
        boxes = place_u(rows, gap=gap, width=inner)
        scene = _scene(graph, boxes, measures, skips)
        scene.texts += [
            t for node in sized if (t := _beside(node, boxes[node.id], rows.wide(node))).text
        ]
        left, _, right, _ = scene.extent
        inner -= right - left + 2 * EDGE - width
    boxes_meant, ways_meant = entries(graph, measures, scene.arrows)
    add_legend(scene, boxes_meant, ways_meant, width=0.0)
    return _framed(scene)


def _scene(
    graph: Graph, boxes: dict[str, Box], measures: Measures, skips: set[tuple[str, str]]
) -> Scene:
    chips, texts, feet = badges(graph, boxes, measures)
    arrows = routes(graph, boxes, skips, feet)
    texts = [*names(graph, boxes, measures), *channels(graph, boxes, arrows), *texts]
    return Scene(0, 0, [*boxes.values(), *chips], arrows, texts)


def _beside(node: Node, box: Box, width: float) -> Text:
    """Size at the lower left of a row, below an arrow that arrives at the box's middle."""
    return Text(
        box.x - width / 2 - 3, box.bottom + 3, size_text(node), SMALL, grey=True, anchor="east"
    )


def _framed(scene: Scene) -> Scene:
    """Return the scene with its lower left corner at the origin and its size known."""
    left, bottom, right, top = scene.extent
    framed = moved(scene, EDGE - left, EDGE - bottom)
    framed.width, framed.height = right - left + 2 * EDGE, top - bottom + 2 * EDGE
    return framed


def _chain(graph: Graph, nodes: list[Node], column: float, text: float) -> Scene:
    *named, numbered = _attempts(graph)
    tries = [(m, width, gap) for width, gap in ((column, 11), (text, 9)) for m in named]
    tries += [(numbered, column, 11), (numbered, text, 9)]
    for measures, width, gap in tries:
        if chain_width(nodes, measures, gap=gap) <= width:
            scene = _chain_scene(graph, nodes, measures, width)
            if not _crowded(scene):
                break
    return scene


def _crowded(scene: Scene) -> bool:
    """Whether two of the sizes below the chain touch."""
    row = sorted(text.extent for text in scene.texts if text.grey)
    return any(a[2] + 2 > b[0] for a, b in itertools.pairwise(row))


def _chain_scene(graph: Graph, nodes: list[Node], measures: Measures, width: float) -> Scene:
    """Draw twice: the first time shows how far texts stand out beyond the boxes."""
    ids = [node.id for node in nodes]
    skips = {(e.source, e.target) for e in graph.edges} - set(itertools.pairwise(ids))
    scene, inner = Scene(0, 0), width
    for _ in range(2):
        boxes = place_chain(nodes, measures, width=inner)
        scene = _scene(graph, boxes, measures, skips)
        scene.texts += _below(nodes, boxes, scene)
        left, _, right, _ = scene.extent
        inner -= right - left + 2 * EDGE - width
    boxes_meant, ways_meant = entries(graph, measures, scene.arrows)
    boxes_meant += _left_out(graph, boxes)
    add_legend(scene, boxes_meant, ways_meant, width=width - 2 * EDGE)
    return _framed(scene)


def _left_out(graph: Graph, boxes: dict[str, Box]) -> list[Entry]:
    """Say what a chain cannot show."""
    missing = [node for node in graph.nodes if node.id not in boxes]
    if not missing:
        return []
    slots = ", ".join(f"{n.label} at {n.slot}" for n in missing if n.slot)
    plugs = f", among them {slots}" if slots else ""
    return [Entry("", f"not drawn: {len(missing)} boxes of parallel branches{plugs}")]


def _below(nodes: list[Node], boxes: dict[str, Box], scene: Scene) -> list[Text]:
    """Sizes of a chain stand on one line below it, once per resolution."""
    floor = min(box.bottom for box in scene.boxes) - 6
    first = {node.level: node for node in reversed(nodes) if node.kind != "slot"}
    return [
        Text(boxes[node.id].x, floor, size_text(node), SMALL, grey=True)
        for node in first.values()
        if node.size
    ]

"""Fit a graph to a page: choose shape, gaps and text until it fills the width and no more."""

from collections.abc import Iterator
from dataclasses import replace

from paperkit.diagram.chain_layout import chain_width, place_chain
from paperkit.diagram.graph import Graph, Node
from paperkit.diagram.labels import badges, channels, names, size_text
from paperkit.diagram.legend import add_legend, entries
from paperkit.diagram.measures import MINIMUM, SMALL, Measures, looks
from paperkit.diagram.routes import routes
from paperkit.diagram.rows import Rows
from paperkit.diagram.scene import Box, Scene, Text, moved
from paperkit.diagram.shape import Shape, find_shape, spine
from paperkit.diagram.u_layout import place_u

__all__ = ["compose"]

ASPECT = 0.55  # height over width at most
EDGE = 1.0
GAPS = [gap / 2 for gap in range(52, 13, -1)]
TALL = [tall / 20 for tall in range(22, 11, -1)]


def compose(graph: Graph, *, column: float, text: float) -> Scene:
    """Return the drawing of a graph, as wide as a column or as the text of the page.

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
    measures = [replace(m, tall=1.0) for m in _attempts(graph)]
    fitting = ((m, gap) for m in measures for gap in GAPS if _u_fits(graph, shape, m, gap, width))
    chosen, gap = next(fitting, (measures[-1], GAPS[-1]))
    drawn = (_u_scene(graph, shape, replace(chosen, tall=tall), gap, width) for tall in TALL)
    scene = None
    for scene in drawn:
        if scene.height <= ASPECT * width:
            break
    assert scene is not None
    return scene


def _u_fits(graph: Graph, shape: Shape, measures: Measures, gap: float, width: float) -> bool:
    return _u_scene(graph, shape, measures, gap, 0.0).width <= width


def _u_scene(graph: Graph, shape: Shape, measures: Measures, gap: float, width: float) -> Scene:
    """Draw twice: the first time shows how far texts stand out beyond the boxes."""
    rows = Rows(graph, shape, measures)
    skips = {
        pair
        for skip in shape.skips
        for pair in zip((skip.source, *skip.via), (*skip.via, skip.target), strict=True)
    }
    first = {n: [*rows.left(n), *(rows.bottom if n == rows.levels[-1] else [])] for n in rows.levels}
    sized = [(first[level] or rows.right(level))[0] for level in rows.levels]
    scene = Scene(0, 0)
    inner = width
    for _ in range(2):
        boxes = place_u(rows, gap=gap, width=inner)
        scene = _scene(graph, boxes, measures, skips)
        scene.texts += [t for node in sized if (t := _beside(node, boxes[node.id])).text]
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


def _beside(node: Node, box: Box) -> Text:
    """Size at the lower left of a row, below an arrow that arrives at the box's middle."""
    return Text(box.left - 3, box.bottom + 3, size_text(node), SMALL, grey=True, anchor="east")


def _framed(scene: Scene) -> Scene:
    """Return the scene with its lower left corner at the origin and its size known."""
    left, bottom, right, top = scene.extent
    framed = moved(scene, EDGE - left, EDGE - bottom)
    framed.width, framed.height = right - left + 2 * EDGE, top - bottom + 2 * EDGE
    return framed


def _chain(graph: Graph, nodes: list[Node], column: float, text: float) -> Scene:
    tries = [(m, width, gap) for width, gap in ((column, 11), (text, 9)) for m in _attempts(graph)]
    fitting = (t for t in tries if chain_width(nodes, t[0], gap=t[2]) <= t[1])
    measures, width, _ = next(fitting, tries[-1])
    used = min(width, max(column, chain_width(nodes, measures, gap=26)))
    boxes = place_chain(nodes, measures, width=used - 2 * EDGE)
    ids = [node.id for node in nodes]
    follows = set(zip(ids, ids[1:], strict=False))
    skips = {(e.source, e.target) for e in graph.edges} - follows
    scene = _scene(graph, boxes, measures, skips)
    scene.texts += _below(nodes, boxes, scene)
    boxes_meant, ways_meant = entries(graph, measures, scene.arrows)
    add_legend(scene, boxes_meant, ways_meant, width=used - 2 * EDGE)
    return _framed(scene)


def _below(nodes: list[Node], boxes: dict[str, Box], scene: Scene) -> list[Text]:
    """Sizes of a chain stand on one line below it, once per resolution."""
    floor = min(box.bottom for box in scene.boxes) - 6
    first = {node.level: node for node in reversed(nodes) if node.kind != "slot"}
    return [
        Text(boxes[node.id].x, floor, size_text(node), SMALL, grey=True)
        for node in first.values()
        if node.size
    ]

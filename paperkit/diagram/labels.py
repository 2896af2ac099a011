"""The texts of a drawing: names in boxes, channels above them, one size per resolution."""

from dataclasses import replace

from paperkit.diagram.graph import Graph, Node
from paperkit.diagram.measures import MINIMUM, SMALL, TINTS, Measures, words
from paperkit.diagram.metrics import text_width
from paperkit.diagram.scene import Arrow, Box, Text

__all__ = ["badges", "channels", "names", "size_text"]

NEAR = 0.6
LIFT = 4.5  # middle of the channels' line above the box


def names(graph: Graph, boxes: dict[str, Box], measures: Measures) -> list[Text]:
    """Return what is written inside the boxes."""
    found = []
    for node in graph.nodes:
        box = boxes.get(node.id)
        if box is not None:
            text = _name(node, box, measures)
            found += [text] if text.text else []
    return found


def _name(node: Node, box: Box, measures: Measures) -> Text:
    at = Text(box.x, box.y, "", SMALL, inside=node.id)
    if box.look == "slot":
        text = measures.name(node.label)
        return replace(
            at, text=text, size=measures.size, bold=True, turned=_turned(text, box, measures)
        )
    text = words(node, box.look)
    flat = box.look == "join" or box.look in TINTS
    return replace(at, text=text, turned=not flat)


def _turned(text: str, box: Box, measures: Measures) -> bool:
    return text_width(text, measures.size, bold=True) + 2 > box.w


def channels(graph: Graph, boxes: dict[str, Box], arrows: list[Arrow]) -> list[Text]:
    """Return the number of channels above each box that computes some; beside arrows."""
    found = []
    for node in graph.nodes:
        box = boxes.get(node.id)
        if box is None or box.look in {"slot", "join"} or node.kind == "output":
            continue
        line = Text(box.x, box.top + LIFT, str(node.channels), SMALL)
        if _touched(box, arrows):
            line = replace(line, x=box.x + 2.5, anchor="west")
        found.append(line)
    return found


def _touched(box: Box, arrows: list[Arrow]) -> bool:
    ends = [
        p for a in arrows for p in (a.points[0], a.points[-1]) if box.id in {a.source, a.target}
    ]
    return any(abs(x - box.x) < NEAR and abs(y - box.top) < NEAR for x, y in ends)


def size_text(node: Node) -> str:
    """Return "96×128" or "64²", or nothing for vectors and tokens."""
    if node.size is None:
        return ""
    return f"{node.size[0]}²" if node.size[0] == node.size[1] else f"{node.size[0]}×{node.size[1]}"


def badges(
    graph: Graph, boxes: dict[str, Box], measures: Measures
) -> tuple[list[Box], list[Text], dict[str, float]]:
    """Return the badges below the stages that hold plugs, their texts, and their height by box."""
    chips: list[Box] = []
    texts: list[Text] = []
    feet: dict[str, float] = {}
    for node in (node for node in graph.nodes if node.id in boxes):
        y = boxes[node.id].bottom
        for n, badge in enumerate(node.badges):
            w, h = measures.chip(measures.badge(badge))
            name, x = f"{node.id}#{n}", boxes[node.id].x
            chips.append(Box(name, x, y - h / 2, w, h, "slot"))
            text = measures.badge(badge)
            texts.append(Text(x, y - h / 2, text, MINIMUM, bold=True, inside=name))
            y -= h
        feet[node.id] = boxes[node.id].bottom - y
    return chips, texts, feet

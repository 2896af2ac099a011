"""The legend: in the empty corners below the flanks of a U, else in lines below the drawing."""

from dataclasses import dataclass
from typing import Literal

from paperkit.diagram.graph import Graph
from paperkit.diagram.measures import SMALL, TINTS, Measures
from paperkit.diagram.metrics import text_width
from paperkit.diagram.scene import Arrow, Box, Look, Scene, Text, Way

__all__ = ["Entry", "add_legend", "entries"]

LINE = 10.5
SYMBOL = 15.0
SPACE = 4.0
CLEAR = 7.0  # free room around a legend in a corner
BETWEEN = 14.0
WAYS: dict[Way, str] = {
    "down": "stride inside the block",
    "up": "upsampling",
    "skip": "skip connection",
}


@dataclass(frozen=True)
class Entry:
    """One symbol and what it means."""

    symbol: Look | Way | Literal[""]
    text: str

    @property
    def width(self) -> float:
        """Width of symbol and text."""
        return self.indent + text_width(self.text, SMALL)

    @property
    def indent(self) -> float:
        """Room for the symbol."""
        return SYMBOL + SPACE if self.symbol else 0.0


def entries(graph: Graph, measures: Measures, arrows: list[Arrow]) -> tuple[list[Entry], ...]:
    """Return what the boxes mean and what the arrows mean."""
    boxes = [*_stages(graph, measures), *_plugs(graph, measures), *_joins(graph, measures)]
    return boxes, _arrows(graph, arrows)


def _stages(graph: Graph, measures: Measures) -> list[Entry]:
    found: dict[Look, Entry] = {}
    for node in graph.nodes:
        look = measures.looks[node.id]
        if look in TINTS:
            text = f"{node.label}: {node.detail}" if node.detail else node.label
            found.setdefault(look, Entry(look, text))
    return list(found.values())


def _plugs(graph: Graph, measures: Measures) -> list[Entry]:
    plugged = any(node.kind == "slot" or node.badges for node in graph.nodes)
    found = [Entry("slot", "plugged-in module")] if plugged else []
    return found + [Entry("slot", f"{short}: {label}") for label, short in measures.names]


def _joins(graph: Graph, measures: Measures) -> list[Entry]:
    cats = any(node.kind == "join" and node.label.startswith("c") for node in graph.nodes)
    return [Entry("join", "concatenation")] if cats and "join" in measures.looks.values() else []


def _arrows(graph: Graph, arrows: list[Arrow]) -> list[Entry]:
    labels = {(edge.source, edge.target): edge.label for edge in graph.edges}
    found = []
    for way, name in WAYS.items():
        ends = [(a.source, a.target) for a in arrows if a.way == way]
        texts = dict.fromkeys(labels.get(end) or name for end in ends)
        if ends:
            found.append(Entry(way, " / ".join(sorted(texts, key=lambda text: text == name))))
    return found


def add_legend(scene: Scene, boxes: list[Entry], ways: list[Entry], *, width: float) -> None:
    """Add the entries: boxes lower left and arrows lower right if both fit there."""
    left, bottom, right, _ = scene.extent
    high = [(len(part) - 1) * LINE for part in (boxes, ways)]
    corners = (
        _column(boxes, left + 1, bottom + high[0] + 4),
        _column(ways, right - max((e.width for e in ways), default=0) - 1, bottom + high[1] + 4),
    )
    if all(_is_free(scene, part) for part in corners):
        parts = list(corners)
    else:
        parts = list(_lines([*boxes, *ways], left, bottom - LINE - 3, max(width, right - left)))
    for part in parts:
        scene.boxes += part.boxes
        scene.arrows += part.arrows
        scene.texts += part.texts


def _column(found: list[Entry], x: float, y: float) -> Scene:
    part = Scene(0, 0)
    for n, entry in enumerate(found):
        _draw(part, entry, x, y - n * LINE)
    return part


def _lines(found: list[Entry], left: float, y: float, width: float) -> list[Scene]:
    """Fill centred lines from the top."""
    lines: list[list[Entry]] = [[]]
    for entry in found:
        if lines[-1] and _run([*lines[-1], entry]) > width:
            lines.append([])
        lines[-1].append(entry)
    parts = []
    for n, line in enumerate(lines):
        part, x = Scene(0, 0), left + (width - _run(line)) / 2
        for entry in line:
            _draw(part, entry, x, y - n * LINE)
            x += entry.width + BETWEEN
        parts.append(part)
    return parts


def _run(line: list[Entry]) -> float:
    return sum(entry.width for entry in line) + BETWEEN * (len(line) - 1)


def _draw(part: Scene, entry: Entry, x: float, y: float) -> None:
    name, middle = f"legend:{entry.text}", x + SYMBOL / 2
    if entry.symbol in ("down", "up", "skip"):
        part.arrows.append(Arrow("", "", ((x, y), (x + SYMBOL, y)), entry.symbol))
    elif entry.symbol == "join":
        part.boxes.append(Box(name, middle, y, 7.5, 7.5, "join"))
        part.texts.append(Text(middle, y, "C", 6.0, inside=name))
    elif entry.symbol in (*TINTS, "slot"):
        look: Look = "slot" if entry.symbol == "slot" else TINTS[TINTS.index(entry.symbol)]
        part.boxes.append(Box(name, middle, y, 12, 7, look))
    part.texts.append(Text(x + entry.indent, y, entry.text, SMALL, anchor="west"))


def _is_free(scene: Scene, part: Scene) -> bool:
    if not (part.boxes or part.arrows):
        return True
    left, bottom, right, top = part.extent
    area = (left - CLEAR, bottom, right + CLEAR, top + CLEAR)
    spans = [(b.left, b.bottom, b.right, b.top) for b in scene.boxes]
    spans += [text.extent for text in scene.texts]
    for arrow in scene.arrows:
        for (x1, y1), (x2, y2) in zip(arrow.points, arrow.points[1:], strict=False):
            spans.append((min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)))
    return not any(_overlap(area, span) for span in spans)


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]

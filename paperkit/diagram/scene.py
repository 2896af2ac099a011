"""The finished drawing as numbers: what both emitters draw, and what the tests measure.

Units are TeX points (72.27 to the inch), the origin is the lower left corner, y goes up.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from paperkit.diagram.metrics import text_width

__all__ = ["Anchor", "Arrow", "Box", "Look", "Scene", "Text", "Way", "moved"]

Way = Literal["main", "down", "up", "skip"]
Look = Literal["stage", "stage2", "stage3", "plain", "slot", "join"]
Anchor = Literal["center", "west", "east"]
HEIGHT = 0.72  # of a line of text without descenders' room, per point of font size


@dataclass(frozen=True)
class Box:
    """A rectangle (a circle for joins) around its centre.

    Attributes:
        id: The node's id; NODE#N for its badges, "legend:TEXT" for swatches of the legend.
        bands: Equal parts, divided by thin lines.
    """

    id: str
    x: float
    y: float
    w: float
    h: float
    look: Look
    bands: int = 1

    @property
    def left(self) -> float:
        """X of the left side."""
        return self.x - self.w / 2

    @property
    def right(self) -> float:
        """X of the right side."""
        return self.x + self.w / 2

    @property
    def bottom(self) -> float:
        """Y of the lower side."""
        return self.y - self.h / 2

    @property
    def top(self) -> float:
        """Y of the upper side."""
        return self.y + self.h / 2


@dataclass(frozen=True)
class Arrow:
    """A line of straight parts with a head at its end; source and target are box ids."""

    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    way: Way


@dataclass(frozen=True)
class Text:
    """A line of text.

    Attributes:
        x, y: The anchor: centre of the line, or the middle of its left or right end.
        size: Font size in points.
        inside: Id of the box that must hold it; empty for free text.
        turned: Reads from bottom to top.
    """

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    grey: bool = False
    anchor: Anchor = "center"
    turned: bool = False
    inside: str = ""

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of what is printed."""
        length, half = text_width(self.text, self.size, bold=self.bold), self.size * HEIGHT / 2
        if self.turned:
            return self.x - half, self.y - length / 2, self.x + half, self.y + length / 2
        left = self.x - {"west": 0.0, "center": length / 2, "east": length}[self.anchor]
        return left, self.y - half, left + length, self.y + half


@dataclass
class Scene:
    """Everything that is drawn."""

    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    def box(self, name: str) -> Box:
        """Return the box of a node."""
        return next(box for box in self.boxes if box.id == name)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of all that is drawn."""
        spans = [(b.left, b.bottom, b.right, b.top) for b in self.boxes]
        spans += [text.extent for text in self.texts]
        spans += [(x, y, x, y) for arrow in self.arrows for x, y in arrow.points]
        lefts, bottoms, rights, tops = zip(*spans, strict=True)
        return min(lefts), min(bottoms), max(rights), max(tops)


def moved(scene: Scene, dx: float, dy: float) -> Scene:
    """Return the scene with everything shifted."""
    return Scene(
        scene.width,
        scene.height,
        [replace(box, x=box.x + dx, y=box.y + dy) for box in scene.boxes],
        [
            replace(arrow, points=tuple((x + dx, y + dy) for x, y in arrow.points))
            for arrow in scene.arrows
        ],
        [replace(text, x=text.x + dx, y=text.y + dy) for text in scene.texts],
    )

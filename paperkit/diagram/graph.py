"""The graph that a diagram draws: stages, plugged slots and joins, and the arrows between them."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Badge", "Edge", "Graph", "Kind", "Node"]

Kind = Literal["input", "output", "stage", "slot", "join"]


@dataclass(frozen=True)
class Badge:
    """What is plugged inside a stage that is drawn as one box.

    Attributes:
        label: Text of the plugged expression.
        slots: Names of the slots that hold it.
    """

    label: str
    slots: tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """One box of the diagram.

    Attributes:
        id: Dotted path of the module, or "kind@number" for what is no module; unique.
        kind: What it is.
        label: A stage's block ("DoubleConv"), a slot's expression, a join's operation.
        detail: What the block does ("2 × (3×3 conv, BN, ReLU)"); empty if that is long.
        repeat: How many equal blocks the stage holds.
        bands: How often the detail's bracket repeats; drawn as parts of the box.
        channels: Channels of its result.
        size: Height and width of its result; None for vectors and tokens.
        level: How often the resolution was halved before it.
        slot: Name of the slot, for slots.
        badges: What is plugged inside.
    """

    id: str
    kind: Kind
    label: str
    channels: int
    size: tuple[int, int] | None
    level: int
    detail: str = ""
    repeat: int = 1
    bands: int = 1
    slot: str | None = None
    badges: tuple[Badge, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A tensor that goes from one box to another; `label` says what happens on the way."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class Graph:
    """Boxes in the order in which they run, and arrows."""

    model: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def node(self, name: str) -> Node:
        """Return the node with this id."""
        return next(node for node in self.nodes if node.id == name)

    def into(self, name: str) -> list[Edge]:
        """Return the edges that end at a node."""
        return [edge for edge in self.edges if edge.target == name]

    def out_of(self, name: str) -> list[Edge]:
        """Return the edges that start at a node."""
        return [edge for edge in self.edges if edge.source == name]

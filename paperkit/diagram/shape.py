"""Find the shape of a graph: the way through the deepest level, and what bridges it."""

import itertools
from collections import defaultdict
from dataclasses import dataclass

from paperkit.diagram.graph import Edge, Graph, Node

__all__ = ["Shape", "Skip", "find_shape", "spine"]

DEEPER = 10  # a change of level weighs as much as this many boxes


@dataclass(frozen=True)
class Skip:
    """A bridge from the encoder to the decoder; `via` are the boxes on it."""

    source: str
    via: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Shape:
    """A U: the encoder's rows, the bottom and the decoder's rows, by level, and the bridges."""

    left: dict[int, list[Node]]
    bottom: list[Node]
    right: dict[int, list[Node]]
    skips: list[Skip]


def spine(graph: Graph) -> list[Node]:
    """Return the longest way from input to output, where a change of resolution counts most."""
    level = {node.id: node.level for node in graph.nodes}
    best: dict[str, tuple[int, str | None]] = {graph.nodes[0].id: (0, None)}
    for node in graph.nodes[1:]:
        ways = [
            (best[e.source][0] + 1 + DEEPER * abs(node.level - level[e.source]), e.source)
            for e in graph.into(node.id)
            if e.source in best
        ]
        if ways:
            best[node.id] = max(ways)
    found: list[Node] = []
    name: str | None = graph.nodes[-1].id
    while name is not None:
        found.append(graph.node(name))
        name = best[name][1] if name in best else None
    return found[::-1]


def find_shape(graph: Graph) -> Shape | None:
    """Return the graph as a U, or None where it is not one."""
    main = spine(graph)
    levels = [node.level for node in main]
    deepest = max(levels)
    first, last = levels.index(deepest), len(levels) - levels[::-1].index(deepest)
    falls, climbs = levels[: first + 1], levels[last - 1 :]
    if deepest < 2 or falls != sorted(falls) or climbs != sorted(climbs, reverse=True):
        return None
    left, right = main[:first], main[last:]
    skips = _skips(graph, main)
    if not skips or not _bridges(skips, left, right):
        return None
    return Shape(_rows(left), main[first:last], _rows(right), skips)


def _rows(nodes: list[Node]) -> dict[int, list[Node]]:
    rows: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        rows[node.level].append(node)
    return dict(rows)


def _skips(graph: Graph, main: list[Node]) -> list[Skip] | None:
    """Return all bridges, or None if some box is neither on the way nor on a bridge."""
    ids = [node.id for node in main]
    follows = set(itertools.pairwise(ids))
    starts = [e for e in graph.edges if e.source in ids and (e.source, e.target) not in follows]
    found = [_bridge(graph, edge, ids) for edge in starts]
    skips = [skip for skip in found if skip is not None]
    drawn = {*ids, *(name for skip in skips for name in skip.via)}
    whole = len(skips) == len(found) and len(drawn) == len(graph.nodes)
    return skips if whole else None


def _bridge(graph: Graph, edge: Edge, main: list[str]) -> Skip | None:
    """Follow boxes that have one arrow in and one out until the way is met again."""
    via: list[str] = []
    target = edge.target
    while target not in main:
        out = graph.out_of(target)
        if len(out) != 1 or len(graph.into(target)) != 1:
            return None
        via.append(target)
        target = out[0].target
    return Skip(edge.source, tuple(via), target)


def _bridges(skips: list[Skip], left: list[Node], right: list[Node]) -> bool:
    """Whether each goes from the encoder to the decoder on one level, to a target of its own."""
    start, end = ({node.id: node.level for node in side} for side in (left, right))
    level = all(s.source in start and start[s.source] == end.get(s.target) for s in skips)
    return level and len({skip.target for skip in skips}) == len(skips)

"""The calls of one forward: which module ran when, and which maps it gave in which layout.

Adapters read from it what a library does not say: which modules make a stage, and whether maps
are [B, C, H, W], [B, H, W, C], or tokens [B, N, C] that a convolution cut from an image.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from torch import nn

from .probe import Shape

SKEW = 0.15  # of what is a map at all
PREFIX = 16  # more tokens than these before the image's are no prefix
Layout = Literal["hook", "last", "tokens"]


@dataclass(frozen=True)
class Call:
    """One call of a module: when it began and ended, and the shape of the tensor that it gave.

    Where it gave several, ``shape`` is the first one's and ``bare`` is false.
    """

    path: str
    start: int
    end: int
    shape: Shape = ()
    bare: bool = True

    def holds(self, other: "Call") -> bool:
        """Tell whether another call happened during this one."""
        return self.start < other.start and other.end < self.end


@dataclass
class Calls:
    """All calls of modules that ran exactly once, in the order in which they ended."""

    model: nn.Module
    image: tuple[int, int] = (0, 0)
    every: dict[str, Call] = field(default_factory=dict)

    def layout(self, path: str) -> tuple[Layout, str] | None:
        """Return how a module's output is laid out, and for tokens which convolution made them.

        None: it is no map, or it is not known where its tokens lie in the image.
        """
        shape = self.every[path].shape if path in self.every and self.every[path].bare else ()
        if len(shape) == 4:
            first, last = self._skew(shape[2:]), self._skew(shape[1:3])
            if min(first, last) > SKEW:
                return None
            return ("hook", "") if first <= last else ("last", "")
        source = self._source(path) if len(shape) == 3 else ""
        return ("tokens", source) if source else None

    def size(self, path: str) -> tuple[int, ...]:
        """Return what tells the resolution of what a module gives: height and width of maps.

        Of tokens without a known map it is their number, and () where it gives neither.
        """
        how, shape = self.layout(path), self.every[path].shape
        if how is None:
            return shape[2:] if len(shape) == 4 else shape[1:2] if len(shape) == 3 else ()
        if how[0] == "tokens":
            return self.every[how[1]].shape[2:]
        return shape[2:] if how[0] == "hook" else shape[1:3]

    def inside(self, path: str = "") -> list[Call]:
        """Return the calls directly inside a module's, those of the whole model by default."""
        outer = self.every.get(path)
        found = [c for c in self.every.values() if outer is None or outer.holds(c)]
        return _outermost(found)

    def between(self, after: str | None, until: str) -> list[str]:
        """Return the modules with weights that ran after one had ended, up to another's end."""
        start = self.every[after].end if after else 0
        end = self.every[until].end
        found = [c for c in self.every.values() if start < c.start and c.end <= end]
        return [call.path for call in _outermost(found) if self.weighs(call.path)]

    def weighs(self, path: str) -> bool:
        """Tell whether a module has parameters."""
        return any(True for _ in self.model.get_submodule(path).parameters())

    def _skew(self, size: Sequence[int]) -> float:
        """Return by how much height and width have not shrunk alike; borders may get lost."""
        if tuple(size) == (1, 1):
            return 0.0
        high, wide = (part / whole for part, whole in zip(size, self.image, strict=True))
        return abs(high - wide) / max(high, wide) if high * wide else 1.0

    def _source(self, path: str) -> str:
        """Return the convolution before, or in, a module with about as many pixels as tokens.

        The one that leaves fewest tokens over, and of several the last.
        """
        if any(type(module).__name__ == "Unroll" for module in self.model.modules()):
            return ""  # Hiera: tokens are ordered by windows and not by rows
        call, found = self.every[path], ("", PREFIX)
        for other in self.every.values():
            size = other.shape[2:]
            if other.end >= call.end or len(size) != 2 or self._skew(size) > SKEW:
                continue
            spare = call.shape[1] - size[0] * size[1]
            made = isinstance(self.model.get_submodule(other.path), nn.Conv2d)
            if made and 0 <= spare <= found[1]:
                found = (other.path, spare)
        return found[0]

    def prefix(self, path: str, source: str) -> int:
        """Return how many tokens stand before those of the image."""
        high, wide = self.every[source].shape[2:]
        return self.every[path].shape[1] - high * wide


def _outermost(calls: list[Call]) -> list[Call]:
    """Return, in their order, the calls that happened in no other of these."""
    found: list[Call] = []
    for call in sorted(calls, key=lambda c: c.start):
        if not found or not found[-1].holds(call):
            found.append(call)
    return found


def composite(module: nn.Module) -> bool:
    """Tell whether a module has two or more layers with weights: a block, not a layer."""
    layers = (m for m in module.modules() if isinstance(m, nn.modules.conv._ConvNd | nn.Linear))
    return len(list(layers)[:2]) == 2


def members(module: nn.Module) -> list[str] | None:
    """Return the names, inside a module, of the blocks that it lists; None if it is no list."""
    for name, home in _lists(module):
        found = [f"{name}{key}" for key, block in home.named_children() if composite(block)]
        if found:
            return found
    return None


def _lists(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for name in ("blocks", "layers"):
        home = getattr(module, name, None)
        if isinstance(home, nn.Sequential | nn.ModuleList):
            yield f"{name}.", home
    lists = isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict)
    if lists or "Stage" in type(module).__name__:
        yield "", module

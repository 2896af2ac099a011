"""The calls of one forward: which module ran when, and which maps it gave in which layout.

Adapters read from it what a library does not say: which modules make a stage, and whether maps
are [B, C, H, W], [B, H, W, C], or tokens [B, N, C] that a convolution cut from an image.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from .probe import Shape, on_copy, tensors
from .slot import Slot

SIZES = ((256, 320), (224, 224))  # height and width differ, so that channels are not taken for one
SKEW = 0.15  # of what is a map at all
PREFIX = 16  # more tokens than these before the image's are no prefix
Layout = Literal["hook", "last", "tokens"]
T = TypeVar("T")


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
        """Return the last convolution before, or in, a module with as many pixels as tokens."""
        call = self.every[path]
        if any(type(module).__name__ == "Unroll" for module in self.model.modules()):
            return ""  # Hiera: tokens are ordered by windows and not by rows
        found = ""
        for other in self.every.values():
            size = other.shape[2:]
            if other.end >= call.end or len(size) != 2 or self._skew(size) > SKEW:
                continue
            spare = call.shape[1] - size[0] * size[1]
            if 0 <= spare <= PREFIX and isinstance(self.model.get_submodule(other.path), nn.Conv2d):
                found = other.path
        return found

    def prefix(self, path: str, source: str) -> int:
        """Return how many tokens stand before those of the image."""
        high, wide = self.every[source].shape[2:]
        return self.every[path].shape[1] - high * wide


def listen(model: nn.Module) -> Calls:
    """Run a copy of the model once and return its calls. What its forward raises is raised."""
    return run_bare(model, lambda twin, image: _listened(model, twin, image))


def run_bare(model: nn.Module, run: Callable[[nn.Module, Tensor], T]) -> T:
    """Call run(copy, image) with a copy that has no plugs, on an image that it takes."""

    def at_its_size(twin: nn.Module, device: str) -> T:
        _strip(twin)
        channels = next(m.in_channels for m in twin.modules() if isinstance(m, nn.Conv2d))
        *others, last = sizes(model)
        for height, width in others:
            try:
                return run(twin, torch.zeros(1, channels, height, width, device=device))
            except Exception:
                continue  # another size may be the one that it takes
        return run(twin, torch.zeros(1, channels, *last, device=device))

    return on_copy(model, at_its_size)


def sizes(model: nn.Module) -> list[tuple[int, int]]:
    """Return the heights and widths of images to try, best first."""
    for module in model.modules():
        fixed: Any = getattr(module, "img_size", None) or getattr(module, "image_size", None)
        if isinstance(fixed, int):
            return [(fixed, fixed)]
        if isinstance(fixed, Sequence) and len(fixed) == 2:
            return [(int(fixed[0]), int(fixed[1]))]
    told: Any = getattr(model, "default_cfg", None) or {}
    usual = told.get("input_size") if isinstance(told, dict) else None
    return [*SIZES, tuple(usual[1:])] if usual and usual[1:] != SIZES[-1] else list(SIZES)


def _listened(model: nn.Module, twin: nn.Module, image: Tensor) -> Calls:
    clock = Clock(twin)
    try:
        with torch.no_grad():
            twin(image)
    finally:
        clock.stop()
    return clock.calls(model, image)


class Clock:
    """Hooks on a throw-away copy that note when each call begins and ends."""

    def __init__(self, twin: nn.Module) -> None:
        self.now = 0
        self.open: list[int] = []
        self.count: Counter[str] = Counter()
        self.done: list[Call] = []
        self.names = {module: name for name, module in twin.named_modules() if name}
        self.handles = [
            handle
            for module in self.names
            for handle in (
                module.register_forward_pre_hook(self.begin),
                module.register_forward_hook(self.end),
            )
        ]

    def begin(self, module: nn.Module, args: Any) -> None:  # noqa: ARG002
        """Forward pre-hook."""
        self.now += 1
        self.open.append(self.now)

    def end(self, module: nn.Module, args: Any, output: Any) -> None:  # noqa: ARG002
        """Forward hook."""
        self.now += 1
        name = self.names[module]
        self.count[name] += 1
        first = next(tensors(output), None)
        shape = () if first is None else tuple(first.shape)
        bare = isinstance(output, Tensor)
        self.done.append(Call(name, self.open.pop(), self.now, shape, bare))

    def stop(self) -> None:
        """Take the hooks off."""
        for handle in self.handles:
            handle.remove()

    def calls(self, model: nn.Module, image: Tensor) -> Calls:
        """Return what was seen of modules that ran once."""
        once = {call.path: call for call in self.done if self.count[call.path] == 1}
        return Calls(model, (image.shape[-2], image.shape[-1]), once)


def _outermost(calls: list[Call]) -> list[Call]:
    """Return, in their order, the calls that happened in no other of these."""
    found: list[Call] = []
    for call in sorted(calls, key=lambda c: c.start):
        if not found or not found[-1].holds(call):
            found.append(call)
    return found


def _strip(twin: nn.Module) -> None:
    """Take the plugs off a copy: what a slot is called must not depend on what is plugged in."""
    for module in twin.modules():
        for hooks in (module._forward_hooks, module._forward_pre_hooks):
            for key in [k for k, h in hooks.items() if isinstance(_owner(h), Slot)]:
                module._forward_hooks_with_kwargs.pop(key, None)
                module._forward_pre_hooks_with_kwargs.pop(key, None)
                del hooks[key]


def _owner(hook: Any) -> Any:
    return getattr(hook, "__self__", None)


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

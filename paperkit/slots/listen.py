"""Run a copy of a foreign model, without its plugs, on an image that it takes, and note the calls.

No example is at hand where names are looked up, so the size is read off the model, or tried.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from .calls import Call, Calls
from .probe import on_copy, tensors
from .slot import Slot

SIZES = ((256, 320), (224, 224))  # height and width differ, so that channels are not taken for one
T = TypeVar("T")


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

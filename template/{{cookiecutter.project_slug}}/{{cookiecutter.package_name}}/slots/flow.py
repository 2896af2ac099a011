"""Which module each tensor of a foreign model comes from, found by running a copy of it once.

A library's encoder gives its decoder a list of feature maps. Which module made each of them is
read off autograd's graph on the meta device, so that an adapter needs no table of encoders, and
offers a place only where what is plugged in changes what goes on.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any

import torch
from torch import Tensor, nn

from .calls import Calls
from .listen import Clock, run_bare
from .probe import Shape, tensors

RESHAPING = (
    "Alias",
    "Clone",
    "Permute",
    "ReshapeAlias",
    "Slice",
    "Transpose",
    "UnsafeView",
    "View",
)
POOLING = ("AvgPool2D", "MaxPool2DWithIndices")


@dataclass(frozen=True)
class Feature:
    """One tensor of the list that goes from an encoder to its decoder.

    ``path``: the module that gave it, or None. ``whole``: that module is all there is between
    the feature before and this one, but for pooling. ``used``: the decoder's output depends on it.
    """

    shape: Shape
    path: str | None = None
    given: Shape = ()
    whole: bool = False
    used: bool = False


@dataclass
class Flow:
    """What was seen: the features, and what each module that ran once was given and gave."""

    calls: Calls
    features: list[Feature] = field(default_factory=list)
    inputs: dict[str, tuple[Shape, ...]] = field(default_factory=dict)
    outputs: dict[str, Shape] = field(default_factory=dict)

    def level(self, shape: Shape) -> int:
        """Return N of encoder.N and decoder.N at this size: 0 at half of the image's, then 1."""
        return round(log2(self.calls.image[1] / shape[-1])) - 1


def follow(model: nn.Module, taker: str) -> Flow:
    """Run the model and return what flows into the module at the path ``taker``, its decoder."""

    def run(twin: nn.Module, image: Tensor) -> Flow:
        watch, clock = _Watch(twin.requires_grad_(True), taker), Clock(twin)
        try:
            with torch.enable_grad():
                twin(image)
            calls = clock.calls(model, image)
            return Flow(calls, watch.features(), watch.inputs, watch.outputs)
        finally:
            clock.stop()
            watch.stop()

    return run_bare(model, run)


class _Watch:
    """Hooks on a throw-away copy. Each module's output is cloned, so that none is two modules'."""

    def __init__(self, twin: nn.Module, taker: str) -> None:
        self.made: dict[Any, str] = {}  # node of autograd's graph -> path
        self.entered: dict[str, Any] = {}
        self.inputs: dict[str, tuple[Shape, ...]] = {}
        self.outputs: dict[str, Shape] = {}
        self.calls: Counter[str] = Counter()
        self.given: list[Tensor] = []
        self.taken: list[Tensor] = []
        self.answer: Tensor | None = None
        self.names = {module: name for name, module in twin.named_modules() if name}
        self.handles = [m.register_forward_hook(self.mark, with_kwargs=True) for m in self.names]
        decoder = twin.get_submodule(taker)
        self.handles.append(decoder.register_forward_pre_hook(self.take))
        self.handles.append(decoder.register_forward_hook(self.keep))

    def stop(self) -> None:
        """Take the hooks off."""
        for handle in self.handles:
            handle.remove()

    def mark(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        name = self.names[module]
        self.calls[name] += 1
        if not isinstance(output, Tensor) or output.grad_fn is None:
            return output
        output = output.clone()
        given = list(tensors([args, kwargs]))
        self.made[output.grad_fn] = name
        self.entered[name] = given[0].grad_fn if given else None
        self.inputs[name] = tuple(tuple(t.shape) for t in given)
        self.outputs[name] = tuple(output.shape)
        return output

    def take(self, module: nn.Module, args: Any) -> Any:  # noqa: ARG002
        """Cut the graph here: one feature depends on the other, but not inside the decoder."""
        self.given = list(args[0])
        self.taken = [tensor.detach().requires_grad_() for tensor in self.given]
        return ([*self.taken], *args[1:])

    def keep(self, module: nn.Module, args: Any, output: Tensor) -> None:  # noqa: ARG002
        self.answer = output

    def features(self) -> list[Feature]:
        """Return the features; called while the graph is alive."""
        assert self.answer is not None
        ones = torch.ones_like(self.answer)
        grads = torch.autograd.grad(self.answer, self.taken, ones, allow_unused=True)
        found: list[Feature] = []
        for tensor, grad in zip(self.given, grads, strict=True):
            before = [feature.path for feature in found if feature.path]
            used = grad is not None and tensor.numel() > 0
            found.append(self._feature(tensor, used, before[-1:]))
        return found

    def _feature(self, tensor: Tensor, used: bool, before: list[str]) -> Feature:
        path = self._source(tensor.grad_fn, RESHAPING) if tensor.numel() else None
        if path is None or self.calls[path] != 1:
            return Feature(tuple(tensor.shape), used=used)
        origin = self._source(self.entered[path], (*RESHAPING, *POOLING), before)
        whole = origin == (before[0] if before else None)
        return Feature(tuple(tensor.shape), path, self.outputs[path], whole, used)

    def _source(self, node: Any, through: Sequence[str], stops: Sequence[str] = ()) -> str | None:
        """Walk back over steps that only rearrange; to any module, or to one of ``stops``."""
        while node is not None:
            path = self.made.get(node)
            if path is not None and (not stops or path in stops):
                return path
            if node.name().removesuffix("0").removesuffix("Backward") not in through:
                return path or "elsewhere"
            node = node.next_functions[0][0]
        return None

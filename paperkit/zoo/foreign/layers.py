"""What a module is made of, in the order in which it is called, and which operations it runs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["Layer", "carry", "layers", "operations", "pairs"]

# what a reader calls the operations that change a gate
NAMED = {
    "sigmoid": "sigmoid",
    "relu": "ReLU",
    "hardtanh": "ReLU6",
    "hardswish": "h-swish",
    "hardsigmoid": "h-sigmoid",
    "silu": "SiLU",
    "gelu": "GELU",
    "_softmax": "softmax",
    "tanh": "tanh",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
}


@dataclass(frozen=True)
class Layer:
    """A module that has parameters of its own.

    Attributes:
        path: Its dotted path.
        module: The layer.
    """

    path: str
    module: nn.Module

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of its parameters but the bias, without axes of length 1; a Linear is a 1x1."""
        return tuple(
            tuple(n for n in parameter.shape if n != 1)
            for name, parameter in self.module.named_parameters(recurse=False)
            if name != "bias" or _is_norm(self.module)
        )

    @property
    def has_bias(self) -> bool:
        """Whether it adds a bias; a normalisation's shift is none."""
        return getattr(self.module, "bias", None) is not None and not _is_norm(self.module)

    def __str__(self) -> str:
        kind = type(self.module).__name__
        weight = getattr(self.module, "weight", None)
        if _is_norm(self.module) or not isinstance(weight, Tensor) or weight.dim() < 2:
            sizes = ", ".join("x".join(map(str, shape)) or "1" for shape in self.shapes)
            return f"{kind}({sizes})"
        kernel = "x".join(str(n) for n in weight.shape[2:])
        widths = f"{weight.shape[1]} to {weight.shape[0]}"
        tail = f", {kernel}" if kernel else ""
        return f"{kind}({widths}{tail}{'' if self.has_bias else ', no bias'})"


def layers(module: nn.Module, given: Sequence[Tensor], *, called: bool = True) -> list[Layer]:
    """Return the layers in the order of their first call, the others last; or as defined."""
    own = {
        path: inner
        for path, inner in module.named_modules()
        if next(inner.parameters(recurse=False), None) is not None
    }
    if not called:
        return [Layer(path, inner) for path, inner in own.items()]
    order: list[str] = []

    def noted(path: str) -> Any:
        def hook(*_: object) -> None:
            if path not in order:
                order.append(path)

        return hook

    handles = [inner.register_forward_pre_hook(noted(path)) for path, inner in own.items()]
    with torch.no_grad():
        module(*given)
    for handle in handles:
        handle.remove()
    return [Layer(path, own[path]) for path in [*order, *(p for p in own if p not in order)]]


class _Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.found[func.overloadpacket.__name__.rstrip("_")] += 1
        return func(*args, **(kwargs or {}))


def operations(module: nn.Module, given: Sequence[Tensor]) -> Counter[str]:
    """Return how often each named operation runs in a forward, functions included."""
    counting = _Counting()
    with torch.no_grad(), counting:
        module(*given)
    return Counter({NAMED[key]: n for key, n in counting.found.items() if key in NAMED})


def pairs(ours: Sequence[Layer], theirs: Sequence[Layer]) -> list[tuple[Layer, Layer | None]]:
    """Give each of our layers the first one of theirs, in order, that has its shapes."""
    free = list(theirs)
    found: list[tuple[Layer, Layer | None]] = []
    for layer in ours:
        match = next((other for other in free if other.shapes == layer.shapes), None)
        if match is not None:
            free.remove(match)
        found.append((layer, match))
    return found


def carry(layer: Layer, other: Layer) -> None:
    """Copy parameters and statistics to the other; a bias that only one has is set to zero."""
    with torch.no_grad():
        for (_, source), (_, target) in zip(_tensors(layer), _tensors(other), strict=False):
            if source.numel() == target.numel():
                target.copy_(source.reshape(target.shape))
        if layer.has_bias and not other.has_bias:
            nn.init.zeros_(layer.module.bias)  # type: ignore[arg-type]
        if other.has_bias and not layer.has_bias:
            nn.init.zeros_(other.module.bias)  # type: ignore[arg-type]


def _tensors(layer: Layer) -> Iterator[tuple[str, Tensor]]:
    yield from layer.module.named_parameters(recurse=False)
    yield from (
        (name, buffer)
        for name, buffer in layer.module.named_buffers(recurse=False)
        if buffer.is_floating_point()
    )


def _is_norm(module: nn.Module) -> bool:
    return "Norm" in type(module).__name__

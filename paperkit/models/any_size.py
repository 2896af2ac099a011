"""Images of any size: what a model cannot take is padded, and its maps are cropped back.

The class of the model gets a forward around its own; its name, its weights' names and its library's
classes above it stay. This file stands alone; projects have the same copy.
"""

import copy
import functools
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Size = tuple[int, int]


class AnySize:
    """Mixed in before a model that needs sizes divisible by ``multiple``: pads, and crops back."""

    multiple: Size

    def forward(self, x: Tensor) -> Any:
        """Run the model on padded images; maps [B, C, H, W] come back in the images' size."""
        (height, width), (down, across) = x.shape[-2:], self.multiple
        y = super().forward(F.pad(x, (0, -width % across, 0, -height % down)))  # type: ignore[misc]
        return y[..., :height, :width] if y.ndim == 4 else y

    def __reduce_ex__(self, protocol: object) -> Any:
        """Copy and pickle by the library's class: this one is made when it is needed."""
        return _empty, (type(self).__mro__[2],), vars(self)


@functools.cache
def _padding(kind: Any) -> Any:
    return type(kind.__name__, (AnySize, kind), {"__doc__": kind.__doc__})


def _empty(kind: Any) -> Any:
    return _padding(kind).__new__(_padding(kind))


def any_size(
    make: Callable[[Size], nn.Module], channels: int, size: Size, steps: Iterable[int | Size]
) -> nn.Module | None:
    """Make a model that takes images of any size; None where it runs at none of the paddings.

    Args:
        make: From the padded size to the model; called until one runs.
        channels: Of the images.
        size: H and W of the images.
        steps: Multiples to pad to, for both sides or for each; 1 is no padding.
    """
    for step in dict.fromkeys(steps):
        multiple = (step, step) if isinstance(step, int) else step
        height, width = (n + -n % m for n, m in zip(size, multiple, strict=True))
        model = make((height, width))
        if _runs(model, torch.zeros(1, channels, height, width)):
            if multiple != (1, 1):
                kind: Any = type(model)
                model.__class__ = _padding(kind)
                model.multiple = multiple  # type: ignore[assignment]
            return model
    return None


def _runs(model: nn.Module, x: Tensor) -> bool:
    """Tell whether images of this size go through; by shapes alone, where the model's code can."""
    try:
        with torch.no_grad():
            try:
                _shapes_only(model).eval()(x.to("meta"))
            except Exception:
                model.eval()(x)
    except Exception:
        return False
    finally:
        model.train()
    return True


def _shapes_only(model: nn.Module) -> nn.Module:
    """Copy the structure; parameters and buffers get a shape and no numbers."""
    memo: dict[int, Any] = {}
    for parameter in model.parameters():
        memo[id(parameter)] = nn.Parameter(torch.empty_like(parameter, device="meta"))
    for buffer in model.buffers():
        memo[id(buffer)] = torch.empty_like(buffer, device="meta")
    return copy.deepcopy(model, memo)

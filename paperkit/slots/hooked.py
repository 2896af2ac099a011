"""Slots in models that were written without: what a hook has to do before and after the plugs.

All hooks are bound methods of registered modules: deepcopy (EMA), torch.save, torch.compile and
torch.export then keep them, and they call the plugs of the copy and not those of the original.
"""

from typing import Any

import torch
from torch import Tensor, nn

from .errors import SlotError
from .slot import Slot


class Item(Slot):
    """One feature of the list that a decoder takes: what passes here is what the decoder sees."""

    def __init__(self, name: str, path: str, number: int) -> None:
        super().__init__(name, path)
        self.number = number

    def before(self, module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:  # noqa: ARG002
        """Forward pre-hook: exchange the feature, in a list of its own."""
        features = list(args[0])
        features[self.number] = self.forward(features[self.number]).clone()
        return (features, *args[1:]), kwargs


class Join(Slot):
    """The concatenation [x, s] that enters a module, taken apart: the last channels are s."""

    def __init__(self, name: str, path: str, number: int) -> None:
        super().__init__(name, path, inputs=2)
        self.number = number

    def before(self, module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:  # noqa: ARG002
        """Forward pre-hook: [x, s] as the plugs leave it, of the same width."""
        width = args[0].shape[1] - self.number
        joined = self.forward(*torch.split(args[0], [width, self.number], dim=1))
        return (joined, *args[1:]), kwargs


class Last(Slot):
    """After a module whose maps are [B, H, W, C]."""

    def after(self, module: nn.Module, args: object, output: Tensor) -> Tensor:  # noqa: ARG002
        """Forward hook: the plugs see [B, C, H, W]."""
        return self.forward(output.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).contiguous().clone()


class Grid(Slot):
    """After a module whose maps are rows of tokens [B, P + H * W, C], P of them not the image's.

    H and W are what the convolution that cut the tokens gave in the same forward, so that images
    of any size and shape are put together as they were.
    """

    def __init__(self, name: str, path: str, number: int) -> None:
        super().__init__(name, path)
        self.number = number
        self.size = (0, 0)

    def note(self, module: nn.Module, args: object, output: Tensor) -> None:  # noqa: ARG002
        """Forward hook of that convolution, whose output is [B, C, H, W]."""
        self.size = (output.shape[-2], output.shape[-1])

    def after(self, module: nn.Module, args: object, output: Tensor) -> Tensor:  # noqa: ARG002
        """Forward hook: the plugs see [B, C, H, W], and the P tokens go past them."""
        high, wide = self.size
        before, image = output[:, : self.number], output[:, self.number :]
        if image.shape[1] != high * wide:
            raise SlotError(
                f"{self.name}: {image.shape[1]} tokens are no map of {high}x{wide}; a model that "
                "drops tokens has no map to plug into"
            )
        maps = image.transpose(1, 2).reshape(output.shape[0], output.shape[2], high, wide)
        plugged = self.forward(maps).flatten(2).transpose(1, 2)
        return torch.cat([before, plugged], dim=1)

"""The loss that is examined: logits and classes for it, what it gives, and the gradient of that."""

import functools
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from paperkit.zoo.conform.subject import Broken, Footing, Subject, said

__all__ = ["CLASSES", "Criterion", "Result", "stripes"]

CLASSES = (2, 4)
SIZE = (8, 12)
IGNORED = -100  # torch's default, and that of every loss here


class Result:
    """The loss of logits, and its gradient with respect to them.

    Attributes:
        value: A scalar, detached.
        gradient: Of the logits' shape; None where no gradient reaches them.
    """

    def __init__(self, out: Tensor, logits: Tensor) -> None:
        self.value = out.detach()
        self.gradient: Tensor | None = None
        if out.requires_grad:
            (self.gradient,) = torch.autograd.grad(out, [logits], allow_unused=True)

    @property
    def finite(self) -> bool:
        """Whether value and gradient are numbers."""
        return bool(self.value.isfinite()) and (
            self.gradient is None or bool(self.gradient.isfinite().all())
        )


class Criterion(Subject):
    """A loss and what INFO says about it; its width is the number of classes.

    Checks of modules that look at instances only (registered, repeats, mutation, state) take it as
    it is: it has a footing, builds, and gives the inputs of a forward.
    """

    def __init__(
        self, cls: type[nn.Module], info: Mapping[str, Any], *, text: str = "", name: str = ""
    ) -> None:
        super().__init__(cls, info, text=text, name=name)
        self.arity, self.kind = 2, "loss"

    @functools.cached_property
    def footing(self) -> Footing:
        """Four classes on a small map. Raises Broken if the loss cannot be built or run."""
        at = Footing(CLASSES[-1], *SIZE)
        try:
            self.run(self.built(at.width), self.inputs(2, at.width, *SIZE))
        except Exception as error:
            given = f"logits [2, {at.width}, 8, 12] and classes int64 [2, 8, 12]"
            raise Broken(f"{self.cls.__name__} does not run with {given}: {said(error)}") from None
        return at

    @property
    def widths(self) -> list[int]:
        """Numbers of classes."""
        return list(CLASSES)

    def build(self, channels: int, *, seed: int = 0, **given: Any) -> nn.Module:  # noqa: ARG002
        """Construct with the defaults and what is given, whatever the number of classes."""
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.manual_seed(seed)
            return self.cls(**given)

    def inputs(
        self, batch: int, channels: int, height: int, across: int, *, seed: int = 1
    ) -> list[Tensor]:
        """Return normal noise [B, K, H, W] and classes [B, H, W]."""
        generator = torch.Generator().manual_seed(seed)
        logits = torch.randn((batch, channels, height, across), generator=generator)
        return [logits, torch.randint(channels, (batch, height, across), generator=generator)]

    def run(self, module: nn.Module, given: Sequence[Tensor]) -> Tensor:
        """Call as Subject does. Raises TypeError unless it gives one number."""
        out = super().run(module, given)
        if out.numel() != 1 or out.dim():
            raise TypeError(f"forward returns {list(out.shape)}, not one number")
        return out

    def result(self, logits: Tensor, target: Tensor, *, twin: nn.Module | None = None) -> Result:
        """Return value and gradient; of a new instance unless one is given."""
        leaf = logits.detach().requires_grad_()
        return Result(self.run(twin or self.build(logits.shape[1]), [leaf, target]), leaf)


def stripes(classes: int, *, across: bool) -> Tensor:
    """Return [2, 16, 16]: the same image twice, a stripe for each class, upright or `across`."""
    rows = torch.arange(16) * classes // 16
    image = rows[:, None].expand(16, 16) if across else rows.expand(16, 16)
    return image.expand(2, 16, 16).contiguous()

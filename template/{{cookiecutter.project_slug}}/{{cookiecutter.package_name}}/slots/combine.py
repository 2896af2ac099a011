"""The ways to combine modules, as modules of their own: each forward is its equation."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .slot import Way


class Residual(nn.Module):
    """x + E(x)."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        """Return x + E(x), [B, C, H, W] as x."""
        change: Tensor = self.inner(x)
        return x + change


class Gate(nn.Module):
    """x * sigmoid(E(x))."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        """Return x * sigmoid(E(x)), [B, C, H, W] as x."""
        return x * torch.sigmoid(self.inner(x))


class Concat(nn.Module):
    """A 1x1 convolution of [x, E(x)]: from 2C back to C channels."""

    def __init__(self, inner: nn.Module, channels: int) -> None:
        super().__init__()
        self.inner = inner
        self.project = nn.Conv2d(2 * channels, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the projection of [x, E(x)], [B, C, H, W] as x."""
        y: Tensor = self.project(torch.cat([x, self.inner(x)], dim=1))
        return y


class Parallel(nn.Module):
    """Branches E_1(x) ... E_n(x), merged.

    merge: add, mean, mul and max are taken element by element; "concat" projects [E_1, ..., E_n]
    back to C channels; "gate" is sum_i g_i * E_i(x) with one map per branch,
    g = sigmoid(1x1 convolution of [E_1, ..., E_n]).
    """

    def __init__(self, branches: Sequence[nn.Module], channels: int, merge: str) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.merge = merge
        width = channels * len(branches)
        if merge == "concat":
            self.project = nn.Conv2d(width, channels, kernel_size=1)
        elif merge == "gate":
            self.weigh = nn.Conv2d(width, len(branches), kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the merged branches, [B, C, H, W]."""
        each: list[Tensor] = [branch(x) for branch in self.branches]
        if self.merge == "concat":
            y: Tensor = self.project(torch.cat(each, dim=1))
            return y
        stack = torch.stack(each)
        if self.merge == "gate":
            gates = torch.sigmoid(self.weigh(torch.cat(each, dim=1)))
            return (stack * gates.transpose(0, 1).unsqueeze(2)).sum(dim=0)
        if self.merge == "max":
            return stack.amax(dim=0)
        if self.merge == "mul":
            return stack.prod(dim=0)
        return stack.mean(dim=0) if self.merge == "mean" else stack.sum(dim=0)


class Blend(nn.Module):
    """x + a (m(x) - x) with one learnt number a: an exact identity where a starts at 0.

    At a = 0 the module's own weights get no gradient in the first step; a = 0.001 avoids that.
    For a gated skip, s takes the place of x; for a fused feature, the concatenation does.
    """

    def __init__(self, inner: nn.Module, *, start: float, way: Way) -> None:
        super().__init__()
        self.inner = inner
        self.way = way
        self.alpha = nn.Parameter(torch.tensor(start))

    def forward(self, x: Tensor, s: Tensor | None = None) -> Tensor:
        """Return the blend; shapes as the slot's."""
        if s is None:
            base, new = x, self.inner(x)
        else:
            base = s if self.way == "skip" else torch.cat([x, s], dim=1)
            new = self.inner(x, s)
        y: Tensor = base + self.alpha * (new - base)
        return y


class Fused(nn.Module):
    """A fusion of x and s, and the 1x1 convolution that restores the width of [x, s].

    The layer after a fusion was built for the concatenation; the projection lets it stay as it
    is, so that the base weights are the same with and without the fusion.
    """

    def __init__(self, fusion: nn.Module, channels: int, width: int) -> None:
        super().__init__()
        self.fusion = fusion
        self.restore = nn.Conv2d(channels, width, kernel_size=1)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """Return [B, C + D, H, W] from x [B, C, H, W] and s [B, D, H, W]."""
        y: Tensor = self.restore(self.fusion(x, s))
        return y


class ChannelsLast(nn.Module):
    """A module written for [B, H, W, C], in a model that has [B, C, H, W]."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H, W] as x."""
        y: Tensor = self.inner(x.permute(0, 2, 3, 1))
        return y.permute(0, 3, 1, 2)


class Tokens(nn.Module):
    """A module written for tokens [B, N, C]; H and W come from x, never from a square root."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H, W] as x."""
        tokens: Tensor = self.inner(x.flatten(2).transpose(1, 2))
        return tokens.transpose(1, 2).reshape(x.shape)

"""Dynamic sampling: bilinear enlargement at positions that the content shifts.

Liu, Lu, Fu, Cao: Learning to Upsample by Learning to Sample, ICCV 2023. style="lp" (linear, then
pixel shuffle) predicts the offsets at the small size, "pl" at the large one; dyscope lets the
content also decide how far they reach. Offsets of zero give bilinear interpolation. The features
keep their channels; where others are wanted, a 1x1 convolution follows.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "dysample",
    "title": "Learning to Upsample by Learning to Sample",
    "authors": ["Wenze Liu", "Hao Lu", "Hongtao Fu", "Zhiguo Cao"],
    "venue": "IEEE/CVF International Conference on Computer Vision (ICCV)",
    "year": 2023,
    "key": "liu2023learning",
    "bibtex": """@inproceedings{liu2023learning,
  title     = {Learning to Upsample by Learning to Sample},
  author    = {Liu, Wenze and Lu, Hao and Fu, Hongtao and Cao, Zhiguo},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  pages     = {6027--6037},
  year      = {2023}
}""",
    "kind": "up",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
O &= 0.25\, \mathrm{PS}(W \mathbf{x} + \mathbf{b}), \\
\mathbf{y}(i, j) &= \mathbf{x}\big((i, j)/2 - 1/4 + O(i, j)\big)
\end{aligned}""",
    "symbols": {
        "W": "1x1 convolution to 2 x 4 x g channels: offsets for g = 4 groups of channels",
        r"\mathrm{PS}": "pixel shuffle to twice the size",
        r"\mathbf{x}(\cdot)": "x between its pixels, bilinear; pixels counted from 0",
    },
    "params": "32*C + 32",
    "needs": {"min_channels": 4},
    "components": {},
    "recommended": ["up.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class DySample(nn.Module):
    """Sample the input bilinearly, at a regular grid with learnt offsets.

    Args:
        in_channels: C', the channels of the input; "pl" wants a multiple of scale x scale.
        out_channels: C, the channels of the output.
        scale: How much larger the output is.
        groups: Groups of channels with offsets of their own; the largest number that divides
            both this and C' is taken.
        style: "lp" or "pl".
        dyscope: Multiply the offsets by 0.5 sigmoid(linear(x)) and not by 0.25.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        scale: int = 2,
        groups: int = 4,
        style: Literal["lp", "pl"] = "lp",
        dyscope: bool = False,
    ) -> None:
        super().__init__()
        self.scale, self.style, self.groups = scale, style, math.gcd(groups, in_channels)
        into = in_channels if style == "lp" else in_channels // scale**2
        wide = 2 * self.groups * (scale**2 if style == "lp" else 1)
        self.offset = nn.Conv2d(into, wide, kernel_size=1)
        nn.init.normal_(self.offset.weight, std=0.001)
        nn.init.zeros_(self.offset.bias)  # type: ignore[arg-type]
        self.scope = nn.Conv2d(into, wide, kernel_size=1, bias=False) if dyscope else None
        if self.scope is not None:
            nn.init.zeros_(self.scope.weight)
        same = in_channels == out_channels
        self.project = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, scale H, scale W] from x [B, C', H, W]."""
        y: Tensor = self.project(self.sample(x, self.offsets(x)))
        return y

    def offsets(self, x: Tensor) -> Tensor:
        """Return shifts in pixels of x, first along W, then H: [B, 2, g, scale H, scale W]."""
        x = F.pixel_shuffle(x, self.scale) if self.style == "pl" else x
        reach = 0.25 if self.scope is None else 0.5 * torch.sigmoid(self.scope(x))
        shift = self.offset(x) * reach
        shift = F.pixel_shuffle(shift, self.scale) if self.style == "lp" else shift
        apart: Tensor = shift.unflatten(1, (2, self.groups))
        return apart

    def sample(self, x: Tensor, shift: Tensor) -> Tensor:
        """Return x [B, C', scale H, scale W] at the grid and its shifts; the border goes on."""
        exact = torch.promote_types(x.dtype, torch.float32)  # positions need all digits
        large, small = shift.shape[3:], x.shape[2:]
        rows, columns = (
            (torch.arange(n, dtype=exact, device=x.device) + 0.5) / self.scale for n in large
        )
        along_w = 2 * (columns + shift[:, 0]) / small[1] - 1  # [B, g, scale H, scale W]
        along_h = 2 * (rows[:, None] + shift[:, 1]) / small[0] - 1
        y = F.grid_sample(
            x.to(exact).reshape(len(x) * self.groups, -1, *small),
            torch.stack([along_w, along_h], dim=-1).flatten(0, 1),
            padding_mode="border",
            align_corners=False,
        )
        return y.reshape(len(x), -1, *large).to(x.dtype)


if __name__ == "__main__":
    module = DySample(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Resize-convolution: interpolate first, then convolve, so that no checkerboard appears.

Odena, Dumoulin, Olah: Deconvolution and Checkerboard Artifacts, Distill, 2016. The article tries
nearest-neighbour and bilinear interpolation; mode says which.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "bilinear_up",
    "title": "Deconvolution and Checkerboard Artifacts",
    "authors": ["Augustus Odena", "Vincent Dumoulin", "Chris Olah"],
    "venue": "Distill",
    "year": 2016,
    "key": "odena2016deconvolution",
    "bibtex": """@article{odena2016deconvolution,
  title   = {Deconvolution and Checkerboard Artifacts},
  author  = {Odena, Augustus and Dumoulin, Vincent and Olah, Chris},
  journal = {Distill},
  volume  = {1},
  number  = {10},
  pages   = {e3},
  year    = {2016},
  doi     = {10.23915/distill.00003}
}""",
    "kind": "up",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"\mathbf{y} = f^{3\times3}\big(\mathrm{up}(\mathbf{x})\big)",
    "symbols": {
        r"\mathrm{up}": "bilinear interpolation to twice the size (pixels are areas)",
        r"f^{3\times3}": "convolution",
    },
    "params": "9*C**2 + C",
    "needs": {},
    "components": {},
    "recommended": ["up.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class BilinearUp(nn.Module):
    """Interpolate, then convolve.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        scale: How much larger the output is.
        mode: "bilinear", or "nearest" for the nearest neighbour.
        kernel_size: Of the convolution; odd.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        scale: int = 2,
        mode: Literal["bilinear", "nearest"] = "bilinear",
        kernel_size: int = 3,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2)
        self.scale, self.mode = scale, mode

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, scale H, scale W] from x [B, C', H, W]."""
        y: Tensor = self.conv(F.interpolate(x, scale_factor=self.scale, mode=self.mode))
        return y


if __name__ == "__main__":
    module = BilinearUp(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

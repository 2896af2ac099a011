"""Space to depth: turn each square of pixels into channels, then convolve without a stride.

Sunkara, Luo: No More Strided Convolutions or Pooling: A New CNN Building Block for Low-Resolution
Images and Small Objects, ECML PKDD 2022.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "spd",
    "title": "No More Strided Convolutions or Pooling: A New CNN Building Block for "
    "Low-Resolution Images and Small Objects",
    "authors": ["Raja Sunkara", "Tie Luo"],
    "venue": "European Conference on Machine Learning and Principles and Practice of Knowledge "
    "Discovery in Databases (ECML PKDD)",
    "year": 2022,
    "key": "sunkara2022more",
    "bibtex": """@inproceedings{sunkara2022more,
  title     = {No More Strided Convolutions or Pooling: A New {CNN} Building Block for
               Low-Resolution Images and Small Objects},
  author    = {Sunkara, Raja and Luo, Tie},
  booktitle = {Machine Learning and Knowledge Discovery in Databases (ECML PKDD)},
  pages     = {443--459},
  year      = {2022},
  doi       = {10.1007/978-3-031-26409-2_27}
}""",
    "kind": "down",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = f\big([\mathbf{x}_{00};\, \mathbf{x}_{10};\,
  \mathbf{x}_{01};\, \mathbf{x}_{11}]\big)""",
    "symbols": {
        r"\mathbf{x}_{nm}": "every second row from n, every second column from m",
        "f": "3x3 convolution, stride 1",
    },
    "params": "36*C**2 + C",
    "needs": {"min_hw": 2},
    "components": {},
    "recommended": ["down.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SPD(nn.Module):
    """Pixels to channels, then a convolution.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        stride: How much smaller the output is.
        kernel_size: Of the convolution; odd.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, stride: int = 2, kernel_size: int = 3
    ) -> None:
        super().__init__()
        wide = in_channels * stride**2
        self.conv = nn.Conv2d(wide, out_channels, kernel_size, padding=kernel_size // 2)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H // stride, W // stride] from x [B, C', H, W]."""
        s = self.stride
        height, width = (size // s * s for size in x.shape[2:])
        parts = [x[..., n:height:s, m:width:s] for m in range(s) for n in range(s)]
        y: Tensor = self.conv(torch.cat(parts, dim=1))
        return y


if __name__ == "__main__":
    module = SPD(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

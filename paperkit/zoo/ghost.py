"""Ghost module: convolve to half of the channels, and derive the other half from them cheaply.

Han, Wang, Tian, Guo, Xu, Xu: GhostNet: More Features From Cheap Operations, CVPR 2020.

The paper's cheap operations are linear (equations 2 and 3), and its module replaces a k x k
convolution. The authors' code has batch normalisation and ReLU after both parts;
variant="official" does that.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "ghost",
    "title": "GhostNet: More Features From Cheap Operations",
    "authors": ["Kai Han", "Yunhe Wang", "Qi Tian", "Jianyuan Guo", "Chunjing Xu", "Chang Xu"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2020,
    "key": "han2020ghostnet",
    "bibtex": """@inproceedings{han2020ghostnet,
  title     = {{GhostNet}: More Features From Cheap Operations},
  author    = {Han, Kai and Wang, Yunhe and Tian, Qi and Guo, Jianyuan and Xu, Chunjing and
               Xu, Chang},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {1580--1589},
  year      = {2020}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
Y' &= X * f', \\
\mathbf{y}_{ij} &= \Phi_{ij}(\mathbf{y}'_i),\quad i \le m,\; j \le s
\end{aligned}""",
    "symbols": {
        "f'": "k x k convolution to m = C/s channels",
        "s": "the ratio",
        r"\Phi_{ij}": "3x3 convolution of one channel; the identity for j = s",
    },
    "params": "9*C*m + 9*m with m=C//2",
    "needs": {"min_channels": 2},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {
        "paper": "linear, no normalisation",
        "official": "batch normalisation and ReLU after both parts",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class Ghost(nn.Module):
    """A convolution to a share of the channels, and cheap variations of these for the rest.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Of the primary convolution.
        stride: Of the primary convolution.
        padding: Of the primary convolution; as much as keeps the size if left out.
        dilation: Of the primary convolution.
        ratio: s: one channel in ``ratio`` comes from the primary convolution.
        cheap_size: Kernel size of the cheap operations; odd.
        variant: "paper", or "official" for the authors' code.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        padding: int | None = None,
        dilation: int = 1,
        ratio: int = 2,
        cheap_size: int = 3,
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        if padding is None:
            padding = dilation * (kernel_size - 1) // 2
        first = math.ceil(out_channels / ratio)
        ghosts = first * (ratio - 1)
        self.out_channels = out_channels
        self.primary = nn.Sequential(
            nn.Conv2d(in_channels, first, kernel_size, stride, padding, dilation, bias=False)
        )
        self.cheap = nn.Sequential(
            nn.Conv2d(first, ghosts, cheap_size, 1, cheap_size // 2, groups=first, bias=False)
        )
        if variant == "official":
            self.primary.extend([nn.BatchNorm2d(first), nn.ReLU()])
            self.cheap.extend([nn.BatchNorm2d(ghosts), nn.ReLU()])

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        first = self.primary(x)
        return torch.cat([first, self.cheap(first)], dim=1)[:, : self.out_channels]


if __name__ == "__main__":
    module = Ghost(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

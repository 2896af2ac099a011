"""Spatial pyramid pooling, fast: maxima over growing windows, each computed from the one before.

He, Zhang, Ren, Sun: Spatial Pyramid Pooling in Deep Convolutional Networks for Visual Recognition,
IEEE TPAMI 2015, is the paper behind it. This form, which keeps the size of the map and chains
equal windows of k x k (their maxima reach k, 2k - 1 and 3k - 2 pixels), comes from the YOLOv5
software and is written here from its description: no code was read.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "sppf",
    "title": "Spatial Pyramid Pooling in Deep Convolutional Networks for Visual Recognition",
    "authors": ["Kaiming He", "Xiangyu Zhang", "Shaoqing Ren", "Jian Sun"],
    "venue": "IEEE Transactions on Pattern Analysis and Machine Intelligence",
    "year": 2015,
    "key": "he2015spatial",
    "bibtex": """@article{he2015spatial,
  title   = {Spatial Pyramid Pooling in Deep Convolutional Networks for Visual Recognition},
  author  = {He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian},
  journal = {IEEE Transactions on Pattern Analysis and Machine Intelligence},
  volume  = {37},
  number  = {9},
  pages   = {1904--1916},
  year    = {2015}
}""",
    "kind": "context",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{p}_0 &= f(\mathbf{x}), \quad
\mathbf{p}_{n+1} = \max\nolimits_{k\times k}(\mathbf{p}_n), \\
\mathbf{y} &= g\big([\mathbf{p}_0;\, \mathbf{p}_1;\, \mathbf{p}_2;\, \mathbf{p}_3]\big)
\end{aligned}""",
    "symbols": {
        "f, g": "1x1 convolution, batch normalisation and SiLU: C to C/2, 2C to C",
        r"\max\nolimits_{k\times k}": "maximum over k x k pixels, stride 1, k = 5",
    },
    "params": "5*C*h + 2*h + 2*C with h=C//2",
    "needs": {"min_channels": 2},
    "components": {},
    "recommended": ["bottleneck"],
    "variants": {},
    "source": "written from a description of the module; no code copied or read",
    "licence": "MIT",
}


def _unit(into: int, out: int) -> nn.Sequential:
    conv = nn.Conv2d(into, out, kernel_size=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.SiLU())


class SPPF(nn.Module):
    """A halved feature beside its maxima over three windows.

    Args:
        channels: C of the input and of the output.
        kernel_size: Of the windows; odd.
    """

    def __init__(self, channels: int, *, kernel_size: int = 5) -> None:
        super().__init__()
        half = channels // 2
        self.enter = _unit(channels, half)
        self.project = _unit(4 * half, channels)
        self.kernel_size = kernel_size

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H, W] as x."""
        size = self.kernel_size
        pooled = [self.enter(x)]
        for _ in range(3):
            pooled.append(F.max_pool2d(pooled[-1], size, stride=1, padding=size // 2))
        y: Tensor = self.project(torch.cat(pooled, dim=1))
        return y


if __name__ == "__main__":
    module = SPPF(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

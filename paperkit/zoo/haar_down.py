"""Haar wavelet downsampling: halve the size without loss, then choose what to keep.

Xu, Liao, Zhang, Li, He, Wu: Haar wavelet downsampling: A simple but effective downsampling module
for semantic segmentation, Pattern Recognition, 2023. The transform turns each square of 2x2
pixels into its mean and three differences, as channels.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "haar_down",
    "title": "Haar wavelet downsampling: A simple but effective downsampling module for semantic "
    "segmentation",
    "authors": [
        "Guoping Xu",
        "Wentao Liao",
        "Xuan Zhang",
        "Chang Li",
        "Xinwei He",
        "Xinglong Wu",
    ],
    "venue": "Pattern Recognition",
    "year": 2023,
    "key": "xu2023haar",
    "bibtex": """@article{xu2023haar,
  title   = {Haar wavelet downsampling: A simple but effective downsampling module for semantic
             segmentation},
  author  = {Xu, Guoping and Liao, Wentao and Zhang, Xuan and Li, Chang and He, Xinwei and
             Wu, Xinglong},
  journal = {Pattern Recognition},
  volume  = {143},
  pages   = {109819},
  year    = {2023},
  doi     = {10.1016/j.patcog.2023.109819}
}""",
    "kind": "down",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{y} &= \delta\big(\mathrm{BN}(W [\mathbf{a}; \mathbf{h}; \mathbf{v}; \mathbf{d}])\big), \\
\mathbf{a} &= \tfrac{1}{2} (\mathbf{x}_{00} + \mathbf{x}_{01} + \mathbf{x}_{10}
  + \mathbf{x}_{11}), \\
\mathbf{h} &= \tfrac{1}{2} (\mathbf{x}_{00} + \mathbf{x}_{01} - \mathbf{x}_{10}
  - \mathbf{x}_{11}), \\
\mathbf{v} &= \tfrac{1}{2} (\mathbf{x}_{00} - \mathbf{x}_{01} + \mathbf{x}_{10}
  - \mathbf{x}_{11}), \\
\mathbf{d} &= \tfrac{1}{2} (\mathbf{x}_{00} - \mathbf{x}_{01} - \mathbf{x}_{10}
  + \mathbf{x}_{11})
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}_{nm}": "every second row from n, every second column from m",
        "W": "1x1 convolution from 4 times the channels",
        r"\delta": "ReLU",
    },
    "params": "4*C**2 + 3*C",
    "needs": {"min_hw": 2},
    "components": {},
    "recommended": ["down.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class HaarDown(nn.Module):
    """Haar transform, 1x1 convolution, batch normalisation, ReLU.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(
            nn.Conv2d(4 * in_channels, out_channels, kernel_size=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H // 2, W // 2] from x [B, C', H, W]."""
        y: Tensor = self.mix(self.transform(x))
        return y

    @staticmethod
    def transform(x: Tensor) -> Tensor:
        """Return the four bands after each other, [B, 4 C', H // 2, W // 2]."""
        height, width = (size // 2 * 2 for size in x.shape[2:])
        top, bottom = x[..., 0:height:2, :width], x[..., 1:height:2, :width]
        sums, differences = top + bottom, top - bottom
        bands = [
            first[..., 0::2] + sign * first[..., 1::2]
            for sign in (1, -1)
            for first in (sums, differences)
        ]  # mean, horizontal, vertical, diagonal
        return torch.cat(bands, dim=1) / 2


if __name__ == "__main__":
    module = HaarDown(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

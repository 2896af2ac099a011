"""Strip pooling: gate each pixel by the averages of its whole row and of its whole column.

Hou, Zhang, Cheng, Feng: Strip Pooling: Rethinking Spatial Pooling for Scene Parsing, CVPR 2020.
This is the strip pooling module of equations 1 to 4, without the mixed pooling around it. The
published code normalises after each convolution along a strip, and has a ReLU after the sum.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "strip_pool",
    "title": "Strip Pooling: Rethinking Spatial Pooling for Scene Parsing",
    "authors": ["Qibin Hou", "Li Zhang", "Ming-Ming Cheng", "Jiashi Feng"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2020,
    "key": "hou2020strip",
    "bibtex": """@inproceedings{hou2020strip,
  title     = {Strip Pooling: Rethinking Spatial Pooling for Scene Parsing},
  author    = {Hou, Qibin and Zhang, Li and Cheng, Ming-Ming and Feng, Jiashi},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {4003--4012},
  year      = {2020}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{s}(i, j) &= f_h(\mathbf{z}^h)(i) + f_w(\mathbf{z}^w)(j), \\
\mathbf{y} &= \mathbf{x} \odot \sigma\big(f^{1 \times 1}(\mathbf{s})\big)
\end{aligned}""",
    "symbols": {
        r"\mathbf{z}^h, \mathbf{z}^w": "x averaged along the width, along the height",
        "f_h, f_w": "convolutions in one dimension, of 3 weights, C to C channels",
        r"f^{1 \times 1}": "convolution, C to C channels",
        r"\sigma": "sigmoid",
    },
    "params": "7*C**2 + 3*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "bottleneck"],
    "variants": {
        "paper": "the convolutions of the equations alone",
        "official": "batch normalisation along the strips and a ReLU after their sum",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class StripPool(nn.Module):
    """Gate each pixel by its row and its column, over all channels.

    Args:
        channels: C of the input and of the output.
        variant: "official" normalises and has a ReLU, as the published code does.
    """

    def __init__(self, channels: int, *, variant: Literal["paper", "official"] = "paper") -> None:
        super().__init__()
        self.rows = self._along(channels, variant)
        self.columns = self._along(channels, variant)
        self.activation = nn.ReLU() if variant == "official" else nn.Identity()
        self.fuse = nn.Conv2d(channels, channels, kernel_size=1)

    @staticmethod
    def _along(channels: int, variant: str) -> nn.Sequential:
        plain = variant == "paper"
        conv = nn.Conv1d(channels, channels, kernel_size=3, padding=1, bias=plain)
        return nn.Sequential(conv) if plain else nn.Sequential(conv, nn.BatchNorm1d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        rows = self.rows(x.mean(dim=3))  # [B, C, H]
        columns = self.columns(x.mean(dim=2))  # [B, C, W]
        both = self.activation(rows[:, :, :, None] + columns[:, :, None, :])
        return x * torch.sigmoid(self.fuse(both))


if __name__ == "__main__":
    module = StripPool(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

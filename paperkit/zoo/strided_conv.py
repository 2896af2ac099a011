"""Learnt pooling: a convolution with a stride in the place of max pooling.

Springenberg, Dosovitskiy, Brox, Riedmiller: Striving for Simplicity: The All Convolutional Net,
ICLR 2015 workshop. As in the paper, ReLU follows.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "strided_conv",
    "title": "Striving for Simplicity: The All Convolutional Net",
    "authors": [
        "Jost Tobias Springenberg",
        "Alexey Dosovitskiy",
        "Thomas Brox",
        "Martin Riedmiller",
    ],
    "venue": "International Conference on Learning Representations (ICLR), workshop track",
    "year": 2015,
    "key": "springenberg2015striving",
    "bibtex": """@inproceedings{springenberg2015striving,
  title     = {Striving for Simplicity: The All Convolutional Net},
  author    = {Springenberg, Jost Tobias and Dosovitskiy, Alexey and Brox, Thomas and
               Riedmiller, Martin},
  booktitle = {International Conference on Learning Representations (ICLR), Workshop Track},
  year      = {2015}
}""",
    "kind": "down",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"\mathbf{y}(i, j) = \delta\big(f^{3\times3}(\mathbf{x})\big)(2i, 2j)",
    "symbols": {
        r"f^{3\times3}": "convolution, of which every second row and column is computed",
        r"\delta": "ReLU",
    },
    "params": "9*C**2 + C",
    "needs": {"min_hw": 2},
    "components": {},
    "recommended": ["down.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class StridedConv(nn.Module):
    """Convolution with a stride, then ReLU.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        stride: How much smaller the output is.
        kernel_size: Odd.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, stride: int = 2, kernel_size: int = 3
    ) -> None:
        super().__init__()
        padding = kernel_size // 2
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H // stride, W // stride] from x [B, C', H, W]."""
        height, width = (size // self.stride for size in x.shape[2:])
        return torch.relu(self.conv(x)[..., :height, :width])


if __name__ == "__main__":
    module = StridedConv(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

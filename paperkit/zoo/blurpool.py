"""Blur pooling: blur before leaving pixels out, so that shifts of the input do not alias.

Zhang: Making Convolutional Networks Shift-Invariant Again, ICML 2019. The blur has binomial
weights ([1, 2, 1] by default) and no parameters; where other channels are wanted, a 1x1
convolution follows. In place of a strided convolution or a max pooling, the paper computes that
with stride 1 first.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "blurpool",
    "title": "Making Convolutional Networks Shift-Invariant Again",
    "authors": ["Richard Zhang"],
    "venue": "International Conference on Machine Learning (ICML)",
    "year": 2019,
    "key": "zhang2019making",
    "bibtex": """@inproceedings{zhang2019making,
  title     = {Making Convolutional Networks Shift-Invariant Again},
  author    = {Zhang, Richard},
  booktitle = {International Conference on Machine Learning (ICML)},
  pages     = {7324--7334},
  year      = {2019}
}""",
    "kind": "down",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
y_c(i, j) &= \sum_{n,m=-1}^{1} b_n b_m\, x_c(2i + n,\, 2j + m), \\
\mathbf{b} &= \tfrac{1}{4} (1, 2, 1)
\end{aligned}""",
    "symbols": {r"\mathbf{b}": "binomial weights; x is reflected at its border"},
    "params": "0",
    "needs": {"min_hw": 2},
    "components": {},
    "recommended": ["down.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class BlurPool(nn.Module):
    """Blur, and keep every second pixel.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        stride: How much smaller the output is.
        kernel_size: Of the blur; 3 to 5 in the paper. Maps must be larger than its half.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, stride: int = 2, kernel_size: int = 3
    ) -> None:
        super().__init__()
        order = kernel_size - 1
        weights = torch.tensor([math.comb(order, n) / 2**order for n in range(kernel_size)])
        kernel = weights[:, None] * weights
        self.register_buffer("kernel", kernel.repeat(in_channels, 1, 1, 1), persistent=False)
        self.padding = (order // 2, kernel_size // 2) * 2
        self.stride = stride
        same = in_channels == out_channels
        self.project = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H // stride, W // stride] from x [B, C', H, W]."""
        height, width = (size // self.stride for size in x.shape[2:])
        padded = F.pad(x, self.padding, mode="reflect")
        blurred = F.conv2d(padded, self.get_buffer("kernel"), stride=self.stride, groups=x.shape[1])
        y: Tensor = self.project(blurred[..., :height, :width])
        return y


if __name__ == "__main__":
    module = BlurPool(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

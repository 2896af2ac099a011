"""Efficient local attention: where along the height and the width, without a narrow layer.

Xu, Wan: ELA: Efficient Local Attention for Deep Convolutional Neural Networks, arXiv 2024. The
defaults are those of ELA-B; kernel_size=5 gives the kernels of ELA-T. Rows and columns have their
own convolution and normalisation, as the equations' F_h and F_w. With less than 16 channels, or a
number that 16 does not divide, there are gcd(16, C) groups.
"""

import math

import torch
from torch import Tensor, nn

INFO = {
    "name": "ela",
    "title": "ELA: Efficient Local Attention for Deep Convolutional Neural Networks",
    "authors": ["Wei Xu", "Yi Wan"],
    "venue": "arXiv:2403.01123",
    "year": 2024,
    "key": "xu2024ela",
    "bibtex": """@misc{xu2024ela,
  title        = {{ELA}: Efficient Local Attention for Deep Convolutional Neural Networks},
  author       = {Xu, Wei and Wan, Yi},
  howpublished = {arXiv:2403.01123},
  year         = {2024}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{a}^h &= \sigma\big(\mathrm{GN}(F_h(\mathbf{z}^h))\big),\quad
  \mathbf{a}^w = \sigma\big(\mathrm{GN}(F_w(\mathbf{z}^w))\big), \\
y_c(i, j) &= x_c(i, j)\, a_c^h(i)\, a_c^w(j)
\end{aligned}""",
    "symbols": {
        r"\mathbf{z}^h, \mathbf{z}^w": "x averaged along the width, along the height",
        "F_h, F_w": "depthwise convolutions in one dimension, of k weights",
        r"\mathrm{GN}": "group normalisation",
        r"\sigma": "sigmoid",
    },
    "params": "18*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "decoder.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class ELA(nn.Module):
    """Gate each channel by its rows and by its columns.

    Args:
        channels: C of the input and of the output.
        kernel_size: k of both convolutions; odd.
        groups: Of the normalisation, at most; there are gcd(groups, C).
    """

    def __init__(self, channels: int, *, kernel_size: int = 7, groups: int = 16) -> None:
        super().__init__()
        groups, padding = math.gcd(groups, channels), kernel_size // 2
        self.rows, self.columns = (
            nn.Conv1d(channels, channels, kernel_size, 1, padding, groups=channels, bias=False)
            for _ in range(2)
        )
        self.norm_rows, self.norm_columns = (nn.GroupNorm(groups, channels) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """Return x times both gates, [B, C, H, W] as x."""
        rows = torch.sigmoid(self.norm_rows(self.rows(x.mean(dim=3))))  # [B, C, H]
        columns = torch.sigmoid(self.norm_columns(self.columns(x.mean(dim=2))))  # [B, C, W]
        return x * rows[:, :, :, None] * columns[:, :, None, :]


if __name__ == "__main__":
    module = ELA(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

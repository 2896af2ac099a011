"""Triplet attention: a spatial gate for each of the three pairs of channel, height and width.

Misra, Nalamada, Arasanipalai, Hou: Rotate to Attend: Convolutional Triplet Attention Module, WACV
2021.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "triplet",
    "title": "Rotate to Attend: Convolutional Triplet Attention Module",
    "authors": ["Diganta Misra", "Trikay Nalamada", "Ajay Uppili Arasanipalai", "Qibin Hou"],
    "venue": "IEEE/CVF Winter Conference on Applications of Computer Vision (WACV)",
    "year": 2021,
    "key": "misra2021rotate",
    "bibtex": """@inproceedings{misra2021rotate,
  title     = {Rotate to Attend: Convolutional Triplet Attention Module},
  author    = {Misra, Diganta and Nalamada, Trikay and Arasanipalai, Ajay Uppili and
               Hou, Qibin},
  booktitle = {IEEE/CVF Winter Conference on Applications of Computer Vision (WACV)},
  pages     = {3139--3148},
  year      = {2021}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{y} &= \tfrac{1}{3} \textstyle\sum_{d \in \{C, H, W\}} \mathbf{x} \odot
  \sigma\big(f_d^{7 \times 7}(Z_d(\mathbf{x}))\big), \\
Z_d(\mathbf{x}) &= [\max\nolimits_d(\mathbf{x});\, \mathrm{avg}_d(\mathbf{x})]
\end{aligned}""",
    "symbols": {
        r"\max\nolimits_d, \mathrm{avg}_d": "over dimension d",
        r"f_d^{7 \times 7}": "convolution over the two others, and batch normalisation",
        r"\sigma": "sigmoid",
    },
    "params": "300",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "decoder.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class Gate(nn.Module):
    """Gate by the maximum and the average over one dimension."""

    def __init__(self, dim: int, kernel_size: int) -> None:
        super().__init__()
        self.dim = dim
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm = nn.BatchNorm2d(1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times a gate that is the same along the dimension, [B, C, H, W] as x."""
        both = torch.stack([x.amax(dim=self.dim), x.mean(dim=self.dim)], dim=1)
        gate = torch.sigmoid(self.norm(self.conv(both)))  # [B, 1, and the two other dimensions]
        return x * gate.squeeze(1).unsqueeze(self.dim)


class Triplet(nn.Module):
    """Average three gated copies: over height and width, channel and width, channel and height.

    Args:
        channels: C of the input and of the output; any.
        kernel_size: Of the three convolutions; odd.
    """

    def __init__(self, channels: int, *, kernel_size: int = 7) -> None:
        super().__init__()
        self.channels = channels
        self.gates = nn.ModuleList(Gate(dim, kernel_size) for dim in (1, 2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean of the gated copies, [B, C, H, W] as x."""
        return torch.stack([gate(x) for gate in self.gates]).mean(dim=0)


if __name__ == "__main__":
    module = Triplet(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

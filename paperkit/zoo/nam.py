"""Normalisation-based attention: a batch normalisation's own scales say which channels matter.

Liu, Shao, Teng, Hoffmann: NAM: Normalization-based Attention Module, 2021. This is the channel
part, which the published code uses alone; the paper's spatial part has a weight for each pixel and
would fit one size of map only.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "nam",
    "title": "NAM: Normalization-based Attention Module",
    "authors": ["Yichao Liu", "Zongru Shao", "Yueyang Teng", "Nico Hoffmann"],
    "venue": "arXiv:2111.12419",
    "year": 2021,
    "key": "liu2021nam",
    "bibtex": """@misc{liu2021nam,
  title        = {{NAM}: Normalization-based Attention Module},
  author       = {Liu, Yichao and Shao, Zongru and Teng, Yueyang and Hoffmann, Nico},
  howpublished = {arXiv:2111.12419},
  year         = {2021}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = \mathbf{x} \odot
  \sigma\big(W_\gamma\, \mathrm{BN}(\mathbf{x})\big),\quad
  W_\gamma = \gamma_c / \textstyle\sum_k \gamma_k""",
    "symbols": {
        r"\gamma": "the scales of the batch normalisation",
        r"\sigma": "sigmoid",
    },
    "params": "2*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {
        "paper": "the scales divided by their sum",
        "official": "the magnitudes of the scales divided by their sum",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class NAM(nn.Module):
    """Gate each pixel of a channel by its normalised value, weighed by the channel's scale.

    Args:
        channels: C of the input and of the output.
        variant: "official" takes the magnitudes of the scales, "paper" the scales themselves.
    """

    def __init__(self, channels: int, *, variant: Literal["paper", "official"] = "paper") -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.variant = variant

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        scale = self.norm.weight.abs() if self.variant == "official" else self.norm.weight
        share = (scale / scale.sum()).view(1, -1, 1, 1)
        return x * torch.sigmoid(share * self.norm(x))


if __name__ == "__main__":
    module = NAM(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Effective squeeze-and-excitation: one full layer instead of two through a bottleneck.

Lee, Park: CenterMask: Real-Time Anchor-Free Instance Segmentation, CVPR 2020. The paper gates with
a sigmoid; the published code with its piecewise linear stand-in, min(max(x + 3, 0), 6) / 6.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "ese",
    "title": "CenterMask: Real-Time Anchor-Free Instance Segmentation",
    "authors": ["Youngwan Lee", "Jongyoul Park"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2020,
    "key": "lee2020centermask",
    "bibtex": """@inproceedings{lee2020centermask,
  title     = {{CenterMask}: Real-Time Anchor-Free Instance Segmentation},
  author    = {Lee, Youngwan and Park, Jongyoul},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {13906--13915},
  year      = {2020}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"\mathbf{y} = \mathbf{x} \odot \sigma\big(W\, \mathrm{avg}(\mathbf{x})\big)",
    "symbols": {
        "W": "fully connected layer, C to C",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\sigma": "sigmoid",
    },
    "params": "C**2 + C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {"paper": "a sigmoid", "official": "a hard sigmoid"},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class ESE(nn.Module):
    """Gate each channel by what all channels are on average, without a narrow layer between.

    Args:
        channels: C of the input and of the output.
        variant: "paper" gates with a sigmoid, "official" with a hard sigmoid.
    """

    def __init__(self, channels: int, *, variant: Literal["paper", "official"] = "paper") -> None:
        super().__init__()
        self.excite = nn.Conv2d(channels, channels, kernel_size=1)
        self.variant = variant

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        weight = self.excite(x.mean(dim=(2, 3), keepdim=True))  # [B, C, 1, 1]
        gate = torch.sigmoid(weight) if self.variant == "paper" else F.hardsigmoid(weight)
        return x * gate


if __name__ == "__main__":
    module = ESE(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

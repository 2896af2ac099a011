"""Spatial group-wise enhancement: a pixel matters where it resembles its group's average.

Li, Hu, Yang: Spatial Group-wise Enhance: Improving Semantic Feature Learning in Convolutional
Networks, arXiv 2019. The gate starts constant, at sigmoid(1). With fewer channels than the paper's
64 groups, or a number that 64 does not divide, there are gcd(64, C) groups.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "sge",
    "title": "Spatial Group-wise Enhance: Improving Semantic Feature Learning in Convolutional "
    "Networks",
    "authors": ["Xiang Li", "Xiaolin Hu", "Jian Yang"],
    "venue": "arXiv:1905.09646",
    "year": 2019,
    "key": "li2019spatial",
    "bibtex": """@misc{li2019spatial,
  title        = {Spatial Group-wise Enhance: Improving Semantic Feature Learning in Convolutional
                  Networks},
  author       = {Li, Xiang and Hu, Xiaolin and Yang, Jian},
  howpublished = {arXiv:1905.09646},
  year         = {2019}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
c_i &= \mathrm{avg}(\mathbf{x}) \cdot \mathbf{x}_i,\quad
  \hat{c}_i = \frac{c_i - \mu_c}{\sigma_c + \epsilon}, \\
\mathbf{y}_i &= \mathbf{x}_i\, S(\gamma \hat{c}_i + \beta)
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}_i": "pixel i of a group of channels",
        r"\mathrm{avg}": "over the pixels",
        r"\mu_c, \sigma_c": "mean and standard deviation of c over the pixels",
        r"\gamma, \beta": "learnt per group",
        "S": "sigmoid",
    },
    "params": "2*G with G=gcd(64, C)",
    "needs": {"min_hw": 2},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {
        "paper": "the variance divided by the number of pixels",
        "official": "the variance divided by the number of pixels less one",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SGE(nn.Module):
    """Gate each pixel of a group of channels by its product with the group's average.

    Args:
        channels: C of the input and of the output.
        groups: At most; there are gcd(groups, C).
        eps: Added to the standard deviation.
        variant: "official" divides the variance by the number of pixels less one.
    """

    def __init__(
        self,
        channels: int,
        *,
        groups: int = 64,
        eps: float = 1e-5,
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        self.groups = math.gcd(groups, channels)
        self.weight = nn.Parameter(torch.zeros(self.groups, 1, 1))
        self.bias = nn.Parameter(torch.ones(self.groups, 1, 1))
        self.eps = eps
        self.correction = 1 if variant == "official" else 0

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        grouped = x.reshape(x.shape[0], self.groups, -1, *x.shape[2:])  # [B, G, C / G, H, W]
        alike = (grouped * grouped.mean(dim=(3, 4), keepdim=True)).sum(dim=2)  # [B, G, H, W]
        off = alike - alike.mean(dim=(2, 3), keepdim=True)
        pixels = x.shape[2] * x.shape[3] - self.correction
        deviation = (off.square().sum(dim=(2, 3), keepdim=True) / pixels).sqrt()
        gate = torch.sigmoid(self.weight * off / (deviation + self.eps) + self.bias)
        return (grouped * gate.unsqueeze(2)).reshape(x.shape)


if __name__ == "__main__":
    module = SGE(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

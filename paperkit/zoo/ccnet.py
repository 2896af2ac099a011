"""Criss-cross attention: each pixel attends to its row and column, twice, so that all pixels meet.

Huang, Wang, Huang, Huang, Wei, Liu: CCNet: Criss-Cross Attention for Semantic Segmentation,
ICCV 2019. The same weights are used in both rounds, as in the paper's recurrent module.

The paper adds the attention to its input. The authors' code first scales it by a learnt factor, 0
at first; variant="official" does that.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "ccnet",
    "title": "CCNet: Criss-Cross Attention for Semantic Segmentation",
    "authors": [
        "Zilong Huang",
        "Xinggang Wang",
        "Lichao Huang",
        "Chang Huang",
        "Yunchao Wei",
        "Wenyu Liu",
    ],
    "venue": "IEEE/CVF International Conference on Computer Vision (ICCV)",
    "year": 2019,
    "key": "huang2019ccnet",
    "bibtex": """@inproceedings{huang2019ccnet,
  title     = {{CCNet}: Criss-Cross Attention for Semantic Segmentation},
  author    = {Huang, Zilong and Wang, Xinggang and Huang, Lichao and Huang, Chang and
               Wei, Yunchao and Liu, Wenyu},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  pages     = {603--612},
  year      = {2019}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
A_{i,\mathbf{u}} &= \mathrm{softmax}_i\big(\mathbf{q}_\mathbf{u}^\top \mathbf{k}_{i,\mathbf{u}}
  \big), \\
\mathbf{h}'_\mathbf{u} &= \mathbf{h}_\mathbf{u}
  + \sum_{i} A_{i,\mathbf{u}}\, \mathbf{v}_{i,\mathbf{u}}
  \qquad \text{(twice)}
\end{aligned}""",
    "symbols": {
        r"\mathbf{h}_\mathbf{u}": "the C values of pixel u",
        r"\mathbf{q}, \mathbf{k}, \mathbf{v}": "1x1 convolutions of h, C to r, r and C",
        "i": "counts the H + W - 1 pixels in the row and column of u",
    },
    "params": "2*(C*r + r) + C**2 + C with r=max(1, C//8)",
    "needs": {},
    "components": {},
    "recommended": ["bottleneck", "encoder.3"],
    "variants": {
        "paper": "the attention is added as it is",
        "official": "scaled by a learnt factor, 0 at first, as in the authors' code",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class CCNet(nn.Module):
    """Add to each pixel what it takes from its row and column.

    Args:
        channels: C of the input and of the output.
        reduction: Pixels are compared in max(1, C // reduction) channels.
        rounds: How often; from two on, each pixel reaches all others.
        variant: "paper", or "official" for the authors' code.
    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 8,
        rounds: int = 2,
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        inner = max(1, channels // reduction)
        self.rounds = rounds
        self.query = nn.Conv2d(channels, inner, kernel_size=1)
        self.key = nn.Conv2d(channels, inner, kernel_size=1)
        self.value = nn.Conv2d(channels, channels, kernel_size=1)
        self.scale = nn.Parameter(torch.zeros(())) if variant == "official" else None

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus what its pixels attend to, [B, C, H, W] as x."""
        for _ in range(self.rounds):
            taken = self.cross(x)
            x = x + (taken if self.scale is None else self.scale * taken)
        return x

    def cross(self, x: Tensor) -> Tensor:
        """Return the attention of each pixel over its row and column, [B, C, H, W]."""
        q, k, v = self.query(x), self.key(x), self.value(x)
        height, width = x.shape[2:]
        column = torch.einsum("brhw,brgw->bhwg", q, k)  # [B, H, W, H]
        row = torch.einsum("brhw,brhg->bhwg", q, k)  # [B, H, W, W]
        itself = torch.eye(height, dtype=torch.bool, device=x.device)[:, None]  # is in the row
        both = torch.cat([column.masked_fill(itself, float("-inf")), row], dim=3)
        column, row = torch.split(torch.softmax(both, dim=3), [height, width], dim=3)
        return torch.einsum("bhwg,bcgw->bchw", column, v) + torch.einsum("bhwg,bchg->bchw", row, v)


if __name__ == "__main__":
    module = CCNet(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Axial attention: along the columns, then along the rows, with learnt relative positions.

Wang, Zhu, Green, Adam, Yuille, Chen: Axial-DeepLab: Stand-Alone Axial-Attention for Panoptic
Segmentation, ECCV 2020. This is the position-sensitive axial attention, along the height and then
along the width. Eight heads as in the paper, fewer where 8 does not divide C/2; a head's queries
and keys are half as wide as its values, and all heads share the positions.

The authors' code also normalises projections, products and results by batch. The paper's equation,
which is followed here, does not.
"""

import math

import torch
from torch import Tensor, nn

INFO = {
    "name": "axial",
    "title": "Axial-DeepLab: Stand-Alone Axial-Attention for Panoptic Segmentation",
    "authors": [
        "Huiyu Wang",
        "Yukun Zhu",
        "Bradley Green",
        "Hartwig Adam",
        "Alan Yuille",
        "Liang-Chieh Chen",
    ],
    "venue": "European Conference on Computer Vision (ECCV)",
    "year": 2020,
    "key": "wang2020axial",
    "bibtex": """@inproceedings{wang2020axial,
  title     = {{Axial-DeepLab}: Stand-Alone Axial-Attention for Panoptic Segmentation},
  author    = {Wang, Huiyu and Zhu, Yukun and Green, Bradley and Adam, Hartwig and
               Yuille, Alan and Chen, Liang-Chieh},
  booktitle = {European Conference on Computer Vision (ECCV)},
  pages     = {108--126},
  year      = {2020}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
a_{op} &= \mathbf{q}_o^\top \mathbf{k}_p + \mathbf{q}_o^\top \mathbf{r}^q_{p-o}
  + \mathbf{k}_p^\top \mathbf{r}^k_{p-o}, \\
\mathbf{y}_o &= \sum_{p \in \mathcal{N}(o)} \mathrm{softmax}_p(a_{op})\,
  \big(\mathbf{v}_p + \mathbf{r}^v_{p-o}\big)
\end{aligned}""",
    "symbols": {
        r"\mathbf{q}, \mathbf{k}, \mathbf{v}": "linear in the pixels, in each head",
        r"\mathbf{r}^q, \mathbf{r}^k, \mathbf{r}^v": "learnt for each offset p - o",
        r"\mathcal{N}(o)": "the m pixels around o in its column, then in its row",
    },
    "params": "4*C**2 + 4*65*C/N with N=gcd(8, C//2)",
    "needs": {"min_channels": 2, "divisible": 2},
    "components": {},
    "recommended": ["encoder.*", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class AxialLine(nn.Module):
    """Position-sensitive attention along one axis.

    Args:
        channels: C of the input and of the output.
        heads: Number of heads; divides C / 2.
        span: m, how many pixels one attends to; odd.
    """

    def __init__(self, channels: int, heads: int, span: int) -> None:
        super().__init__()
        wide = channels // heads
        self.heads, self.reach, self.parts = heads, span // 2, [wide // 2, wide // 2, wide]
        self.qkv = nn.Linear(channels, 2 * channels, bias=False)
        self.places = nn.Parameter(torch.randn(span, 2 * wide) * wide**-0.5)  # r^q, r^k, r^v

    def forward(self, lines: Tensor) -> Tensor:
        """Return what each pixel attends to, [B, L, C] as the lines."""
        length = lines.shape[1]
        split = self.qkv(lines).unflatten(2, (self.heads, -1)).transpose(1, 2)  # [B, N, L, d]
        q, k, v = split.split(self.parts, dim=3)
        line = torch.arange(length, device=lines.device)
        offset = line - line[:, None]  # p - o: [L of o, L of p]
        place = (offset + self.reach).clamp(0, 2 * self.reach)
        rq, rk, rv = torch.split(self.places[place], self.parts, dim=2)  # [L, L, d]
        product = q @ k.transpose(2, 3)
        product = product + torch.einsum("bnod,opd->bnop", q, rq)
        product = product + torch.einsum("bnpd,opd->bnop", k, rk)
        product = product.masked_fill(offset.abs() > self.reach, float("-inf"))
        weight = torch.softmax(product, dim=3)
        taken = weight @ v + torch.einsum("bnop,opd->bnod", weight, rv)
        y: Tensor = taken.transpose(1, 2).flatten(2)
        return y


class Axial(nn.Module):
    """Attend along the height, then along the width.

    Args:
        channels: C of the input and of the output; even.
        heads: Number of heads; divides C / 2. By default gcd(8, C / 2). Raises ValueError.
        span: m, how many pixels of its line one attends to; odd. Raises ValueError.
    """

    def __init__(self, channels: int, *, heads: int | None = None, span: int = 65) -> None:
        super().__init__()
        heads = heads or math.gcd(8, channels // 2)
        if channels % (2 * heads):
            raise ValueError(f"{heads} heads do not divide half of {channels} channels")
        if span % 2 == 0:
            raise ValueError(f"span={span} has no middle; take an odd number")
        self.along_height = AxialLine(channels, heads, span)
        self.along_width = AxialLine(channels, heads, span)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the pixels attend to, [B, C, H, W] as x."""
        batch, channels, height, width = x.shape
        columns = x.permute(0, 3, 2, 1).reshape(batch * width, height, channels)
        x = self.along_height(columns).reshape(batch, width, height, channels)
        rows = x.transpose(1, 2).reshape(batch * height, width, channels)
        x = self.along_width(rows).reshape(batch, height, width, channels)
        return x.permute(0, 3, 1, 2)


if __name__ == "__main__":
    module = Axial(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Bi-level routing attention: pick for each region the regions that matter, attend within those.

Zhu, Wang, Ke, Zhang, Lau: BiFormer: Vision Transformer with Bi-Level Routing Attention, CVPR 2023.
The choice of regions is not differentiated. As in the authors' code, maps are padded with zeros
below and to the right until 7 divides them, products are divided by the root of C in every head,
and a linear layer follows. The paper's heads have 32 channels; here there is one head for each 32
channels, as far as that divides C.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "bra",
    "title": "BiFormer: Vision Transformer with Bi-Level Routing Attention",
    "authors": ["Lei Zhu", "Xinjiang Wang", "Zhanghan Ke", "Wayne Zhang", "Rynson W. H. Lau"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2023,
    "key": "zhu2023biformer",
    "bibtex": """@inproceedings{zhu2023biformer,
  title     = {{BiFormer}: Vision Transformer with Bi-Level Routing Attention},
  author    = {Zhu, Lei and Wang, Xinjiang and Ke, Zhanghan and Zhang, Wayne and Lau, Rynson W. H.},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {10323--10333},
  doi       = {10.1109/CVPR52729.2023.00995},
  year      = {2023}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
A^r &= Q^r (K^r)^\top, \quad I^r = \mathrm{topk}(A^r), \\
K^g &= \mathrm{gather}(K, I^r), \quad V^g = \mathrm{gather}(V, I^r), \\
O &= \mathrm{softmax}\big(Q (K^g)^\top / \sqrt{C}\big) V^g + \mathrm{DW}_{5\times5}(V)
\end{aligned}""",
    "symbols": {
        "Q, K, V": "linear in the pixels of each of 7x7 regions",
        "Q^r, K^r": "means of Q and K over a region",
        "I^r": "for each region, the indices of the k that suit it best",
        r"\mathrm{DW}": "depthwise convolution",
        "O": "in each head; a linear layer follows",
    },
    "params": "4*C**2 + 30*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class BRA(nn.Module):
    """Attend to the pixels of the regions that suit one's own region best.

    Args:
        channels: C of the input and of the output.
        heads: Number of heads; divides C. By default gcd(C, C // 32). Raises ValueError.
        regions: S; there are S x S regions.
        topk: k, how many regions each region attends to, at most S x S. Raises ValueError.
    """

    def __init__(
        self, channels: int, *, heads: int | None = None, regions: int = 7, topk: int = 4
    ) -> None:
        super().__init__()
        self.heads = heads or math.gcd(channels, max(1, channels // 32))
        self.regions, self.topk = regions, topk
        if channels % self.heads:
            raise ValueError(f"{self.heads} heads do not divide {channels} channels")
        if topk > regions**2:
            raise ValueError(f"topk={topk}, but there are {regions**2} regions")
        self.qkv = nn.Linear(channels, 3 * channels)
        self.near = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.project = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the pixels attend to, [B, C, H, W] as x."""
        height, width = x.shape[2:]
        x = F.pad(x, (0, -width % self.regions, 0, -height % self.regions))
        q, k, v = self.qkv(x.permute(0, 2, 3, 1)).chunk(3, dim=3)  # [B, H, W, C]
        near = self.near(v.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        taken = self.attend(self.cut(q), self.cut(k), self.cut(v))
        y: Tensor = self.project(self.whole(taken, near.shape) + near)
        return y.permute(0, 3, 1, 2)[:, :, :height, :width]

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Return the attention over the chosen regions, [B, S * S, pixels, C] as q."""
        affinity = q.mean(dim=2) @ k.mean(dim=2).transpose(1, 2)  # [B, S * S, S * S]
        chosen = affinity.topk(self.topk, dim=2).indices  # [B, S * S, k]
        image = torch.arange(len(q), device=q.device)[:, None, None]
        k, v = (t[image, chosen].flatten(2, 3) for t in (k, v))  # [B, S * S, k * pixels, C]
        q, k, v = (
            t.reshape(*t.shape[:3], self.heads, -1).transpose(2, 3) for t in (q, k, v)
        )  # [B, S * S, h, pixels, d]
        scale = (self.heads * q.shape[4]) ** -0.5
        taken = F.scaled_dot_product_attention(q, k, v, scale=scale)
        return taken.transpose(2, 3).flatten(3)

    def cut(self, x: Tensor) -> Tensor:
        """Cut [B, H, W, C] into regions, [B, S * S, pixels, C]."""
        batch, height, width, channels = x.shape
        s = self.regions
        x = x.reshape(batch, s, height // s, s, width // s, channels)
        return x.transpose(2, 3).reshape(batch, s * s, -1, channels)

    def whole(self, x: Tensor, shape: torch.Size) -> Tensor:
        """Put the regions together again, [B, H, W, C]."""
        batch, height, width, channels = shape
        s = self.regions
        x = x.reshape(batch, s, s, height // s, width // s, channels)
        return x.transpose(2, 3).reshape(shape)


if __name__ == "__main__":
    module = BRA(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

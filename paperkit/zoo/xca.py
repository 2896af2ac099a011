"""Cross-covariance attention: channels attend to channels, at a cost linear in the pixels.

Ali et al.: XCiT: Cross-Covariance Image Transformers, NeurIPS 2021. What is learnt for each head is
the inverse of the paper's temperature, 1 at first. The paper's heads have 32 to 64 channels; here
there is one head for each 32 channels, as far as that divides C.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "xca",
    "title": "XCiT: Cross-Covariance Image Transformers",
    "authors": [
        "Alaaeldin Ali",
        "Hugo Touvron",
        "Mathilde Caron",
        "Piotr Bojanowski",
        "Matthijs Douze",
        "Armand Joulin",
        "Ivan Laptev",
        "Natalia Neverova",
        "Gabriel Synnaeve",
        "Jakob Verbeek",
        "Hervé Jégou",
    ],
    "venue": "Advances in Neural Information Processing Systems (NeurIPS)",
    "year": 2021,
    "key": "ali2021xcit",
    "bibtex": """@inproceedings{ali2021xcit,
  title     = {{XCiT}: Cross-Covariance Image Transformers},
  author    = {Ali, Alaaeldin and Touvron, Hugo and Caron, Mathilde and Bojanowski, Piotr and
               Douze, Matthijs and Joulin, Armand and Laptev, Ivan and Neverova, Natalia and
               Synnaeve, Gabriel and Verbeek, Jakob and Jégou, Hervé},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {34},
  pages     = {20014--20027},
  year      = {2021}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
Q, K, V &= X W^Q, X W^K, X W^V, \\
Y &= V\, \mathrm{softmax}\big(\hat{K}^\top \hat{Q} / \tau\big)\, W^O
\end{aligned}""",
    "symbols": {
        "X": "the pixels, HW rows of C values",
        r"\hat{K}, \hat{Q}": "K and Q, each channel with unit length over the pixels",
        r"\tau": "learnt, one for each head; the channels of a head attend to each other",
        "W^Q, W^K, W^V, W^O": "linear layers, C to C",
    },
    "params": "4*C**2 + 4*C + h with h=gcd(C, max(1, C//32))",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class XCA(nn.Module):
    """Mix the channels of each head by how they go together over the map.

    Args:
        channels: C of the input and of the output.
        heads: Number of heads; divides C. By default gcd(C, C // 32). Raises ValueError.
    """

    def __init__(self, channels: int, *, heads: int | None = None) -> None:
        super().__init__()
        self.heads = heads or math.gcd(channels, max(1, channels // 32))
        if channels % self.heads:
            raise ValueError(f"{self.heads} heads do not divide {channels} channels")
        self.sharpness = nn.Parameter(torch.ones(self.heads, 1, 1))
        self.qkv = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixed channels, [B, C, H, W] as x."""
        tokens = x.flatten(2).transpose(1, 2)  # [B, N, C]
        split = self.qkv(tokens).unflatten(2, (3, self.heads, -1))  # [B, N, 3, h, d]
        q, k, v = split.permute(2, 0, 3, 4, 1)  # [B, h, d, N] each
        alike = F.normalize(q, dim=3) @ F.normalize(k, dim=3).transpose(2, 3)  # [B, h, d, d]
        mixed = torch.softmax(alike * self.sharpness, dim=3) @ v
        rows = mixed.flatten(1, 2).transpose(1, 2)  # [B, N, C]
        y: Tensor = self.project(rows).transpose(1, 2).unflatten(2, x.shape[2:])
        return y


if __name__ == "__main__":
    module = XCA(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

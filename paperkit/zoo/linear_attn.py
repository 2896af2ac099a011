"""Efficient attention: softmax queries and keys apart, so that the cost is linear in the pixels.

Shen, Zhang, Zhao, Yi, Li: Efficient Attention: Attention with Linear Complexities, WACV 2021.
Each channel of the keys is one map that weighs all pixels; what it collects is handed back by
the queries. Keys and values are C wide here.

The authors' code adds the input to the result; variant="official" does that.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "linear_attn",
    "title": "Efficient Attention: Attention with Linear Complexities",
    "authors": ["Zhuoran Shen", "Mingyuan Zhang", "Haiyu Zhao", "Shuai Yi", "Hongsheng Li"],
    "venue": "IEEE/CVF Winter Conference on Applications of Computer Vision (WACV)",
    "year": 2021,
    "key": "shen2021efficient",
    "bibtex": """@inproceedings{shen2021efficient,
  title     = {Efficient Attention: Attention with Linear Complexities},
  author    = {Shen, Zhuoran and Zhang, Mingyuan and Zhao, Haiyu and Yi, Shuai and Li, Hongsheng},
  booktitle = {IEEE/CVF Winter Conference on Applications of Computer Vision (WACV)},
  pages     = {3531--3539},
  year      = {2021}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
E(Q, K, V) &= \rho_q(Q)\, \big(\rho_k(K)^\top V\big), \\
Y &= E(X W^Q, X W^K, X W^V)\, W^O
\end{aligned}""",
    "symbols": {
        "X": "the pixels, HW rows of C values",
        "W^Q, W^K, W^V, W^O": "1x1 convolutions, C to C",
        r"\rho_q": "softmax over the channels of a pixel, in each head",
        r"\rho_k": "softmax over the pixels of a channel",
    },
    "params": "4*C**2 + 4*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "bottleneck"],
    "variants": {"paper": "E(Q, K, V) projected", "official": "the input added to it"},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class LinearAttn(nn.Module):
    """Collect the values by the keys, and hand them back by the queries.

    Args:
        channels: C of the input and of the output.
        heads: Number of heads; divides C. Raises ValueError.
        variant: "paper", or "official" for the authors' code.
    """

    def __init__(
        self,
        channels: int,
        *,
        heads: int = 1,
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        if channels % heads:
            raise ValueError(f"{heads} heads do not divide {channels} channels")
        self.heads, self.variant = heads, variant
        self.query = nn.Conv2d(channels, channels, kernel_size=1)
        self.key = nn.Conv2d(channels, channels, kernel_size=1)
        self.value = nn.Conv2d(channels, channels, kernel_size=1)
        self.project = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the pixels attend to, [B, C, H, W] as x."""
        layers = (self.query, self.key, self.value)
        q, k, v = (f(x).flatten(2).unflatten(1, (self.heads, -1)) for f in layers)  # [B, h, d, N]
        collected = torch.softmax(k, dim=3) @ v.transpose(2, 3)  # [B, h, d of keys, d of values]
        taken = collected.transpose(2, 3) @ torch.softmax(q, dim=2)  # [B, h, d, N]
        y: Tensor = self.project(taken.flatten(1, 2).unflatten(2, x.shape[2:]))
        return x + y if self.variant == "official" else y


if __name__ == "__main__":
    module = LinearAttn(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Multi-head self-attention: each pixel takes a weighted mean of all pixels, once per head.

Vaswani et al.: Attention Is All You Need, NeurIPS 2017. The pixels of the map are the tokens.
There is no position encoding: add one before, or follow with a convolution. Eight heads as in the
paper, fewer where 8 does not divide C.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "mhsa",
    "title": "Attention Is All You Need",
    "authors": [
        "Ashish Vaswani",
        "Noam Shazeer",
        "Niki Parmar",
        "Jakob Uszkoreit",
        "Llion Jones",
        "Aidan N. Gomez",
        "Łukasz Kaiser",
        "Illia Polosukhin",
    ],
    "venue": "Advances in Neural Information Processing Systems (NeurIPS)",
    "year": 2017,
    "key": "vaswani2017attention",
    "bibtex": """@inproceedings{vaswani2017attention,
  title     = {Attention Is All You Need},
  author    = {Vaswani, Ashish and Shazeer, Noam and Parmar, Niki and Uszkoreit, Jakob and
               Jones, Llion and Gomez, Aidan N. and Kaiser, {\\L}ukasz and Polosukhin, Illia},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {30},
  pages     = {5998--6008},
  year      = {2017}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
H_i &= \mathrm{softmax}\Big(\frac{X W^Q_i (X W^K_i)^\top}{\sqrt{d}}\Big)\, X W^V_i, \\
Y &= [H_1; \dots; H_h]\, W^O
\end{aligned}""",
    "symbols": {
        "X": "the pixels, HW rows of C values",
        "h, d": "number of heads, channels per head: C/h",
        "W^Q_i, W^K_i, W^V_i": "linear layers of head i, C to d",
        "W^O": "linear layer, C to C",
    },
    "params": "4*C**2 + 4*C",
    "needs": {},
    "components": {},
    "recommended": ["bottleneck", "encoder.3"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class MHSA(nn.Module):
    """Let each pixel attend to all pixels.

    Args:
        channels: C of the input and of the output.
        heads: Number of heads; divides C. By default gcd(8, C). Raises ValueError.
    """

    def __init__(self, channels: int, *, heads: int | None = None) -> None:
        super().__init__()
        self.heads = heads or math.gcd(8, channels)
        if channels % self.heads:
            raise ValueError(f"{self.heads} heads do not divide {channels} channels")
        self.qkv = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the pixels attend to, [B, C, H, W] as x."""
        tokens = x.flatten(2).transpose(1, 2)  # [B, N, C]
        split = self.qkv(tokens).unflatten(2, (3, self.heads, -1))  # [B, N, 3, h, d]
        q, k, v = split.permute(2, 0, 3, 1, 4)  # [B, h, N, d] each
        taken = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        y: Tensor = self.project(taken).transpose(1, 2).unflatten(2, x.shape[2:])
        return y


if __name__ == "__main__":
    module = MHSA(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

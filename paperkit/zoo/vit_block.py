"""Vision transformer block: self-attention over the pixels, then a perceptron for each of them.

Dosovitskiy et al.: An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale,
ICLR 2021. The pixels of the map are the tokens; layer normalisation comes before each part.

The paper's block keeps the width and the size. Where what it replaces does not, a 1x1 convolution
with that width and stride comes first. The paper's heads have 64 channels; here there is one head
for each 64 channels, as far as that divides C.
"""

import math

from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "vit_block",
    "title": "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
    "authors": [
        "Alexey Dosovitskiy",
        "Lucas Beyer",
        "Alexander Kolesnikov",
        "Dirk Weissenborn",
        "Xiaohua Zhai",
        "Thomas Unterthiner",
        "Mostafa Dehghani",
        "Matthias Minderer",
        "Georg Heigold",
        "Sylvain Gelly",
        "Jakob Uszkoreit",
        "Neil Houlsby",
    ],
    "venue": "International Conference on Learning Representations (ICLR)",
    "year": 2021,
    "key": "dosovitskiy2021vit",
    "bibtex": """@inproceedings{dosovitskiy2021vit,
  title     = {An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale},
  author    = {Dosovitskiy, Alexey and Beyer, Lucas and Kolesnikov, Alexander and
               Weissenborn, Dirk and Zhai, Xiaohua and Unterthiner, Thomas and
               Dehghani, Mostafa and Minderer, Matthias and Heigold, Georg and
               Gelly, Sylvain and Uszkoreit, Jakob and Houlsby, Neil},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year      = {2021}
}""",
    "kind": "block",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
Z' &= Z + \mathrm{MSA}\big(\mathrm{LN}(Z)\big), \\
Y &= Z' + W_2\, \mathrm{GELU}\big(W_1\, \mathrm{LN}(Z')\big)
\end{aligned}""",
    "symbols": {
        "Z": "the pixels, HW rows of C values",
        r"\mathrm{MSA}": "multi-head self-attention",
        r"\mathrm{LN}": "layer normalisation",
        "W_1, W_2": "linear layers, C to 4C and 4C to C",
    },
    "params": "12*C**2 + 13*C",
    "needs": {},
    "components": {},
    "recommended": ["bottleneck", "encoder.3"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class _Attention(nn.Module):
    """Multi-head self-attention over the rows of [B, N, C]."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return what each token attends to, [B, N, C]."""
        split = self.qkv(tokens).unflatten(2, (3, self.heads, -1))  # [B, N, 3, h, d]
        q, k, v = split.permute(2, 0, 3, 1, 4)
        taken = F.scaled_dot_product_attention(q, k, v)  # [B, h, N, d]
        y: Tensor = self.project(taken.transpose(1, 2).flatten(2))
        return y


class ViTBlock(nn.Module):
    """Attention and a perceptron, each added to its input.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        stride: Of the 1x1 convolution that comes first where the shapes differ.
        heads: Number of heads; divides C. By default gcd(C, C // 64). Raises ValueError.
        expansion: The perceptron has expansion * C channels inside.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        heads: int | None = None,
        expansion: int = 4,
    ) -> None:
        super().__init__()
        channels = out_channels
        heads = heads or math.gcd(channels, max(1, channels // 64))
        if channels % heads:
            raise ValueError(f"{heads} heads do not divide {channels} channels")
        same = in_channels == channels and stride == 1
        self.enter = nn.Identity() if same else nn.Conv2d(in_channels, channels, 1, stride)
        self.norm1 = nn.LayerNorm(channels, eps=1e-6)
        self.attention = _Attention(channels, heads)
        self.norm2 = nn.LayerNorm(channels, eps=1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(channels, expansion * channels),
            nn.GELU(),
            nn.Linear(expansion * channels, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        x = self.enter(x)
        tokens = x.flatten(2).transpose(1, 2)  # [B, N, C]
        tokens = tokens + self.attention(self.norm1(tokens))
        tokens = tokens + self.mlp(self.norm2(tokens))
        y: Tensor = tokens.transpose(1, 2).reshape(x.shape)
        return y


if __name__ == "__main__":
    import torch

    module = ViTBlock(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Contextual transformer: the context of a pixel's keys decides how it mixes its neighbours.

Li, Yao, Pan, Mei: Contextual Transformer Networks for Visual Recognition, IEEE TPAMI, 2023. The
static context of a convolution and the dynamic one of the attention are weighed as in selective
kernels, by an average that passes through batch normalisation: training needs batches of two
images or more.

The paper leaves open where normalisations stand, and how wide the layers between are; both are
as in the authors' code: W_theta halves the channels, a head has 8 channels, and the local
attention weights pass a group normalisation, with a group for each head.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "cot",
    "title": "Contextual Transformer Networks for Visual Recognition",
    "authors": ["Yehao Li", "Ting Yao", "Yingwei Pan", "Tao Mei"],
    "venue": "IEEE Transactions on Pattern Analysis and Machine Intelligence",
    "year": 2023,
    "key": "li2023contextual",
    "bibtex": """@article{li2023contextual,
  title   = {Contextual Transformer Networks for Visual Recognition},
  author  = {Li, Yehao and Yao, Ting and Pan, Yingwei and Mei, Tao},
  journal = {IEEE Transactions on Pattern Analysis and Machine Intelligence},
  volume  = {45},
  number  = {2},
  pages   = {1489--1500},
  year    = {2023}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
K^1 &= \delta\big(\mathrm{BN}(f^{3\times3}_4(X))\big), \quad
  V = \mathrm{BN}(W_v X), \\
A &= \mathrm{GN}\big(W_\delta\, \delta(\mathrm{BN}(W_\theta [X; K^1]))\big), \\
K^2 &= \mathrm{SiLU}\big(\mathrm{BN}(V \circledast A)\big), \\
Y &= \beta_1 \odot K^1 + \beta_2 \odot K^2, \\
(\beta_1, \beta_2) &= \mathrm{softmax}\big(W_b\, \delta(\mathrm{BN}(W_a\,
  \mathrm{avg}(K^1 + K^2)))\big)
\end{aligned}""",
    "symbols": {
        r"f^{3\times3}_4": "convolution in 4 groups",
        r"W_v, W_\theta, W_\delta": "1x1 convolutions, C to C, 2C to C/2, C/2 to 9C/8",
        r"\circledast": "weighted sum over the 3x3 neighbours, with C/8 weightings",
        "W_a, W_b": "1x1 convolutions, C to a and a to 2C, a = max(32, C/2)",
        r"\mathrm{avg}": "over the pixels",
        r"\delta": "ReLU",
    },
    "params": "77*C**2/16 + 99*C/8 + 3*C*a + 3*a with a=max(32, C//2)",
    "needs": {"min_channels": 8, "divisible": 8, "min_train_batch": 2},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}

HEAD = 8  # channels that share their weights


class CoT(nn.Module):
    """Mix the neighbours of each pixel by weights that their context gives.

    Args:
        channels: C of the input and of the output; divisible by 8.
        kernel_size: k, of the neighbourhood; odd.
    """

    def __init__(self, channels: int, *, kernel_size: int = 3) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        heads, taps, squeezed = channels // HEAD, kernel_size**2, max(32, channels // 2)
        pad = kernel_size // 2
        self.key = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size, padding=pad, groups=4, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )
        self.value = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=1, bias=False), nn.BatchNorm2d(channels)
        )
        self.attend = nn.Sequential(
            nn.Conv2d(2 * channels, channels // 2, kernel_size=1, bias=False),
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(),
            nn.Conv2d(channels // 2, heads * taps, kernel_size=1),
            nn.GroupNorm(heads, heads * taps),
        )
        self.norm = nn.BatchNorm2d(channels)
        self.select = nn.Sequential(
            nn.Conv2d(channels, squeezed, kernel_size=1),
            nn.BatchNorm2d(squeezed),
            nn.ReLU(),
            nn.Conv2d(squeezed, 2 * channels, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the static and the dynamic context, weighed, [B, C, H, W] as x."""
        static = self.key(x)
        weight = self.attend(torch.cat([x, static], dim=1))
        dynamic = F.silu(self.norm(self.mix(self.value(x), weight)))
        pooled = (static + dynamic).mean(dim=(2, 3), keepdim=True)
        share = torch.softmax(self.select(pooled).unflatten(1, (2, -1)), dim=1)
        y: Tensor = share[:, 0] * static + share[:, 1] * dynamic
        return y

    def mix(self, value: Tensor, weight: Tensor) -> Tensor:
        """Return the weighted sums of the neighbours, [B, C, H, W]; weight [B, C/8 k k, H, W]."""
        batch, channels, height, width = value.shape
        k, heads, pixels = self.kernel_size, channels // HEAD, height * width
        near = F.unfold(value, k, padding=k // 2).reshape(batch, heads, HEAD, k * k, pixels)
        share = weight.reshape(batch, heads, 1, k * k, pixels)  # one for all channels of a head
        return (near * share).sum(dim=3).reshape(value.shape)


if __name__ == "__main__":
    module = CoT(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Shuffle attention: half of each group is gated by channel, half by pixel, then all are mixed.

Zhang, Yang: SA-Net: Shuffle Attention for Deep Convolutional Neural Networks, ICASSP 2021. The
weights are shared by all groups, which makes it light: 3 C / G in all. The gates start constant,
at sigmoid(1). Where the paper's 64 groups of two halves do not divide C, as at 64 channels, there
are gcd(64, C / 2) groups.
"""

import math

import torch
from torch import Tensor, nn

INFO = {
    "name": "sa_shuffle",
    "title": "SA-Net: Shuffle Attention for Deep Convolutional Neural Networks",
    "authors": ["Qing-Long Zhang", "Yu-Bin Yang"],
    "venue": "IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP)",
    "year": 2021,
    "key": "zhang2021sanet",
    "bibtex": """@inproceedings{zhang2021sanet,
  title     = {{SA-Net}: Shuffle Attention for Deep Convolutional Neural Networks},
  author    = {Zhang, Qing-Long and Yang, Yu-Bin},
  booktitle = {IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP)},
  pages     = {2235--2239},
  year      = {2021}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{y}_{k1} &= \mathbf{x}_{k1} \odot
  \sigma\big(W_1\, \mathrm{avg}(\mathbf{x}_{k1}) + b_1\big), \\
\mathbf{y}_{k2} &= \mathbf{x}_{k2} \odot
  \sigma\big(W_2\, \mathrm{GN}(\mathbf{x}_{k2}) + b_2\big), \\
\mathbf{y} &= \mathrm{shuffle}([\mathbf{y}_{11}; \mathbf{y}_{12}; \ldots; \mathbf{y}_{G2}])
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}_{k1}, \mathbf{x}_{k2}": "the halves of group k of G",
        "W_1, b_1, W_2, b_2": "one weight for each channel of a half",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\mathrm{GN}": "group normalisation, one channel in a group",
        r"\mathrm{shuffle}": "channels of the front and of the back in turn",
        r"\sigma": "sigmoid",
    },
    "params": "3*C//G with G=gcd(64, C//2)",
    "needs": {"divisible": 2},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class ShuffleAttention(nn.Module):
    """Gate one half of each group of channels by its averages, the other by its pixels.

    Args:
        channels: C of the input and of the output; even.
        groups: G, at most; there are gcd(groups, C // 2).
    """

    def __init__(self, channels: int, *, groups: int = 64) -> None:
        super().__init__()
        self.groups = math.gcd(groups, channels // 2)
        half = channels // (2 * self.groups)
        self.channel_weight, self.channel_bias = self._affine(half)
        self.spatial_weight, self.spatial_bias = self._affine(half)
        self.norm = nn.GroupNorm(half, half)

    @staticmethod
    def _affine(half: int) -> tuple[nn.Parameter, nn.Parameter]:
        return nn.Parameter(torch.zeros(half, 1, 1)), nn.Parameter(torch.ones(half, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated and shuffled channels, [B, C, H, W] as x."""
        size = x.shape
        first, second = x.reshape(-1, size[1] // self.groups, *size[2:]).chunk(2, dim=1)
        mean = first.mean(dim=(2, 3), keepdim=True)
        first = first * torch.sigmoid(self.channel_weight * mean + self.channel_bias)
        normed = self.norm(second)
        second = second * torch.sigmoid(self.spatial_weight * normed + self.spatial_bias)
        joined = torch.cat([first, second], dim=1).reshape(size[0], 2, size[1] // 2, *size[2:])
        return joined.transpose(1, 2).reshape(size)


if __name__ == "__main__":
    module = ShuffleAttention(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

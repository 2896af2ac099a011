"""Efficient multi-scale attention: a 1x1 branch and a 3x3 branch say where the other matters.

Ouyang, He, Zhang, Luo, Guo, Zhan, Huang: Efficient Multi-Scale Attention Module with Cross-Spatial
Learning, ICASSP 2023. (Not EMANet's expectation maximisation, nor the moving average of weights.)
The channels are split into groups that share all weights. The normalisation has one channel in a
group, as published; so the average of the 1x1 branch is the bias of the normalisation alone.
"""

import math

import torch
from torch import Tensor, nn

INFO = {
    "name": "ema_attn",
    "title": "Efficient Multi-Scale Attention Module with Cross-Spatial Learning",
    "authors": [
        "Daliang Ouyang",
        "Su He",
        "Guozhong Zhang",
        "Mingzhu Luo",
        "Huaiyong Guo",
        "Jian Zhan",
        "Zhijie Huang",
    ],
    "venue": "IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP)",
    "year": 2023,
    "key": "ouyang2023efficient",
    "bibtex": """@inproceedings{ouyang2023efficient,
  title     = {Efficient Multi-Scale Attention Module with Cross-Spatial Learning},
  author    = {Ouyang, Daliang and He, Su and Zhang, Guozhong and Luo, Mingzhu and
               Guo, Huaiyong and Zhan, Jian and Huang, Zhijie},
  booktitle = {IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP)},
  pages     = {1--5},
  year      = {2023}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
[\mathbf{a}^h; \mathbf{a}^w] &= \sigma\big(f^{1 \times 1}([\mathbf{z}^h; \mathbf{z}^w])\big), \\
\mathbf{u} &= \mathrm{GN}(\mathbf{x} \odot \mathbf{a}^h \odot \mathbf{a}^w),\quad
  \mathbf{v} = f^{3 \times 3}(\mathbf{x}), \\
\mathbf{m} &= \mathrm{softmax}(\mathrm{avg}(\mathbf{u}))^\top \mathbf{v}
  + \mathrm{softmax}(\mathrm{avg}(\mathbf{v}))^\top \mathbf{u}, \\
\mathbf{y} &= \mathbf{x} \odot \sigma(\mathbf{m})
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}": "one group of channels",
        r"\mathbf{z}^h, \mathbf{z}^w": "x averaged along the width, along the height",
        r"f^{1 \times 1}, f^{3 \times 3}": "convolutions",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\mathrm{softmax}": "over the channels of the group",
        r"\mathrm{GN}": "group normalisation, one channel in a group",
        r"\sigma": "sigmoid",
    },
    "params": "10*c**2 + 4*c with c=C//gcd(8, C)",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "decoder.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class EMA(nn.Module):
    """Gate each pixel of a group of channels by two branches that weigh each other.

    Args:
        channels: C of the input and of the output.
        groups: At most; there are gcd(groups, C).
    """

    def __init__(self, channels: int, *, groups: int = 8) -> None:
        super().__init__()
        self.groups = math.gcd(groups, channels)
        each = channels // self.groups
        self.point = nn.Conv2d(each, each, kernel_size=1)
        self.local = nn.Conv2d(each, each, kernel_size=3, padding=1)
        self.norm = nn.GroupNorm(each, each)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        height, width = x.shape[2:]
        group = x.reshape(-1, x.shape[1] // self.groups, height, width)  # [B G, C / G, H, W]
        strips = torch.cat([group.mean(dim=3), group.mean(dim=2)], dim=2)  # [B G, C / G, H + W]
        gates = torch.sigmoid(self.point(strips.unsqueeze(3)).squeeze(3))
        rows, columns = gates[:, :, :height], gates[:, :, height:]
        fine = self.norm(group * rows[:, :, :, None] * columns[:, :, None, :])
        wide = self.local(group)
        gate = torch.sigmoid(self._seen(wide, by=fine) + self._seen(fine, by=wide))
        return (group * gate).reshape(x.shape)

    @staticmethod
    def _seen(branch: Tensor, *, by: Tensor) -> Tensor:
        """Weigh a branch's channels by the other's averages: [B G, 1, H, W]."""
        share = torch.softmax(by.mean(dim=(2, 3), keepdim=True), dim=1)
        return (share * branch).sum(dim=1, keepdim=True)


if __name__ == "__main__":
    module = EMA(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

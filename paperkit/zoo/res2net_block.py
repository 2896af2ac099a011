"""Res2Net block: a residual bottleneck whose splits pass on to each other what they have seen.

Gao, Cheng, Zhao, Zhang, Yang, Torr: Res2Net: A New Multi-scale Backbone Architecture, IEEE TPAMI,
2021. The width is that of Res2Net-50 26w x 4s. The paper leaves the first split as it is; here, as
in the authors' code, it is the last: the 1x1 convolutions on both sides make the two the same.

Where the shape changes, the authors' code does not pass anything on between the splits, and pools
the one that is left; the paper does not say what happens there, so this does the same.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "res2net_block",
    "title": "Res2Net: A New Multi-scale Backbone Architecture",
    "authors": [
        "Shang-Hua Gao",
        "Ming-Ming Cheng",
        "Kai Zhao",
        "Xin-Yu Zhang",
        "Ming-Hsuan Yang",
        "Philip Torr",
    ],
    "venue": "IEEE Transactions on Pattern Analysis and Machine Intelligence",
    "year": 2021,
    "key": "gao2021res2net",
    "bibtex": """@article{gao2021res2net,
  title   = {{Res2Net}: A New Multi-scale Backbone Architecture},
  author  = {Gao, Shang-Hua and Cheng, Ming-Ming and Zhao, Kai and Zhang, Xin-Yu and
             Yang, Ming-Hsuan and Torr, Philip},
  journal = {IEEE Transactions on Pattern Analysis and Machine Intelligence},
  volume  = {43},
  number  = {2},
  pages   = {652--662},
  year    = {2021}
}""",
    "kind": "block",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y}_i = \begin{cases}
\mathbf{x}_i & i = 1, \\
K_i * \mathbf{x}_i & i = 2, \\
K_i * (\mathbf{x}_i + \mathbf{y}_{i-1}) & 2 < i \le s
\end{cases}""",
    "symbols": {
        r"\mathbf{x}_i": "the s = 4 splits behind the block's first 1x1 convolution",
        "K_i": "3x3 convolution, batch normalisation and ReLU",
        r"\mathbf{y}_i": "what the last 1x1 convolution joins",
    },
    "params": "8*C*w + 27*w**2 + 14*w + 2*C with w=max(1, C//4*26//64)",
    "needs": {},
    "components": {},
    "recommended": ["stage.*.block.*", "encoder.*.block.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


def conv_norm(into: int, out: int, size: int = 1, stride: int = 1) -> nn.Sequential:
    """Return a convolution that keeps the size, and batch normalisation."""
    conv = nn.Conv2d(into, out, size, stride, size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out))


class Res2NetBlock(nn.Module):
    """1x1 convolution, a hierarchy of 3x3 convolutions and 1x1 convolution, added to the input.

    Where the shape changes, the shortcut is a 1x1 convolution with batch normalisation.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        stride: Of the 3x3 convolutions.
        scale: s, the number of splits; 2 or more.
        width: Channels of a split where the output has 256 channels; a split has
            width * (C / 4) // 64 channels, and one at least.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        scale: int = 4,
        width: int = 26,
    ) -> None:
        super().__init__()
        self.width = max(1, out_channels // 4 * width // 64)
        self.passes_on = in_channels == out_channels and stride == 1
        self.enter = conv_norm(in_channels, self.width * scale)
        self.scales = nn.ModuleList(
            conv_norm(self.width, self.width, 3, stride) for _ in range(scale - 1)
        )
        self.leave = conv_norm(self.width * scale, out_channels)
        self.rest, self.shortcut = nn.Sequential(), nn.Sequential()
        if not self.passes_on:
            self.rest.append(nn.AvgPool2d(3, stride, padding=1))
            self.shortcut.extend(conv_norm(in_channels, out_channels, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        *splits, rest = torch.split(torch.relu(self.enter(x)), self.width, dim=1)
        seen: list[Tensor] = []
        for split, conv in zip(splits, self.scales, strict=True):
            more = split + seen[-1] if seen and self.passes_on else split
            seen.append(torch.relu(conv(more)))
        joined = torch.cat([*seen, self.rest(rest)], dim=1)
        return torch.relu(self.shortcut(x) + self.leave(joined))


if __name__ == "__main__":
    module = Res2NetBlock(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

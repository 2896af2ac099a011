"""Polarised self-attention: one dimension is squeezed to nothing, the other kept half as wide.

Liu, Liu, Fan, Huang: Polarized Self-Attention: Towards High-quality Pixel-wise Regression, arXiv
2021. (Not the pyramid squeeze attention of EPSANet, which is called PSA, too.) The published code
goes from C/2 to C channels through a narrow layer, normalised there; the paper in one step.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "psa_polar",
    "title": "Polarized Self-Attention: Towards High-quality Pixel-wise Regression",
    "authors": ["Huajun Liu", "Fuqiang Liu", "Xinyi Fan", "Dong Huang"],
    "venue": "arXiv:2107.00782",
    "year": 2021,
    "key": "liu2021polarized",
    "bibtex": """@misc{liu2021polarized,
  title        = {Polarized Self-Attention: Towards High-quality Pixel-wise Regression},
  author       = {Liu, Huajun and Liu, Fuqiang and Fan, Xinyi and Huang, Dong},
  howpublished = {arXiv:2107.00782},
  year         = {2021}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
A_c &= \sigma\big(\mathrm{LN}(W_z (W_v \mathbf{x} \times \mathrm{softmax}(W_q \mathbf{x})))\big), \\
A_s &= \sigma\big(\mathrm{softmax}(\mathrm{avg}(V_q \mathbf{x}))^\top \times V_v \mathbf{x}\big), \\
\mathbf{y} &= A_c \odot \mathbf{x} + A_s \odot \mathbf{x}
\end{aligned}""",
    "symbols": {
        "W_q, W_v, W_z": "1x1 convolutions to 1 and C/2, and back to C channels",
        "V_q, V_v": "1x1 convolutions to C/2 channels",
        r"\mathrm{softmax}": "over the pixels in the first, the channels in the second line",
        r"\mathrm{avg}": "over the pixels",
        r"\mathrm{LN}": "normalisation over the channels",
        r"\sigma": "sigmoid",
    },
    "params": "4*C*h + 4*C with h=max(1, C//2)",
    "needs": {"min_channels": 4},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "decoder.*"],
    "variants": {
        "paper": "one layer from C/2 to C channels, then the normalisation",
        "official": "two layers with C/8 channels between, normalised, and a ReLU",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class PolarizedSelfAttention(nn.Module):
    """Gate by channel and by pixel, at once or in turn.

    Args:
        channels: C of the input and of the output.
        order: "parallel" adds what the two gates let pass; "sequential" gates by pixel what the
            gate by channel lets pass.
        variant: "official" has the published code's narrow layer in the gate by channel.
    """

    def __init__(
        self,
        channels: int,
        *,
        order: Literal["parallel", "sequential"] = "parallel",
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        self.order = order
        half = max(1, channels // 2)
        self.channel_query = nn.Conv2d(channels, 1, kernel_size=1, bias=False)
        self.channel_value = nn.Conv2d(channels, half, kernel_size=1, bias=False)
        self.widen = self._widening(half, channels, variant)
        self.spatial_query = nn.Conv2d(channels, half, kernel_size=1, bias=False)
        self.spatial_value = nn.Conv2d(channels, half, kernel_size=1, bias=False)

    @staticmethod
    def _widening(half: int, channels: int, variant: str) -> nn.Sequential:
        if variant == "paper":
            return nn.Sequential(nn.Linear(half, channels), nn.LayerNorm(channels))
        narrow = max(2, half // 4)
        first, last = nn.Linear(half, narrow), nn.Linear(narrow, channels)
        return nn.Sequential(first, nn.LayerNorm(narrow), nn.ReLU(), last)

    def channel_gate(self, x: Tensor) -> Tensor:
        """Return the gate of each channel, [B, C, 1, 1]."""
        share = torch.softmax(self.channel_query(x).flatten(2), dim=2)  # [B, 1, H W]
        context = (self.channel_value(x).flatten(2) * share).sum(dim=2)  # [B, C / 2]
        return torch.sigmoid(self.widen(context))[:, :, None, None]

    def spatial_gate(self, x: Tensor) -> Tensor:
        """Return the gate of each pixel, [B, 1, H, W]."""
        mean = self.spatial_query(x).mean(dim=(2, 3), keepdim=True)
        share = torch.softmax(mean, dim=1)  # [B, C / 2, 1, 1]
        return torch.sigmoid((self.spatial_value(x) * share).sum(dim=1, keepdim=True))

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated x, [B, C, H, W] as x."""
        gated = x * self.channel_gate(x)
        if self.order == "sequential":
            return gated * self.spatial_gate(gated)
        return gated + x * self.spatial_gate(x)


if __name__ == "__main__":
    module = PolarizedSelfAttention(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Convolutional block attention: first which channels matter, then where.

Woo, Park, Lee, Kweon: CBAM: Convolutional Block Attention Module, ECCV 2018.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

INFO = {
    "name": "cbam",
    "title": "CBAM: Convolutional Block Attention Module",
    "authors": ["Sanghyun Woo", "Jongchan Park", "Joon-Young Lee", "In So Kweon"],
    "venue": "European Conference on Computer Vision (ECCV)",
    "year": 2018,
    "key": "woo2018cbam",
    "bibtex": """@inproceedings{woo2018cbam,
  title     = {{CBAM}: Convolutional Block Attention Module},
  author    = {Woo, Sanghyun and Park, Jongchan and Lee, Joon-Young and Kweon, In So},
  booktitle = {European Conference on Computer Vision (ECCV)},
  pages     = {3--19},
  year      = {2018}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{x}' &= \mathbf{x} \odot \sigma\big(\mathrm{MLP}(\mathrm{avg}(\mathbf{x}))
  + \mathrm{MLP}(\max(\mathbf{x}))\big), \\
\mathbf{y} &= \mathbf{x}' \odot \sigma\big(f^{7\times7}([\mathrm{avg}_c(\mathbf{x}');
  \max\nolimits_c(\mathbf{x}')])\big)
\end{aligned}""",
    "symbols": {
        r"\mathrm{MLP}": "two layers, C to r and r to C, shared",
        r"\mathrm{avg}, \max": "over the pixels of a channel",
        r"\mathrm{avg}_c, \max\nolimits_c": "over the channels of a pixel",
        r"f^{7\times7}": "convolution and batch normalisation",
        r"\sigma": "sigmoid",
    },
    "params": "2*C*r + r + C + 100 with r=max(1, C//16)",
    "needs": {},
    "components": {
        "channel": "what stands in for the channel attention: C channels in and out",
        "spatial": "what stands in for the spatial attention: C channels in and out",
    },
    "recommended": ["encoder.*", "stage.*.block.*.branch", "decoder.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}

Component = Callable[[int], nn.Module]


class ChannelAttention(nn.Module):
    """Gate each channel by its average and its maximum, through one shared MLP."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.mlp = nn.Sequential(
            nn.Conv2d(channels, hidden, kernel_size=1),
            nn.ReLU(),
            nn.Conv2d(hidden, channels, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its channel gate, [B, C, H, W] as x."""
        mean, peak = x.mean(dim=(2, 3), keepdim=True), x.amax(dim=(2, 3), keepdim=True)
        return x * torch.sigmoid(self.mlp(mean) + self.mlp(peak))


class SpatialAttention(nn.Module):
    """Gate each pixel by the average and the maximum of its channels."""

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm = nn.BatchNorm2d(1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its spatial gate, [B, C, H, W] as x."""
        both = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
        return x * torch.sigmoid(self.norm(self.conv(both)))


class CBAM(nn.Module):
    """Channel attention, then spatial attention.

    Args:
        channels: C of the input and of the output.
        reduction: The MLP has max(1, C // reduction) channels inside.
        kernel_size: Of the spatial attention's convolution; odd.
        channel: Makes another module in place of the channel attention: channel(C).
        spatial: Makes another module in place of the spatial attention: spatial(C).
    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 16,
        kernel_size: int = 7,
        channel: Component | None = None,
        spatial: Component | None = None,
    ) -> None:
        super().__init__()
        self.channel = channel(channels) if channel else ChannelAttention(channels, reduction)
        self.spatial = spatial(channels) if spatial else SpatialAttention(kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        """Return x gated twice, [B, C, H, W] as x."""
        y: Tensor = self.spatial(self.channel(x))
        return y


if __name__ == "__main__":
    module = CBAM(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

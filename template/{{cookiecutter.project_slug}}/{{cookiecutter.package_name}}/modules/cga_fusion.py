"""Content-guided attention fusion: mix a skip and a decoder feature with one weight per value.

Chen, He, Lu: DEA-Net: Single Image Dehazing Based on Detail-Enhanced Convolution and
Content-Guided Attention, IEEE Transactions on Image Processing, 2024. A coarse weight from
channel and spatial attention is refined, for each channel, by the content itself.

The paper applies one sigmoid to the refined weight. The authors' code applies two, so that its
weights lie between 0.5 and 0.73; variant="official" does that.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "cga_fusion",
    "title": "DEA-Net: Single Image Dehazing Based on Detail-Enhanced Convolution and "
    "Content-Guided Attention",
    "authors": ["Zixuan Chen", "Zewei He", "Zhe-Ming Lu"],
    "venue": "IEEE Transactions on Image Processing",
    "year": 2024,
    "key": "chen2024dea",
    "bibtex": """@article{chen2024dea,
  title   = {{DEA-Net}: Single Image Dehazing Based on Detail-Enhanced Convolution and
             Content-Guided Attention},
  author  = {Chen, Zixuan and He, Zewei and Lu, Zhe-Ming},
  journal = {IEEE Transactions on Image Processing},
  volume  = {33},
  pages   = {1002--1015},
  year    = {2024}
}""",
    "kind": "fusion",
    "arity": 2,
    "returns": "fused",
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
X &= x + s, \\
W &= \sigma\big(\mathcal{GC}_{7\times7}(\mathrm{CS}([X, W_c + W_s]))\big), \\
y &= \mathcal{C}_{1\times1}\big(s \cdot W + x \cdot (1 - W) + x + s\big)
\end{aligned}""",
    "symbols": {
        "x": "decoder feature (high level)",
        "s": "skip (low level)",
        "W_c, W_s": "channel and spatial attention of X",
        r"\mathcal{GC}, \mathrm{CS}": "group convolution, channel shuffle",
        r"\sigma": "sigmoid",
    },
    "params": "C**2 + 2*C*m + m + 101*C + 99 with m=max(1, C//8)",
    "needs": {"min_hw": 4},
    "components": {},
    "recommended": ["fuse.*"],
    "variants": {"paper": "one sigmoid", "official": "two sigmoids, as in the authors' code"},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class CGAFusion(nn.Module):
    """Fuse a decoder feature and a skip into one feature as wide as the skip.

    Args:
        x_channels: Channels of x; where they differ from C, a 1x1 convolution brings x to C.
        skip_channels: C, the channels of the skip and of the output.
        reduction: The channel attention has max(1, C // reduction) channels inside.
        variant: "paper", or "official" for the authors' code.
    """

    def __init__(
        self,
        x_channels: int,
        skip_channels: int,
        *,
        reduction: int = 8,
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        channels, middle = skip_channels, max(1, skip_channels // reduction)
        same = x_channels == channels
        self.align = nn.Identity() if same else nn.Conv2d(x_channels, channels, 1)
        self.spatial = nn.Conv2d(2, 1, 7, padding=3, padding_mode="reflect")
        self.channel = nn.Sequential(
            nn.Conv2d(channels, middle, kernel_size=1),
            nn.ReLU(),
            nn.Conv2d(middle, channels, kernel_size=1),
        )
        # one group per channel, which sees the content and the coarse weight of that channel
        self.refine = nn.Conv2d(
            2 * channels, channels, 7, padding=3, padding_mode="reflect", groups=channels
        )
        self.project = nn.Conv2d(channels, channels, kernel_size=1)
        self.variant = variant

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return [B, C, H, W] from x [B, C', H, W] and skip [B, C, H, W]; H, W >= 4."""
        x = self.align(x)
        both = x + skip
        weight = self.weight(both)
        y: Tensor = self.project(both + weight * skip + (1 - weight) * x)
        return y

    def weight(self, both: Tensor) -> Tensor:
        """Return W, the share of the skip, [B, C, H, W] in (0, 1)."""
        pooled = [both.mean(dim=1, keepdim=True), both.amax(dim=1, keepdim=True)]
        coarse = self.spatial(torch.cat(pooled, dim=1))
        coarse = coarse + self.channel(both.mean(dim=(2, 3), keepdim=True))
        shuffled = torch.stack([both, coarse], dim=2).flatten(1, 2)  # x1, w1, x2, w2, ...
        weight = torch.sigmoid(self.refine(shuffled))
        return torch.sigmoid(weight) if self.variant == "official" else weight


if __name__ == "__main__":
    module = CGAFusion(64, 64)
    x, skip = torch.rand(2, 64, 32, 48), torch.rand(2, 64, 32, 48)
    print("inputs", tuple(x.shape), tuple(skip.shape))
    print("output", tuple(module(x, skip).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

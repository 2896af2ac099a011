"""Spatial and channel reconstruction convolution: a convolution that first removes redundancy.

Li, Wen, He: SCConv: Spatial and Channel Reconstruction Convolution for Feature Redundancy,
CVPR 2023. (Not the self-calibrated convolution of CVPR 2020, which is called SCConv, too.)
There is no official code; the paper's equations 1 to 8 decide.
"""

import math

import torch
from torch import Tensor, nn

INFO = {
    "name": "scconv23",
    "title": "SCConv: Spatial and Channel Reconstruction Convolution for Feature Redundancy",
    "authors": ["Jiafeng Li", "Ying Wen", "Lianghua He"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2023,
    "key": "li2023scconv",
    "bibtex": """@inproceedings{li2023scconv,
  title     = {{SCConv}: Spatial and Channel Reconstruction Convolution for Feature Redundancy},
  author    = {Li, Jiafeng and Wen, Ying and He, Lianghua},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {6153--6162},
  year      = {2023}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
W &= \sigma\big(W_\gamma\, \mathrm{GN}(X)\big),\quad
  W_\gamma = \gamma / \textstyle\sum_j \gamma_j, \\
[X_{11}; X_{12}] &= W_1 \odot X,\quad [X_{21}; X_{22}] = W_2 \odot X, \\
X^w &= [X_{11} + X_{22};\; X_{21} + X_{12}], \\
Y_1 &= M^G X_{up} + M^{P_1} X_{up}, \\
Y_2 &= [M^{P_2} X_{low};\; X_{low}], \\
\beta_i &= e^{S_i} / (e^{S_1} + e^{S_2}),\quad S_i = \mathrm{pool}(Y_i), \\
Y &= \beta_1 Y_1 + \beta_2 Y_2
\end{aligned}""",
    "symbols": {
        r"\gamma": "the scale of the group normalisation",
        "W_1, W_2": "W with values above 0.5 set to 1, set to 0",
        r"X_{up}, X_{low}": "the halves of the sum, each squeezed to C/4 channels",
        "M^G, M^{P_1}, M^{P_2}": "k x k convolution in two groups, 1x1 convolutions",
        r"\sigma": "sigmoid",
    },
    "params": "29*C**2/16 + 3*C",
    "needs": {"min_channels": 8, "divisible": 8},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SpatialReconstruction(nn.Module):
    """SRU: tell informative features from redundant ones, and add the two crosswise."""

    def __init__(self, channels: int, *, threshold: float = 0.5) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(math.gcd(channels, 16), channels)
        self.threshold = threshold

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction, [B, C, H, W] as x."""
        scale = self.norm.weight / self.norm.weight.sum()
        weight = torch.sigmoid(scale.view(1, -1, 1, 1) * self.norm(x))
        above = weight > self.threshold
        informative = x * weight.masked_fill(above, 1.0)
        redundant = x * weight.masked_fill(above, 0.0)
        first, second = informative.chunk(2, dim=1)
        third, fourth = redundant.chunk(2, dim=1)
        return torch.cat([first + fourth, second + third], dim=1)


class ChannelReconstruction(nn.Module):
    """CRU: convolve one half of the channels well, the other cheaply, and weigh the two."""

    def __init__(self, channels: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        half, squeezed = channels // 2, channels // 4
        self.squeeze_up = nn.Conv2d(half, squeezed, kernel_size=1, bias=False)
        self.squeeze_low = nn.Conv2d(half, squeezed, kernel_size=1, bias=False)
        padding = dilation * (kernel_size - 1) // 2
        self.group = nn.Conv2d(
            squeezed, channels, kernel_size, padding=padding, dilation=dilation, groups=2
        )
        self.point_up = nn.Conv2d(squeezed, channels, kernel_size=1, bias=False)
        self.point_low = nn.Conv2d(squeezed, channels - squeezed, kernel_size=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the fused features, [B, C, H, W] as x."""
        up, low = x.chunk(2, dim=1)
        up, low = self.squeeze_up(up), self.squeeze_low(low)
        rich = self.group(up) + self.point_up(up)
        cheap = torch.cat([self.point_low(low), low], dim=1)
        pooled = torch.stack([rich.mean(dim=(2, 3)), cheap.mean(dim=(2, 3))])  # [2, B, C]
        share = torch.softmax(pooled, dim=0)[..., None, None]
        y: Tensor = share[0] * rich + share[1] * cheap
        return y


class SCConv(nn.Module):
    """Spatial, then channel reconstruction, in the place of a k x k convolution.

    The paper's unit keeps the width and the size. Where the convolution that it replaces does
    not, a 1x1 convolution with that width and stride comes first, as in a ResNet shortcut.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output; divisible by 8.
        kernel_size: Of the grouped convolution; odd.
        stride: Of the convolution that is replaced.
        dilation: Of the grouped convolution.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        same = in_channels == out_channels and stride == 1
        self.enter = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1, stride)
        self.spatial = SpatialReconstruction(out_channels)
        self.channel = ChannelReconstruction(out_channels, kernel_size, dilation)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        y: Tensor = self.channel(self.spatial(self.enter(x)))
        return y


if __name__ == "__main__":
    module = SCConv(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

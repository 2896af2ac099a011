"""ResNeSt block: a residual bottleneck with split attention in the place of its 3x3 convolution.

Zhang et al.: ResNeSt: Split-Attention Networks, CVPR Workshops 2022. As in ResNeSt-50, a stride is
an average pooling: of 3x3 pixels behind the split attention, and of stride x stride pixels in the
shortcut. (The network itself also has a deeper stem.)
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

INFO = {
    "name": "resnest_block",
    "title": "ResNeSt: Split-Attention Networks",
    "authors": [
        "Hang Zhang",
        "Chongruo Wu",
        "Zhongyue Zhang",
        "Yi Zhu",
        "Haibin Lin",
        "Zhi Zhang",
        "Yue Sun",
        "Tong He",
        "Jonas Mueller",
        "R. Manmatha",
        "Mu Li",
        "Alexander Smola",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition Workshops (CVPRW)",
    "year": 2022,
    "key": "zhang2022resnest",
    "bibtex": """@inproceedings{zhang2022resnest,
  title     = {{ResNeSt}: Split-Attention Networks},
  author    = {Zhang, Hang and Wu, Chongruo and Zhang, Zhongyue and Zhu, Yi and Lin, Haibin and
               Zhang, Zhi and Sun, Yue and He, Tong and Mueller, Jonas and Manmatha, R. and
               Li, Mu and Smola, Alexander},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition Workshops (CVPRW)},
  year      = {2022}
}""",
    "kind": "block",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{h} &= \delta(W_1\, \mathbf{x}),\quad U_r = \delta(V_r * \mathbf{h}), \\
\mathbf{a}_r &= \mathrm{softmax}_r\big(\mathcal{G}_r(\mathrm{avg}(\textstyle\sum_{r} U_r))\big), \\
\mathbf{y} &= \delta\big(\mathbf{x} + W_2\, \textstyle\sum_{r=1}^{R} \mathbf{a}_r \odot U_r\big)
\end{aligned}""",
    "symbols": {
        "W_1, W_2": "1x1 convolutions, C to C/4 to C",
        "R": "radix, 2",
        "V_r": "3x3 convolution",
        r"\mathcal{G}_r": "two layers, C/4 to a to C/4",
        r"\mathrm{avg}": "over the pixels",
        r"\delta": "ReLU; each convolution is normalised",
    },
    "params": "2*C*w + 9*w**2 + 8*w + 3*w*a + 3*a + 2*C with w=C//4; a=max(32, w//2)",
    "needs": {"divisible": 8, "min_train_batch": 2},
    "components": {"conv": "what stands in for split attention: C / 4 channels in and out"},
    "recommended": ["stage.*.block.*", "encoder.*.block.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SplitAttention(nn.Module):
    """Convolve into ``radix`` splits and add them up with a softmax over the splits."""

    def __init__(self, channels: int, radix: int) -> None:
        super().__init__()
        wide, middle = channels * radix, max(32, channels * radix // 4)
        self.splits = nn.Sequential(
            nn.Conv2d(channels, wide, 3, padding=1, groups=radix, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
        )
        self.attention = nn.Sequential(
            nn.Conv2d(channels, middle, 1),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            nn.Conv2d(middle, wide, 1),
        )
        self.radix = radix

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H, W] as x."""
        splits = self.splits(x).unflatten(1, (self.radix, -1))  # [B, R, C, H, W]
        score = self.attention(splits.sum(dim=1).mean(dim=(2, 3), keepdim=True))
        share = score.unflatten(1, (self.radix, -1)).softmax(dim=1)
        y: Tensor = (splits * share).sum(dim=1)
        return y


class ResNeStBlock(nn.Module):
    """1x1 convolution, split attention and 1x1 convolution, added to the input.

    Where the shape changes, the shortcut is an average pooling and a 1x1 convolution.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output; divisible by 4 * radix.
        stride: Of the poolings.
        radix: How many splits there are; 2 or more.
        conv: Makes another module in place of split attention: conv(C // 4).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        radix: int = 2,
        conv: Callable[[int], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        inner = out_channels // 4
        self.branch = nn.Sequential(
            nn.Conv2d(in_channels, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU(),
            conv(inner) if conv else SplitAttention(inner, radix),
            nn.Identity() if stride == 1 else nn.AvgPool2d(3, stride, padding=1),
            nn.Conv2d(inner, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut.append(nn.AvgPool2d(stride, ceil_mode=True))
        if stride != 1 or in_channels != out_channels:
            self.shortcut.append(nn.Conv2d(in_channels, out_channels, 1, bias=False))
            self.shortcut.append(nn.BatchNorm2d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        return torch.relu(self.shortcut(x) + self.branch(x))


if __name__ == "__main__":
    module = ResNeStBlock(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

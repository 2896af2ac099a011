"""Split attention: several convolutions of the same input, weighed channel by channel.

Zhang et al.: ResNeSt: Split-Attention Networks, CVPR Workshops 2022. It stands in for the 3x3
convolution of a bottleneck, and its normalisation and activation are inside. resnest_block is the
whole block.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "split_attn",
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
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{s} &= \mathrm{avg}\big(\textstyle\sum_{r} U_r\big),\quad U_r = \delta(W_r * \mathbf{x}), \\
\mathbf{a}_r &= \mathrm{softmax}_r\big(\mathcal{G}_r(\mathbf{s})\big), \\
\mathbf{y} &= \textstyle\sum_{r=1}^{R} \mathbf{a}_r \odot U_r
\end{aligned}""",
    "symbols": {
        "R": "radix, 2",
        "W_r": "3x3 convolution with batch normalisation",
        r"\mathcal{G}_r": "two layers, C to a to C, normalised between",
        r"\mathrm{avg}": "over the pixels",
        r"\delta": "ReLU",
    },
    "params": "9*C**2 + 6*C + 3*C*a + 3*a with a=max(32, C//2)",
    "needs": {"divisible": "radix", "min_train_batch": 2},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SplitAttn(nn.Module):
    """Convolve into ``radix`` splits and add them up with a softmax over the splits.

    Args:
        in_channels: Channels of the input; divisible by radix * groups.
        out_channels: C, the channels of the output; divisible by groups.
        kernel_size: Of the convolution; odd.
        stride: Of the convolution.
        dilation: Of the convolution.
        groups: The paper's cardinality: groups of channels with an attention of their own.
        radix: How many splits each group has; 2 or more.
        reduction: The attention has max(32, in_channels * radix // reduction) channels inside.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        radix: int = 2,
        reduction: int = 4,
    ) -> None:
        super().__init__()
        wide = out_channels * radix
        padding = dilation * (kernel_size - 1) // 2
        sampling = (kernel_size, stride, padding, dilation, groups * radix)
        self.splits = nn.Sequential(
            nn.Conv2d(in_channels, wide, *sampling, bias=False), nn.BatchNorm2d(wide), nn.ReLU()
        )
        middle = max(32, in_channels * radix // reduction)
        self.attention = nn.Sequential(
            nn.Conv2d(out_channels, middle, 1, groups=groups),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            nn.Conv2d(middle, wide, 1, groups=groups),
        )
        self.radix, self.groups = radix, groups

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        splits = self.splits(x).unflatten(1, (self.radix, -1))  # [B, R, C, H, W]
        score = self.attention(splits.sum(dim=1).mean(dim=(2, 3), keepdim=True))
        # the attention's channels come group by group, those of the convolution split by split
        share = score.unflatten(1, (self.groups, self.radix, -1)).softmax(dim=2)
        y: Tensor = (splits * share.transpose(1, 2).flatten(2, 3)).sum(dim=1)
        return y


if __name__ == "__main__":
    module = SplitAttn(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""SKNet block: a residual bottleneck that chooses between kernels of two sizes.

Li, Wang, Hu, Yang: Selective Kernel Networks, CVPR 2019: ResNeXt's block (32 groups of 4 channels)
with a selective kernel convolution in the place of its 3x3 convolution, as in SKNet-50.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "sknet_block",
    "title": "Selective Kernel Networks",
    "authors": ["Xiang Li", "Wenhai Wang", "Xiaolin Hu", "Jian Yang"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2019,
    "key": "li2019selective",
    "bibtex": """@inproceedings{li2019selective,
  title     = {Selective Kernel Networks},
  author    = {Li, Xiang and Wang, Wenhai and Hu, Xiaolin and Yang, Jian},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {510--519},
  year      = {2019}
}""",
    "kind": "block",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
U_m &= \delta\big(V_m * \delta(W_1\, \mathbf{x})\big), \\
\mathbf{a}_m &= \mathrm{softmax}_m\big(A_m\, \delta(W\, \mathrm{avg}(\textstyle\sum_m U_m))\big), \\
\mathbf{y} &= \delta\big(\mathbf{x} + W_2\, \textstyle\sum_{m=1}^{M} \mathbf{a}_m \odot U_m\big)
\end{aligned}""",
    "symbols": {
        "W_1, W_2": "1x1 convolutions, C to w to C, w = C/2",
        "V_m": "3x3 convolution in 32 groups with dilation m",
        "W, A_m": "linear, w to d, d to w",
        "d": "the larger of w/16 and 32",
        r"\mathrm{avg}": "over the pixels",
        r"\delta": "ReLU; all but the A are normalised",
    },
    "params": "2*C*w + 18*w*g + 6*w + 2*C + 3*w*d + 2*d "
    "with g=max(1, C//64); w=32*g; d=max(32, w//16)",
    "needs": {"min_train_batch": 2},
    "components": {},
    "recommended": ["stage.*.block.*", "encoder.*.block.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


def conv_norm(
    into: int, out: int, size: int = 1, stride: int = 1, rate: int = 1, groups: int = 1
) -> nn.Sequential:
    """Return a convolution that keeps the size, and batch normalisation."""
    conv = nn.Conv2d(into, out, size, stride, rate * (size // 2), rate, groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out))


class SelectiveKernels(nn.Module):
    """Grouped convolutions with growing dilation, added up with a softmax over them."""

    def __init__(self, channels: int, stride: int, groups: int, branches: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            conv_norm(channels, channels, 3, stride, rate, groups).append(nn.ReLU())
            for rate in range(1, branches + 1)
        )
        middle = max(32, channels // 16)
        self.attention = nn.Sequential(
            conv_norm(channels, middle),
            nn.ReLU(),
            nn.Conv2d(middle, branches * channels, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        seen = torch.stack([branch(x) for branch in self.branches], dim=1)  # [B, M, C, H, W]
        score = self.attention(seen.sum(dim=1).mean(dim=(2, 3), keepdim=True))
        share = score.unflatten(1, (len(self.branches), -1)).softmax(dim=1)
        y: Tensor = (seen * share).sum(dim=1)
        return y


class SKNetBlock(nn.Module):
    """1x1 convolution, selective kernels and 1x1 convolution, added to the input.

    Each group has width * (C / 4) // 64 channels, and one at least. Where the shape changes, the
    shortcut is a 1x1 convolution with batch normalisation.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        stride: Of the selective kernels.
        cardinality: The number of groups.
        width: Channels of a group where the output has 256 channels.
        branches: M, how many kernels there are to choose from.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        cardinality: int = 32,
        width: int = 4,
        branches: int = 2,
    ) -> None:
        super().__init__()
        inner = cardinality * max(1, out_channels // 4 * width // 64)
        self.branch = nn.Sequential(
            conv_norm(in_channels, inner),
            nn.ReLU(),
            SelectiveKernels(inner, stride, cardinality, branches),
            conv_norm(inner, out_channels),
        )
        same = in_channels == out_channels and stride == 1
        self.shortcut = nn.Identity() if same else conv_norm(in_channels, out_channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        return torch.relu(self.shortcut(x) + self.branch(x))


if __name__ == "__main__":
    module = SKNetBlock(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Involution: a kernel of its own for every pixel, the same for many channels.

Li, Hu, Wang, Li, She, Zhu, Zhang, Chen: Involution: Inverting the Inherence of Convolution for
Visual Recognition, CVPR 2021.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "involution",
    "title": "Involution: Inverting the Inherence of Convolution for Visual Recognition",
    "authors": [
        "Duo Li",
        "Jie Hu",
        "Changhu Wang",
        "Xiangtai Li",
        "Qi She",
        "Lei Zhu",
        "Tong Zhang",
        "Qifeng Chen",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2021,
    "key": "li2021involution",
    "bibtex": """@inproceedings{li2021involution,
  title     = {Involution: Inverting the Inherence of Convolution for Visual Recognition},
  author    = {Li, Duo and Hu, Jie and Wang, Changhu and Li, Xiangtai and She, Qi and Zhu, Lei
               and Zhang, Tong and Chen, Qifeng},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {12321--12330},
  year      = {2021}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathcal{H}_{ij} &= W_1\, \delta\big(\mathrm{BN}(W_0\, \mathbf{x}_{ij})\big), \\
\mathbf{y}_{ijc} &= \textstyle\sum_{(u,v) \in \Delta_K} \mathcal{H}_{ijuvg}\, \mathbf{x}_{i+u,j+v,c}
\end{aligned}""",
    "symbols": {
        r"\mathcal{H}_{ij}": "the G kernels of pixel (i, j), K x K",
        "g": "the group of channel c",
        r"\Delta_K": "the K x K window",
        "W_0, W_1": "1x1 convolutions, C to C/4 to GKK",
        r"\delta": "ReLU",
    },
    "params": "C*m + 2*m + 49*G*(m + 1) with m=max(1, C//4); G=C//gcd(C, 16)",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class Involution(nn.Module):
    """Sum the window of each pixel with a kernel that this pixel makes.

    It stands in for a 3x3 convolution; as in the paper, its own window is larger. The operator
    keeps the width: where the convolution that it replaces does not, a 1x1 convolution to that
    width comes first.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        stride: Of the window; kernels are then made from averages of stride x stride pixels.
        window: K, the side of the window; odd.
        group_channels: Channels that share a kernel; where C is not divisible by it, the largest
            common divisor of the two.
        reduction: The layer between has max(1, C // reduction) channels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        window: int = 7,
        group_channels: int = 16,
        reduction: int = 4,
    ) -> None:
        super().__init__()
        same = in_channels == out_channels
        self.enter = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1)
        self.groups = out_channels // math.gcd(out_channels, group_channels)
        self.window, self.stride = window, stride
        middle = max(1, out_channels // reduction)
        self.reduce = nn.Sequential(
            nn.Conv2d(out_channels, middle, kernel_size=1, bias=False),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
        )
        self.span = nn.Conv2d(middle, window**2 * self.groups, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        x = self.enter(x)
        seen = F.avg_pool2d(x, self.stride, ceil_mode=True) if self.stride > 1 else x
        kernel = self.span(self.reduce(seen))
        height, width = kernel.shape[2:]
        windows = F.unfold(x, self.window, padding=self.window // 2, stride=self.stride)
        shape = (len(x), self.groups, -1, self.window**2, height, width)
        y = kernel.view(shape) * windows.view(shape)  # one kernel for all channels of a group
        out: Tensor = y.sum(dim=3).flatten(1, 2)
        return out


if __name__ == "__main__":
    module = Involution(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

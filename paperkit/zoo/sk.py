"""Selective kernel convolution: small and large kernels side by side, chosen channel by channel.

Li, Wang, Hu, Yang: Selective Kernel Networks, CVPR 2019. It stands in for a 3x3 convolution, and
its normalisation and activation are inside. As in the paper, the 5x5 kernel is a 3x3 one with
dilation 2. sknet_block is the whole block.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "sk",
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
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{z} &= \delta\big(\mathrm{BN}(W\, \mathrm{avg}(\textstyle\sum_m U_m))\big), \\
\mathbf{a}_m &= e^{A_m \mathbf{z}} \big/ \textstyle\sum_j e^{A_j \mathbf{z}}, \\
\mathbf{y} &= \textstyle\sum_{m=1}^{M} \mathbf{a}_m \odot U_m
\end{aligned}""",
    "symbols": {
        "U_m": "3x3 convolution of x with dilation m, normalised, ReLU",
        "W, A_m": "linear, C to d, d to C",
        "d": "the larger of C/16 and 32",
        r"\mathrm{avg}": "over the pixels",
        r"\delta": "ReLU",
    },
    "params": "2*(9*C**2 + 2*C) + 3*C*d + 2*d with d=max(32, C//16)",
    "needs": {"min_train_batch": 2},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SK(nn.Module):
    """Convolutions with growing dilation, added up with a softmax over them.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        kernel_size: Of all branches; odd.
        stride: Of all branches.
        dilation: Of the first branch; branch m has m times this.
        groups: Of all branches.
        branches: M.
        reduction: The attention has max(32, C // reduction) channels inside.
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
        branches: int = 2,
        reduction: int = 16,
    ) -> None:
        super().__init__()
        self.branches = nn.ModuleList()
        for rate in range(dilation, dilation * branches + 1, dilation):
            sampling = (kernel_size, stride, rate * (kernel_size - 1) // 2, rate, groups)
            conv = nn.Conv2d(in_channels, out_channels, *sampling, bias=False)
            self.branches.append(nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.ReLU()))
        middle = max(32, out_channels // reduction)
        self.attention = nn.Sequential(
            nn.Conv2d(out_channels, middle, 1, bias=False),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            nn.Conv2d(middle, branches * out_channels, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        seen = torch.stack([branch(x) for branch in self.branches], dim=1)  # [B, M, C, H, W]
        score = self.attention(seen.sum(dim=1).mean(dim=(2, 3), keepdim=True))
        share = score.unflatten(1, (len(self.branches), -1)).softmax(dim=1)
        y: Tensor = (seen * share).sum(dim=1)
        return y


if __name__ == "__main__":
    module = SK(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

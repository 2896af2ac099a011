"""Pyramid squeeze attention: kernels of four sizes, weighed against each other per channel.

Zhang, Zu, Lu, Zou, Meng: EPSANet: An Efficient Pyramid Squeeze Attention Block on Convolutional
Neural Network, ACCV 2022. (Not the polarised self-attention, which is called PSA, too.) As in the
ACCV version and the published code, each branch reads all channels; the first preprint splits
them. In EPSANet it takes the place of a bottleneck's 3x3 convolution. Where a branch's groups do
not divide C/4, it has as many of them as do.
"""

import math

import torch
from torch import Tensor, nn

INFO = {
    "name": "psa_pyramid",
    "title": "EPSANet: An Efficient Pyramid Squeeze Attention Block on Convolutional Neural "
    "Network",
    "authors": ["Hu Zhang", "Keke Zu", "Jian Lu", "Yuru Zou", "Deyu Meng"],
    "venue": "Asian Conference on Computer Vision (ACCV)",
    "year": 2022,
    "key": "zhang2022epsanet",
    "bibtex": """@inproceedings{zhang2022epsanet,
  title     = {{EPSANet}: An Efficient Pyramid Squeeze Attention Block on Convolutional Neural
               Network},
  author    = {Zhang, Hu and Zu, Keke and Lu, Jian and Zou, Yuru and Meng, Deyu},
  booktitle = {Asian Conference on Computer Vision (ACCV)},
  pages     = {1161--1177},
  year      = {2022}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{f}_i &= \mathrm{conv}_{k_i, g_i}(\mathbf{x}),\quad
  z_i = \sigma\big(W_2\, \delta(W_1\, \mathrm{avg}(\mathbf{f}_i))\big), \\
\mathbf{y} &= [\mathbf{f}_1 \odot a_1;\, \ldots;\, \mathbf{f}_4 \odot a_4],\quad
  a_i = e^{z_i} / \textstyle\sum_j e^{z_j}
\end{aligned}""",
    "symbols": {
        "k_i": "kernel sizes 3, 5, 7 and 9",
        "g_i": "groups 1, 4, 8 and 16, C to C/4 channels",
        "W_1, W_2": "fully connected layers, C/4 to r and r to C/4, shared",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\delta": "ReLU",
        r"\sigma": "sigmoid",
    },
    "params": "C*(9*c + 25*c//g + 49*c//h + 81*c//i) + 2*c*r + r + c with "
    "c=C//4; g=gcd(4, c); h=gcd(8, c); i=gcd(16, c); r=max(1, c//16)",
    "needs": {"divisible": 4},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*.block.*.branch"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}

KERNELS = (3, 5, 7, 9)
GROUPS = (1, 4, 8, 16)  # 2^((k - 1) / 2), but 1 for k = 3


class PyramidSqueezeAttention(nn.Module):
    """Convolve with four sizes of kernel and let their channels compete.

    Args:
        channels: C of the input and of the output; divisible by 4.
        reduction: The layer between has max(1, C / 4 // reduction) channels.
    """

    def __init__(self, channels: int, *, reduction: int = 16) -> None:
        super().__init__()
        each = channels // len(KERNELS)
        self.branches = nn.ModuleList(
            nn.Conv2d(channels, each, k, padding=k // 2, groups=math.gcd(groups, each), bias=False)
            for k, groups in zip(KERNELS, GROUPS, strict=True)
        )
        squeezed = max(1, each // reduction)
        self.squeeze = nn.Linear(each, squeezed)
        self.excite = nn.Linear(squeezed, each)

    def forward(self, x: Tensor) -> Tensor:
        """Return the weighed branches, [B, C, H, W] as x."""
        features = torch.stack([branch(x) for branch in self.branches], dim=1)  # [B, 4, C/4, H, W]
        hidden = torch.relu(self.squeeze(features.mean(dim=(3, 4))))
        share = torch.softmax(torch.sigmoid(self.excite(hidden)), dim=1)  # [B, 4, C / 4]
        return (features * share[:, :, :, None, None]).flatten(1, 2)


if __name__ == "__main__":
    module = PyramidSqueezeAttention(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

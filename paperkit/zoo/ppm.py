"""Pyramid pooling: tell each pixel the averages of the whole image and of its coarse regions.

Zhao, Shi, Qi, Wang, Jia: Pyramid Scene Parsing Network, CVPR 2017. The module ends with a
concatenation of 2C channels, which the network's next convolution takes; a 1x1 convolution with
batch normalisation and ReLU stands for that here, so that C channels come out.

The image's average passes through batch normalisation, so that training needs batches of two
images or more.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "ppm",
    "title": "Pyramid Scene Parsing Network",
    "authors": [
        "Hengshuang Zhao",
        "Jianping Shi",
        "Xiaojuan Qi",
        "Xiaogang Wang",
        "Jiaya Jia",
    ],
    "venue": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2017,
    "key": "zhao2017pspnet",
    "bibtex": """@inproceedings{zhao2017pspnet,
  title     = {Pyramid Scene Parsing Network},
  author    = {Zhao, Hengshuang and Shi, Jianping and Qi, Xiaojuan and Wang, Xiaogang and
               Jia, Jiaya},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {2881--2890},
  year      = {2017}
}""",
    "kind": "context",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{p}_b &= \mathrm{up}\big(f_b(\mathrm{avg}_{b\times b}(\mathbf{x}))\big), \\
\mathbf{y} &= g\big([\mathbf{x};\, \mathbf{p}_1;\, \mathbf{p}_2;\, \mathbf{p}_3;\,
  \mathbf{p}_6]\big)
\end{aligned}""",
    "symbols": {
        r"\mathrm{avg}_{b\times b}": "averages over the regions of a b x b grid",
        "f_b": "1x1 convolution to C/4 channels, batch normalisation and ReLU",
        r"\mathrm{up}": "bilinear interpolation to the size of x",
        "g": "the same as f, from 2C to C channels",
    },
    "params": "C**2 + 8*C*q + 8*q + 2*C with q=C//4",
    "needs": {"min_train_batch": 2, "min_channels": 4},
    "components": {},
    "recommended": ["bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


def _unit(into: int, out: int) -> nn.Sequential:
    conv = nn.Conv2d(into, out, kernel_size=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU())


class PPM(nn.Module):
    """Averages over grids of several sizes, beside the feature itself.

    Args:
        channels: C of the input and of the output.
        bins: The sizes of the grids; each brings C // len(bins) channels.
    """

    def __init__(self, channels: int, *, bins: tuple[int, ...] = (1, 2, 3, 6)) -> None:
        super().__init__()
        each = channels // len(bins)
        self.bins = bins
        self.units = nn.ModuleList(_unit(channels, each) for _ in bins)
        self.project = _unit(channels + len(bins) * each, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H, W] as x."""
        pooled = [
            unit(F.adaptive_avg_pool2d(x, size))
            for size, unit in zip(self.bins, self.units, strict=True)
        ]
        enlarged = [
            F.interpolate(p, x.shape[2:], mode="bilinear", align_corners=True) for p in pooled
        ]
        y: Tensor = self.project(torch.cat([x, *enlarged], dim=1))
        return y


if __name__ == "__main__":
    module = PPM(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

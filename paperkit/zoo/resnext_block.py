"""ResNeXt block: a residual bottleneck whose 3x3 convolution works in many narrow groups.

Xie, Girshick, Dollár, Tu, He: Aggregated Residual Transformations for Deep Neural Networks,
CVPR 2017. The paper's three forms of the block are one function; this is the third, a grouped
convolution.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "resnext_block",
    "title": "Aggregated Residual Transformations for Deep Neural Networks",
    "authors": ["Saining Xie", "Ross Girshick", "Piotr Dollár", "Zhuowen Tu", "Kaiming He"],
    "venue": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2017,
    "key": "xie2017resnext",
    "bibtex": """@inproceedings{xie2017resnext,
  title     = {Aggregated Residual Transformations for Deep Neural Networks},
  author    = {Xie, Saining and Girshick, Ross and Dollár, Piotr and Tu, Zhuowen and He, Kaiming},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {1492--1500},
  year      = {2017}
}""",
    "kind": "block",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = \delta\Big(\mathbf{x} +
  \sum_{i=1}^{G} V_i\, \delta\big(W_i * \delta(U_i\, \mathbf{x})\big)\Big)""",
    "symbols": {
        "G": "cardinality, 32",
        "U_i": "1x1 convolution, C to d channels",
        "W_i": "3x3 convolution, d to d",
        "V_i": "1x1 convolution, d to C",
        r"\delta": "ReLU; each convolution is normalised",
    },
    "params": "2*C*w + 9*w*d + 4*w + 2*C with d=max(1, C//64); w=32*d",
    "needs": {},
    "components": {},
    "recommended": ["stage.*.block.*", "encoder.*.block.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


def conv_norm(
    into: int, out: int, size: int = 1, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Return a convolution that keeps the size, and batch normalisation."""
    conv = nn.Conv2d(into, out, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out))


class ResNeXtBlock(nn.Module):
    """1x1, grouped 3x3 and 1x1 convolution, added to the input.

    Each group has width * (C' / 4) // 64 channels, as in ResNeXt-50 32x4d, and one at least. Where
    the shape changes, the shortcut is a 1x1 convolution with batch normalisation.

    Args:
        in_channels: Channels of the input.
        out_channels: C', the channels of the output.
        stride: Of the grouped convolution.
        cardinality: The number of groups.
        width: Channels of a group where the output has 256 channels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        cardinality: int = 32,
        width: int = 4,
    ) -> None:
        super().__init__()
        inner = cardinality * max(1, out_channels // 4 * width // 64)
        self.branch = nn.Sequential(
            conv_norm(in_channels, inner),
            nn.ReLU(),
            conv_norm(inner, inner, 3, stride, cardinality),
            nn.ReLU(),
            conv_norm(inner, out_channels),
        )
        same = in_channels == out_channels and stride == 1
        self.shortcut = nn.Identity() if same else conv_norm(in_channels, out_channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        return torch.relu(self.shortcut(x) + self.branch(x))


if __name__ == "__main__":
    module = ResNeXtBlock(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

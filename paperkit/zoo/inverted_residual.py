"""Inverted residual: widen, convolve each channel alone, and narrow again without an activation.

Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2: Inverted Residuals and Linear Bottlenecks,
CVPR 2018.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "inverted_residual",
    "title": "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    "authors": [
        "Mark Sandler",
        "Andrew Howard",
        "Menglong Zhu",
        "Andrey Zhmoginov",
        "Liang-Chieh Chen",
    ],
    "venue": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2018,
    "key": "sandler2018mobilenetv2",
    "bibtex": """@inproceedings{sandler2018mobilenetv2,
  title     = {{MobileNetV2}: Inverted Residuals and Linear Bottlenecks},
  author    = {Sandler, Mark and Howard, Andrew and Zhu, Menglong and Zhmoginov, Andrey and
               Chen, Liang-Chieh},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {4510--4520},
  year      = {2018}
}""",
    "kind": "block",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = \mathbf{x}
  + W_2\, \delta_6\big(D * \delta_6(W_1\, \mathbf{x})\big)""",
    "symbols": {
        "W_1, W_2": "1x1 convolutions, C to 6C to C",
        "D": "3x3 convolution of each channel",
        r"\delta_6": "ReLU cut at 6; each convolution is normalised",
    },
    "params": "12*C**2 + 80*C",
    "needs": {},
    "components": {},
    "recommended": ["stage.*.block.*", "encoder.*.block.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class InvertedResidual(nn.Module):
    """1x1, depthwise 3x3 and 1x1 convolution, added to the input where the shape stays.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        stride: Of the depthwise convolution.
        expansion: How many times wider it is inside; 1 leaves the first convolution out.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, stride: int = 1, expansion: int = 6
    ) -> None:
        super().__init__()
        inner = in_channels * expansion
        widen: list[nn.Module] = [
            nn.Conv2d(in_channels, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU6(),
        ]
        self.branch = nn.Sequential(
            *(widen if expansion != 1 else []),
            nn.Conv2d(inner, inner, 3, stride, padding=1, groups=inner, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU6(),
            nn.Conv2d(inner, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.same = in_channels == out_channels and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        y: Tensor = self.branch(x)
        return x + y if self.same else y


if __name__ == "__main__":
    module = InvertedResidual(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Coordinate attention: where along the height and the width a channel matters.

Hou, Zhou, Feng: Coordinate Attention for Efficient Mobile Network Design, CVPR 2021. Pooling
along one axis at a time keeps the position along the other, which global pooling (SE) loses.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "coord_att",
    "title": "Coordinate Attention for Efficient Mobile Network Design",
    "authors": ["Qibin Hou", "Daquan Zhou", "Jiashi Feng"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2021,
    "key": "hou2021coordinate",
    "bibtex": """@inproceedings{hou2021coordinate,
  title     = {Coordinate Attention for Efficient Mobile Network Design},
  author    = {Hou, Qibin and Zhou, Daquan and Feng, Jiashi},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {13713--13722},
  year      = {2021}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{f} &= \delta\big(\mathrm{BN}(F_1([\mathbf{z}^h; \mathbf{z}^w]))\big), \\
y_c(i, j) &= x_c(i, j)\, \sigma\big(F_h(\mathbf{f}^h)\big)_c(i)\,
  \sigma\big(F_w(\mathbf{f}^w)\big)_c(j)
\end{aligned}""",
    "symbols": {
        r"\mathbf{z}^h, \mathbf{z}^w": "x averaged along the width, along the height",
        r"F_1, F_h, F_w": "1x1 convolutions",
        r"\delta": "h-swish",
        r"\sigma": "sigmoid",
    },
    "params": "3*C*m + 3*m + 2*C with m=max(8, C//32)",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "decoder.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class CoordAtt(nn.Module):
    """Gate each channel by its row and by its column.

    Args:
        channels: C of the input and of the output.
        reduction: The shared layer has max(8, C // reduction) channels.
    """

    def __init__(self, channels: int, *, reduction: int = 32) -> None:
        super().__init__()
        middle = max(8, channels // reduction)
        self.shared = nn.Conv2d(channels, middle, kernel_size=1)
        self.norm = nn.BatchNorm2d(middle)
        self.along_height = nn.Conv2d(middle, channels, kernel_size=1)
        self.along_width = nn.Conv2d(middle, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its two gates, [B, C, H, W] as x."""
        height = x.shape[2]
        rows = x.mean(dim=3, keepdim=True)  # [B, C, H, 1]
        columns = x.mean(dim=2, keepdim=True).transpose(2, 3)  # [B, C, W, 1]
        both = F.hardswish(self.norm(self.shared(torch.cat([rows, columns], dim=2))))
        rows, columns = both[:, :, :height], both[:, :, height:]
        gate_rows = torch.sigmoid(self.along_height(rows))
        gate_columns = torch.sigmoid(self.along_width(columns.transpose(2, 3)))
        return x * gate_rows * gate_columns


if __name__ == "__main__":
    module = CoordAtt(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

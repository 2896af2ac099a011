"""RepVGG block: a 3x3 convolution, a 1x1 convolution and the identity, added while training.

Ding, Zhang, Ma, Han, Ding, Sun: RepVGG: Making VGG-Style ConvNets Great Again, CVPR 2021. This is
the form for training; afterwards the three can be added up to one 3x3 convolution.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "repvgg_block",
    "title": "RepVGG: Making VGG-Style ConvNets Great Again",
    "authors": [
        "Xiaohan Ding",
        "Xiangyu Zhang",
        "Ningning Ma",
        "Jungong Han",
        "Guiguang Ding",
        "Jian Sun",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2021,
    "key": "ding2021repvgg",
    "bibtex": """@inproceedings{ding2021repvgg,
  title     = {{RepVGG}: Making {VGG}-Style {ConvNets} Great Again},
  author    = {Ding, Xiaohan and Zhang, Xiangyu and Ma, Ningning and Han, Jungong and
               Ding, Guiguang and Sun, Jian},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {13733--13742},
  year      = {2021}
}""",
    "kind": "block",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = \delta\big(\mathrm{BN}(W_3 * \mathbf{x})
  + \mathrm{BN}(W_1\, \mathbf{x}) + \mathrm{BN}(\mathbf{x})\big)""",
    "symbols": {
        "W_3, W_1": "3x3 and 1x1 convolution",
        r"\mathrm{BN}": "a batch normalisation for each branch",
        r"\delta": "ReLU",
    },
    "params": "10*C**2 + 6*C",
    "needs": {},
    "components": {},
    "recommended": ["stage.*.block.*", "encoder.*.block.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class RepVGGBlock(nn.Module):
    """Three normalised branches, added; the identity is there where the shape stays.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        stride: Of both convolutions.
    """

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1) -> None:
        super().__init__()
        convs = [
            nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False),
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
        ]
        self.branches = nn.ModuleList(
            nn.Sequential(conv, nn.BatchNorm2d(out_channels)) for conv in convs
        )
        if in_channels == out_channels and stride == 1:
            self.branches.append(nn.Sequential(nn.Identity(), nn.BatchNorm2d(out_channels)))

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        return torch.relu(torch.stack([branch(x) for branch in self.branches]).sum(dim=0))


if __name__ == "__main__":
    module = RepVGGBlock(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

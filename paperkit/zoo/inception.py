"""Inception module: 1x1, 3x3 and 5x5 convolutions and a pooling side by side.

Szegedy et al.: Going Deeper with Convolutions, CVPR 2015 (GoogLeNet). The widths are those of the
paper's module 3a as shares of C: for 256 channels, 64 from 1x1; 96 to 128 from 3x3; 16 to 32 from
5x5; 32 from the pooling. There is no batch normalisation in the paper; norm=true adds it, as later
versions do.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "inception",
    "title": "Going Deeper with Convolutions",
    "authors": [
        "Christian Szegedy",
        "Wei Liu",
        "Yangqing Jia",
        "Pierre Sermanet",
        "Scott Reed",
        "Dragomir Anguelov",
        "Dumitru Erhan",
        "Vincent Vanhoucke",
        "Andrew Rabinovich",
    ],
    "venue": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2015,
    "key": "szegedy2015googlenet",
    "bibtex": """@inproceedings{szegedy2015googlenet,
  title     = {Going Deeper with Convolutions},
  author    = {Szegedy, Christian and Liu, Wei and Jia, Yangqing and Sermanet, Pierre and
               Reed, Scott and Anguelov, Dragomir and Erhan, Dumitru and Vanhoucke, Vincent and
               Rabinovich, Andrew},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {1--9},
  year      = {2015}
}""",
    "kind": "block",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{y} = \big[&\delta(W_1\, \mathbf{x});\; \delta(W_3 * \delta(R_3\, \mathbf{x})); \\
  &\delta(W_5 * \delta(R_5\, \mathbf{x}));\; \delta(W_p \max\nolimits_{3\times3}(\mathbf{x}))\big]
\end{aligned}""",
    "symbols": {
        "W_1": "1x1 convolution to C/4 channels",
        "R_3, W_3": "1x1 to 3C/8, 3x3 to C/2 channels",
        "R_5, W_5": "1x1 to C/16, 5x5 to C/8 channels",
        "W_p": "1x1 convolution to C/8 channels",
        r"\delta": "ReLU",
    },
    "params": "C*a + a + C*r + r + 9*r*h + h + C*f + f + 25*f*e + e + C*e + e "
    "with e=C//8; h=C//2; a=C - h - 2*e; r=3*C//8; f=max(1, C//16)",
    "needs": {"min_channels": 8},
    "components": {},
    "recommended": ["stage.*.block.*", "encoder.*.block.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class Inception(nn.Module):
    """Four branches, concatenated.

    A stride is a max pooling of 3x3 pixels before the branches, as between GoogLeNet's stages.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        stride: Of the max pooling that comes first, if it is not 1.
        norm: Whether each convolution has batch normalisation in the place of a bias.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, stride: int = 1, norm: bool = False
    ) -> None:
        super().__init__()

        def conv(into: int, out: int, size: int = 1) -> nn.Sequential:
            layer = nn.Conv2d(into, out, size, padding=size // 2, bias=not norm)
            normed = [nn.BatchNorm2d(out)] if norm else []
            return nn.Sequential(layer, *normed, nn.ReLU())

        half, eighth = out_channels // 2, out_channels // 8
        before_3, before_5 = 3 * out_channels // 8, max(1, out_channels // 16)
        down = nn.MaxPool2d(3, stride, padding=1)
        self.down = nn.Identity() if stride == 1 else down
        self.one = conv(in_channels, out_channels - half - 2 * eighth)
        self.three = nn.Sequential(conv(in_channels, before_3), conv(before_3, half, 3))
        self.five = nn.Sequential(conv(in_channels, before_5), conv(before_5, eighth, 5))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, padding=1), conv(in_channels, eighth))

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        x = self.down(x)
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)


if __name__ == "__main__":
    module = Inception(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""ConvNeXt block: a wide depthwise convolution, then a perceptron for each pixel.

Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: A ConvNet for the 2020s, CVPR 2022. What is added is
scaled by a learnt factor for each channel, 1e-6 at first.

The paper's block keeps the width and the size. Where what it replaces does not, a 1x1 convolution
with that width and stride comes first.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "convnext",
    "title": "A ConvNet for the 2020s",
    "authors": [
        "Zhuang Liu",
        "Hanzi Mao",
        "Chao-Yuan Wu",
        "Christoph Feichtenhofer",
        "Trevor Darrell",
        "Saining Xie",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2022,
    "key": "liu2022convnext",
    "bibtex": """@inproceedings{liu2022convnext,
  title     = {A {ConvNet} for the 2020s},
  author    = {Liu, Zhuang and Mao, Hanzi and Wu, Chao-Yuan and Feichtenhofer, Christoph and
               Darrell, Trevor and Xie, Saining},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {11976--11986},
  year      = {2022}
}""",
    "kind": "block",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = \mathbf{x} + \gamma \odot W_2\, \mathrm{GELU}\big(W_1\,
  \mathrm{LN}(\mathrm{DW}_{7\times7}(\mathbf{x}))\big)""",
    "symbols": {
        r"\mathrm{DW}": "depthwise convolution",
        r"\mathrm{LN}": "layer normalisation over the channels of a pixel",
        "W_1, W_2": "1x1 convolutions, C to 4C and 4C to C",
        r"\gamma": "learnt scale of each channel",
    },
    "params": "8*C**2 + 58*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class ConvNeXt(nn.Module):
    """Add to each pixel a perceptron of its neighbourhood.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        stride: Of the 1x1 convolution that comes first where the shapes differ.
        kernel_size: Of the depthwise convolution; odd.
        scale: What the learnt scale is at first.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        kernel_size: int = 7,
        scale: float = 1e-6,
    ) -> None:
        super().__init__()
        channels = out_channels
        same = in_channels == channels and stride == 1
        self.scale = nn.Parameter(torch.full((channels,), scale))
        self.enter = nn.Identity() if same else nn.Conv2d(in_channels, channels, 1, stride)
        self.depthwise = nn.Conv2d(
            channels, channels, kernel_size, padding=kernel_size // 2, groups=channels
        )
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        x = self.enter(x)
        seen = self.depthwise(x).permute(0, 2, 3, 1)  # [B, H, W, C]
        added = self.scale * self.mlp(self.norm(seen))
        y: Tensor = x + added.permute(0, 3, 1, 2)
        return y


if __name__ == "__main__":
    module = ConvNeXt(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Sub-pixel convolution: compute the pixels of each square as channels, then lay them out.

Shi et al.: Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
Convolutional Neural Network, CVPR 2016 (ESPCN), equation 4.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "pixelshuffle",
    "title": "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel "
    "Convolutional Neural Network",
    "authors": [
        "Wenzhe Shi",
        "Jose Caballero",
        "Ferenc Huszár",
        "Johannes Totz",
        "Andrew P. Aitken",
        "Rob Bishop",
        "Daniel Rueckert",
        "Zehan Wang",
    ],
    "venue": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2016,
    "key": "shi2016real",
    "bibtex": """@inproceedings{shi2016real,
  title     = {Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
               Convolutional Neural Network},
  author    = {Shi, Wenzhe and Caballero, Jose and Huszár, Ferenc and Totz, Johannes and
               Aitken, Andrew P. and Bishop, Rob and Rueckert, Daniel and Wang, Zehan},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {1874--1883},
  year      = {2016}
}""",
    "kind": "up",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{z} &= f^{3\times3}(\mathbf{x}), \\
y_c(2i + a,\, 2j + b) &= z_{4c + 2a + b}(i, j), \quad a, b \in \{0, 1\}
\end{aligned}""",
    "symbols": {r"f^{3\times3}": "convolution to 4C channels; channels and pixels counted from 0"},
    "params": "36*C**2 + 4*C",
    "needs": {},
    "components": {},
    "recommended": ["up.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class PixelShuffle(nn.Module):
    """Convolve to scale x scale times the channels, then turn those into pixels.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        scale: How much larger the output is.
        kernel_size: Of the convolution; odd.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, scale: int = 2, kernel_size: int = 3
    ) -> None:
        super().__init__()
        wide = out_channels * scale**2
        self.conv = nn.Conv2d(in_channels, wide, kernel_size, padding=kernel_size // 2)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, scale H, scale W] from x [B, C', H, W]."""
        return F.pixel_shuffle(self.conv(x), self.scale)


if __name__ == "__main__":
    module = PixelShuffle(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

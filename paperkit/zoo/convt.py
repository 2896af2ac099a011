"""Up-convolution: each pixel becomes a square, by a transposed convolution without overlap.

Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation,
MICCAI 2015. Kernel and stride are equal, 2 in the paper, which halves the channels on the way.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "convt",
    "title": "U-Net: Convolutional Networks for Biomedical Image Segmentation",
    "authors": ["Olaf Ronneberger", "Philipp Fischer", "Thomas Brox"],
    "venue": "Medical Image Computing and Computer-Assisted Intervention (MICCAI)",
    "year": 2015,
    "key": "ronneberger2015unet",
    "bibtex": """@inproceedings{ronneberger2015unet,
  title     = {{U-Net}: Convolutional Networks for Biomedical Image Segmentation},
  author    = {Ronneberger, Olaf and Fischer, Philipp and Brox, Thomas},
  booktitle = {Medical Image Computing and Computer-Assisted Intervention (MICCAI)},
  pages     = {234--241},
  year      = {2015}
}""",
    "kind": "up",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""y_d(2i + a,\, 2j + b) = \beta_d + \sum_c W_{cd}(a, b)\, x_c(i, j), \quad
a, b \in \{0, 1\}""",
    "symbols": {
        "W": "2x2 kernel for each input and output channel",
        r"\beta": "bias",
    },
    "params": "4*C**2 + C",
    "needs": {},
    "components": {},
    "recommended": ["up.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class ConvT(nn.Module):
    """Enlarge with a transposed convolution whose kernel is as large as its stride.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        scale: How much larger the output is.
    """

    def __init__(self, in_channels: int, out_channels: int, *, scale: int = 2) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(in_channels, out_channels, scale, stride=scale)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, scale H, scale W] from x [B, C', H, W]."""
        y: Tensor = self.conv(x)
        return y


if __name__ == "__main__":
    module = ConvT(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

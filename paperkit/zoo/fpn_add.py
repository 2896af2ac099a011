"""Feature pyramid: add a skip, brought to the width of the decoder by a 1x1 convolution.

Lin, Dollár, Girshick, He, Hariharan, Belongie: Feature Pyramid Networks for Object Detection,
CVPR 2017. This is one step of the top-down path, after x has been enlarged; the 3x3 convolution
that the paper puts before each prediction belongs to the outputs and is not part of it.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "fpn_add",
    "title": "Feature Pyramid Networks for Object Detection",
    "authors": [
        "Tsung-Yi Lin",
        "Piotr Dollár",
        "Ross Girshick",
        "Kaiming He",
        "Bharath Hariharan",
        "Serge Belongie",
    ],
    "venue": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2017,
    "key": "lin2017fpn",
    "bibtex": """@inproceedings{lin2017fpn,
  title     = {Feature Pyramid Networks for Object Detection},
  author    = {Lin, Tsung-Yi and Dollár, Piotr and Girshick, Ross and He, Kaiming and
               Hariharan, Bharath and Belongie, Serge},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {2117--2125},
  year      = {2017}
}""",
    "kind": "fusion",
    "arity": 2,
    "returns": "fused",
    "layout": "NCHW",
    "equation": r"\mathbf{y} = \mathbf{x} + W_l\, \mathbf{s}",
    "symbols": {
        r"\mathbf{x}": "decoder feature, enlarged to the size of the skip",
        r"\mathbf{s}": "skip",
        "W_l": "lateral 1x1 convolution to the channels of x",
    },
    "params": "C**2 + C",
    "needs": {},
    "components": {},
    "recommended": ["fuse.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class FPNAdd(nn.Module):
    """Add the skip to the decoder feature.

    Args:
        x_channels: C, the channels of the decoder feature x and of the output.
        skip_channels: Channels of the skip.
        lateral: Convolve the skip even where the widths are equal, as the paper does; without
            it, equal widths are plainly added, as in LinkNet.
    """

    def __init__(self, x_channels: int, skip_channels: int, *, lateral: bool = True) -> None:
        super().__init__()
        needed = lateral or x_channels != skip_channels
        self.lateral = nn.Conv2d(skip_channels, x_channels, 1) if needed else nn.Identity()

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return [B, C, H, W] from x [B, C, H, W] and skip [B, C', H, W]."""
        y: Tensor = x + self.lateral(skip)
        return y


if __name__ == "__main__":
    module = FPNAdd(64, 64)
    x, skip = torch.rand(2, 64, 32, 48), torch.rand(2, 64, 32, 48)
    print("inputs", tuple(x.shape), tuple(skip.shape))
    print("output", tuple(module(x, skip).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Partial convolution: convolve a quarter of the channels and leave the others as they are.

Chen, Kao, He, Zhuo, Wen, Lee, Chan: Run, Don't Walk: Chasing Higher FLOPS for Faster Neural
Networks, CVPR 2023 (FasterNet). (Not the partial convolution of inpainting.) In the paper, 1x1
convolutions follow, which mix the channels again.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "pconv",
    "title": "Run, Don't Walk: Chasing Higher FLOPS for Faster Neural Networks",
    "authors": [
        "Jierun Chen",
        "Shiu-hong Kao",
        "Hao He",
        "Weipeng Zhuo",
        "Song Wen",
        "Chul-Ho Lee",
        "S.-H. Gary Chan",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2023,
    "key": "chen2023run",
    "bibtex": """@inproceedings{chen2023run,
  title     = {Run, Don't Walk: Chasing Higher {FLOPS} for Faster Neural Networks},
  author    = {Chen, Jierun and Kao, Shiu-hong and He, Hao and Zhuo, Weipeng and Wen, Song and
               Lee, Chul-Ho and Chan, S.-H. Gary},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {12021--12031},
  year      = {2023}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = [W * \mathbf{x}_{1 \dots C/4};\; \mathbf{x}_{C/4+1 \dots C}]""",
    "symbols": {
        "W": "k x k convolution of C/4 channels",
    },
    "params": "9*(C//4)**2",
    "needs": {"min_channels": 4},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class PConv(nn.Module):
    """A convolution of the first channels only.

    The paper's operator keeps the width and the size. Where the convolution that it replaces does
    not, a 1x1 convolution with that width and stride comes first, as in a ResNet shortcut.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        kernel_size: Of the convolution; odd.
        stride: Of the convolution that is replaced.
        dilation: Of the convolution.
        divisor: C // divisor channels are convolved.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        divisor: int = 4,
    ) -> None:
        super().__init__()
        same = in_channels == out_channels and stride == 1
        self.enter = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1, stride)
        part = out_channels // divisor
        padding = dilation * (kernel_size - 1) // 2
        self.conv = nn.Conv2d(
            part, part, kernel_size, padding=padding, dilation=dilation, bias=False
        )
        self.parts = (part, out_channels - part)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        first, rest = self.enter(x).split(self.parts, dim=1)
        return torch.cat([self.conv(first), rest], dim=1)


if __name__ == "__main__":
    module = PConv(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

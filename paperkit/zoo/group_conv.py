"""Grouped convolution: the channels fall into groups that do not see each other.

Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional Neural Networks,
NeurIPS 2012 (AlexNet), where two groups ran on two GPUs. ResNeXt's 32 groups are splits=32.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "group_conv",
    "title": "ImageNet Classification with Deep Convolutional Neural Networks",
    "authors": ["Alex Krizhevsky", "Ilya Sutskever", "Geoffrey E. Hinton"],
    "venue": "Advances in Neural Information Processing Systems (NeurIPS)",
    "year": 2012,
    "key": "krizhevsky2012alexnet",
    "bibtex": """@inproceedings{krizhevsky2012alexnet,
  title     = {{ImageNet} Classification with Deep Convolutional Neural Networks},
  author    = {Krizhevsky, Alex and Sutskever, Ilya and Hinton, Geoffrey E.},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {25},
  pages     = {1097--1105},
  year      = {2012}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = [W_1 * \mathbf{x}_1;\; \dots;\; W_G * \mathbf{x}_G]""",
    "symbols": {
        "G": "the number of groups",
        r"\mathbf{x}_g": "channels of group g",
        "W_g": "C/G to C/G channels",
    },
    "params": "9*C**2/2 + C",
    "needs": {"divisible": "splits"},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class GroupConv(nn.Module):
    """A convolution in groups.

    Args:
        in_channels: Channels of the input; divisible by splits.
        out_channels: Channels of the output; divisible by splits.
        kernel_size: Of the convolution.
        stride: Of the convolution.
        padding: Of the convolution; as much as keeps the size if left out.
        dilation: Of the convolution.
        bias: Whether it adds a bias.
        splits: How many groups there are.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        padding: int | None = None,
        dilation: int = 1,
        bias: bool = True,
        splits: int = 2,
    ) -> None:
        super().__init__()
        if padding is None:
            padding = dilation * (kernel_size - 1) // 2
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, padding, dilation, splits, bias
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        y: Tensor = self.conv(x)
        return y


if __name__ == "__main__":
    module = GroupConv(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

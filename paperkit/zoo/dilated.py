"""Dilated convolution: the same kernel with gaps, so that it sees further at no cost.

Yu, Koltun: Multi-Scale Context Aggregation by Dilated Convolutions, ICLR 2016.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "dilated",
    "title": "Multi-Scale Context Aggregation by Dilated Convolutions",
    "authors": ["Fisher Yu", "Vladlen Koltun"],
    "venue": "International Conference on Learning Representations (ICLR)",
    "year": 2016,
    "key": "yu2016multiscale",
    "bibtex": """@inproceedings{yu2016multiscale,
  title     = {Multi-Scale Context Aggregation by Dilated Convolutions},
  author    = {Yu, Fisher and Koltun, Vladlen},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year      = {2016}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""(\mathbf{x} *_r \mathbf{k})(\mathbf{p}) =
  \sum_{\mathbf{s} + r \mathbf{t} = \mathbf{p}} \mathbf{x}(\mathbf{s})\, \mathbf{k}(\mathbf{t})""",
    "symbols": {
        "r": "the rate",
        r"\mathbf{s}, \mathbf{p}": "pixels",
        r"\mathbf{t}": "a place in the kernel",
    },
    "params": "9*C**2 + C",
    "needs": {},
    "components": {},
    "recommended": ["bottleneck", "encoder.4/conv[k=3]", "stage.4/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class Dilated(nn.Module):
    """A convolution whose kernel elements lie ``rate`` pixels apart, padded to keep the size.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Elements of the kernel along a side; odd.
        stride: Of the convolution.
        groups: Of the convolution.
        bias: Whether it adds a bias.
        rate: The dilation; 1 is the ordinary convolution.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        groups: int = 1,
        bias: bool = True,
        rate: int = 2,
    ) -> None:
        super().__init__()
        padding = rate * (kernel_size - 1) // 2
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, padding, rate, groups, bias
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        y: Tensor = self.conv(x)
        return y


if __name__ == "__main__":
    module = Dilated(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

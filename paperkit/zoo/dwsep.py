"""Depthwise separable convolution: first each channel alone in space, then all channels at a pixel.

Chollet: Xception: Deep Learning with Depthwise Separable Convolutions, CVPR 2017. As there, nothing
stands between the two; MobileNet (2017) puts batch normalisation and ReLU there.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "dwsep",
    "title": "Xception: Deep Learning with Depthwise Separable Convolutions",
    "authors": ["François Chollet"],
    "venue": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2017,
    "key": "chollet2017xception",
    "bibtex": """@inproceedings{chollet2017xception,
  title     = {{Xception}: Deep Learning with Depthwise Separable Convolutions},
  author    = {Chollet, François},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {1251--1258},
  year      = {2017}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\hat{\mathbf{x}}_c &= \mathbf{k}_c * \mathbf{x}_c, \\
\mathbf{y}_d &= \textstyle\sum_c w_{dc}\, \hat{\mathbf{x}}_c + b_d
\end{aligned}""",
    "symbols": {
        r"\mathbf{k}_c": "the k x k kernel of channel c",
        "w_{dc}, b_d": "1x1 convolution",
    },
    "params": "9*C + C**2 + C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class DwSep(nn.Module):
    """A k x k convolution per channel, then a 1x1 convolution.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Of the convolution per channel.
        stride: Of the convolution per channel.
        padding: Of the convolution per channel; as much as keeps the size if left out.
        dilation: Of the convolution per channel.
        bias: Whether the 1x1 convolution adds a bias.
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
    ) -> None:
        super().__init__()
        if padding is None:
            padding = dilation * (kernel_size - 1) // 2
        self.depthwise = nn.Conv2d(
            in_channels,
            in_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups=in_channels,
            bias=False,
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        y: Tensor = self.pointwise(self.depthwise(x))
        return y


if __name__ == "__main__":
    module = DwSep(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

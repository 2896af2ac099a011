"""Deformable convolution: every kernel element looks where a learnt offset sends it.

Dai, Qi, Xiong, Li, Zhang, Hu, Wei: Deformable Convolutional Networks, ICCV 2017. The offsets start
at zero, as in the paper, so that at first it is the convolution with the same weights.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "dcn",
    "title": "Deformable Convolutional Networks",
    "authors": [
        "Jifeng Dai",
        "Haozhi Qi",
        "Yuwen Xiong",
        "Yi Li",
        "Guodong Zhang",
        "Han Hu",
        "Yichen Wei",
    ],
    "venue": "IEEE International Conference on Computer Vision (ICCV)",
    "year": 2017,
    "key": "dai2017deformable",
    "bibtex": """@inproceedings{dai2017deformable,
  title     = {Deformable Convolutional Networks},
  author    = {Dai, Jifeng and Qi, Haozhi and Xiong, Yuwen and Li, Yi and Zhang, Guodong and
               Hu, Han and Wei, Yichen},
  booktitle = {IEEE International Conference on Computer Vision (ICCV)},
  pages     = {764--773},
  year      = {2017}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\{\Delta\mathbf{p}_k\} &= W_o * \mathbf{x}, \\
\mathbf{y}(\mathbf{p}) &= \textstyle\sum_k W_k\,
  \mathbf{x}(\mathbf{p} + \mathbf{p}_k + \Delta\mathbf{p}_k)
\end{aligned}""",
    "symbols": {
        r"\mathbf{p}_k": "the regular place of kernel element k",
        r"\Delta\mathbf{p}_k": "its offset at pixel p; between pixels, x is bilinear",
        "W_o": "convolution to 2 channels per element",
    },
    "params": "9*C**2 + C + 162*C + 18",
    "needs": {},
    "components": {},
    "recommended": ["encoder.4/conv[k=3]", "stage.3/conv[k=3]", "stage.4/conv[k=3]"],
    "variants": {},
    "source": "wraps torchvision.ops.DeformConv2d (BSD-3-Clause)",
    "licence": "MIT",
}


class DCN(nn.Module):
    """A convolution whose kernel elements move, by what a plain convolution sees.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Of both convolutions.
        stride: Of both convolutions.
        padding: Of both convolutions; as much as keeps the size if left out.
        dilation: Of both convolutions.
        groups: Of the deformable convolution.
        bias: Whether the deformable convolution adds a bias.
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
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        from torchvision.ops import DeformConv2d

        super().__init__()
        if padding is None:
            padding = dilation * (kernel_size - 1) // 2
        sampling = (kernel_size, stride, padding, dilation)
        self.conv = DeformConv2d(in_channels, out_channels, *sampling, groups, bias)
        self.offset = nn.Conv2d(in_channels, 2 * self.conv.weight[0, 0].numel(), *sampling)
        for parameter in self.offset.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        dtype = self.conv.weight.dtype  # the operator does not follow mixed precision
        offset = self.offset(x).to(dtype)
        y: Tensor = self.conv(x.to(dtype), offset)
        return y


if __name__ == "__main__":
    module = DCN(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Modulated deformable convolution: kernel elements move, and each counts as much as a mask says.

Zhu, Hu, Lin, Dai: Deformable ConvNets v2: More Deformable, Better Results, CVPR 2019. As in the
paper, offsets start at 0 and masks at sigmoid(0) = 0.5, so that at first it is half of the
convolution with the same weights (before the bias). The paper lets the layer of offsets and masks
learn at a tenth of the rate of the others.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "dcnv2",
    "title": "Deformable ConvNets v2: More Deformable, Better Results",
    "authors": ["Xizhou Zhu", "Han Hu", "Stephen Lin", "Jifeng Dai"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2019,
    "key": "zhu2019deformable",
    "bibtex": """@inproceedings{zhu2019deformable,
  title     = {Deformable {ConvNets} v2: More Deformable, Better Results},
  author    = {Zhu, Xizhou and Hu, Han and Lin, Stephen and Dai, Jifeng},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {9308--9316},
  year      = {2019}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\{\Delta\mathbf{p}_k, m_k\} &= W_o * \mathbf{x}, \\
\mathbf{y}(\mathbf{p}) &= \textstyle\sum_k W_k\,
  \mathbf{x}(\mathbf{p} + \mathbf{p}_k + \Delta\mathbf{p}_k)\, \sigma(m_k)
\end{aligned}""",
    "symbols": {
        r"\mathbf{p}_k": "the regular place of kernel element k",
        r"\Delta\mathbf{p}_k": "its offset at pixel p; between pixels, x is bilinear",
        "m_k": "its weight at pixel p",
        "W_o": "convolution to 3 channels per element",
        r"\sigma": "sigmoid",
    },
    "params": "9*C**2 + C + 243*C + 27",
    "needs": {},
    "components": {},
    "recommended": ["encoder.4/conv[k=3]", "stage.3/conv[k=3]", "stage.4/conv[k=3]"],
    "variants": {},
    "source": "wraps torchvision.ops.DeformConv2d (BSD-3-Clause)",
    "licence": "MIT",
}


class DCNv2(nn.Module):
    """A convolution whose kernel elements move and are weighed, by what a plain convolution sees.

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
        self.elements = self.conv.weight[0, 0].numel()
        self.move = nn.Conv2d(in_channels, 3 * self.elements, *sampling)
        for parameter in self.move.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        dtype = self.conv.weight.dtype  # the operator does not follow mixed precision
        both = self.move(x).to(dtype)
        offset, mask = both.split((2 * self.elements, self.elements), dim=1)
        y: Tensor = self.conv(x.to(dtype), offset, torch.sigmoid(mask))
        return y


if __name__ == "__main__":
    module = DCNv2(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

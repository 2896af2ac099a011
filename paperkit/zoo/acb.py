"""Asymmetric convolution block: a square kernel, strengthened along its row and its column.

Ding, Guo, Ding, Han: ACNet: Strengthening the Kernel Skeletons for Powerful CNN via Asymmetric
Convolution Blocks, ICCV 2019. It stands in for a convolution and the batch normalisation behind it.
After training, the three branches can be added up to a single convolution.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "acb",
    "title": "ACNet: Strengthening the Kernel Skeletons for Powerful CNN via Asymmetric "
    "Convolution Blocks",
    "authors": ["Xiaohan Ding", "Yuchen Guo", "Guiguang Ding", "Jungong Han"],
    "venue": "IEEE/CVF International Conference on Computer Vision (ICCV)",
    "year": 2019,
    "key": "ding2019acnet",
    "bibtex": """@inproceedings{ding2019acnet,
  title     = {{ACNet}: Strengthening the Kernel Skeletons for Powerful {CNN} via Asymmetric
               Convolution Blocks},
  author    = {Ding, Xiaohan and Guo, Yuchen and Ding, Guiguang and Han, Jungong},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  pages     = {1911--1920},
  year      = {2019}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{y} &= \mathrm{BN}(W_{k \times k} * \mathbf{x}) + \mathrm{BN}(W_{1 \times k} * \mathbf{x}) \\
  &\quad + \mathrm{BN}(W_{k \times 1} * \mathbf{x})
\end{aligned}""",
    "symbols": {
        "k": "the kernel size, 3",
        r"\mathrm{BN}": "a batch normalisation for each branch",
    },
    "params": "15*C**2 + 6*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class ACB(nn.Module):
    """A k x k, a 1 x k and a k x 1 convolution, each normalised, added.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: k; odd.
        stride: Of all branches.
        dilation: Of all branches.
        groups: Of all branches.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        sizes = [(kernel_size, kernel_size), (1, kernel_size), (kernel_size, 1)]
        self.branches = nn.ModuleList()
        for size in sizes:
            padding = (dilation * (size[0] // 2), dilation * (size[1] // 2))
            conv = nn.Conv2d(
                in_channels, out_channels, size, stride, padding, dilation, groups, bias=False
            )
            self.branches.append(nn.Sequential(conv, nn.BatchNorm2d(out_channels)))

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        square, row, column = self.branches
        y: Tensor = square(x) + row(x) + column(x)
        return y


if __name__ == "__main__":
    module = ACB(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

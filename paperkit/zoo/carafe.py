"""Content-aware reassembly: each new pixel is a weighted mean of 5x5 old ones, weights predicted.

Wang, Chen, Xu, Liu, Loy, Lin: CARAFE: Content-Aware ReAssembly of FEatures, ICCV 2019. The
features keep their channels; where others are wanted, a 1x1 convolution follows.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "carafe",
    "title": "CARAFE: Content-Aware ReAssembly of FEatures",
    "authors": [
        "Jiaqi Wang",
        "Kai Chen",
        "Rui Xu",
        "Ziwei Liu",
        "Chen Change Loy",
        "Dahua Lin",
    ],
    "venue": "IEEE/CVF International Conference on Computer Vision (ICCV)",
    "year": 2019,
    "key": "wang2019carafe",
    "bibtex": """@inproceedings{wang2019carafe,
  title     = {{CARAFE}: Content-Aware ReAssembly of {FE}atures},
  author    = {Wang, Jiaqi and Chen, Kai and Xu, Rui and Liu, Ziwei and Loy, Chen Change and
               Lin, Dahua},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  pages     = {3007--3016},
  year      = {2019}
}""",
    "kind": "up",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
W &= \mathrm{softmax}\big(\mathrm{PS}(f^{3\times3}(f^{1\times1}(\mathbf{x})))\big), \\
y_c(i, j) &= \sum_{n=-2}^{2} \sum_{m=-2}^{2} W_{nm}(i, j)\,
  x_c\big(\lfloor \tfrac{i}{2} \rfloor + n, \lfloor \tfrac{j}{2} \rfloor + m\big)
\end{aligned}""",
    "symbols": {
        r"f^{1\times1}, f^{3\times3}": "convolutions to 64 and to 4 x 25 channels",
        r"\mathrm{PS}": "pixel shuffle to twice the size and 25 channels",
        r"\mathrm{softmax}": "over the 25 channels of a pixel",
    },
    "params": "64*C + 57764",
    "needs": {},
    "components": {},
    "recommended": ["up.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class CARAFE(nn.Module):
    """Predict a kernel for each new pixel, and apply it to the old ones around.

    Args:
        in_channels: C', the channels of the input.
        out_channels: C, the channels of the output.
        scale: How much larger the output is.
        kernel_size: k, of the kernels that are predicted; odd.
        encoder_size: Of the convolution that predicts them; odd.
        middle: Channels of the input to that convolution.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        scale: int = 2,
        kernel_size: int = 5,
        encoder_size: int = 3,
        middle: int = 64,
    ) -> None:
        super().__init__()
        wide = (scale * kernel_size) ** 2
        self.compress = nn.Conv2d(in_channels, middle, kernel_size=1)
        self.encode = nn.Conv2d(middle, wide, encoder_size, padding=encoder_size // 2)
        same = in_channels == out_channels
        self.project = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1)
        self.scale, self.kernel_size = scale, kernel_size

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, scale H, scale W] from x [B, C', H, W]."""
        y: Tensor = self.project(self.reassemble(x, self.kernels(x)))
        return y

    def kernels(self, x: Tensor) -> Tensor:
        """Return the weights of each new pixel, [B, k k, scale H, scale W]; they sum to one."""
        return F.pixel_shuffle(self.encode(self.compress(x)), self.scale).softmax(dim=1)

    def reassemble(self, x: Tensor, kernels: Tensor) -> Tensor:
        """Return [B, C', scale H, scale W]; outside of x there are zeros."""
        (height, width), k, s = x.shape[2:], self.kernel_size, self.scale
        around = F.unfold(x, k, padding=k // 2).view(len(x), -1, k * k, height, width)
        kernels = kernels.view(len(x), k * k, height, s, width, s)
        y = torch.einsum("bcnhw,bnhiwj->bchiwj", around, kernels)
        return y.reshape(len(x), -1, s * height, s * width)


if __name__ == "__main__":
    module = CARAFE(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

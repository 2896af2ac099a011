"""Self-calibrated convolution: half of the channels are gated by a coarser view of themselves.

Liu, Hou, Cheng, Wang, Feng: Improving Convolutional Networks with Self-Calibrated Convolutions,
CVPR 2020. (Not the spatial and channel reconstruction convolution of CVPR 2023, which is called
SCConv, too: that one is scconv23.)

This is the whole operator of the paper's figure 2: the first half of the channels, X1, is
calibrated (K2, K3, K4), and the second half, X2, keeps its context through one plain convolution
(K1). The class SCConv of the authors' code is the first half alone.

The paper enlarges bilinearly and has four convolutions with as many parameters as the one that
they replace. The authors' code takes the nearest pixel and normalises the batch after each
convolution; variant="official" does that.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "scconv20",
    "title": "Improving Convolutional Networks With Self-Calibrated Convolutions",
    "authors": ["Jiang-Jiang Liu", "Qibin Hou", "Ming-Ming Cheng", "Changhu Wang", "Jiashi Feng"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2020,
    "key": "liu2020improving",
    "bibtex": """@inproceedings{liu2020improving,
  title     = {Improving Convolutional Networks With Self-Calibrated Convolutions},
  author    = {Liu, Jiang-Jiang and Hou, Qibin and Cheng, Ming-Ming and Wang, Changhu and
               Feng, Jiashi},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {10096--10105},
  year      = {2020}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
X_1' &= \mathrm{Up}\big(K_2 * \mathrm{avg}_{r \times r}(X_1)\big), \\
Y_1 &= K_4 * \big((K_3 * X_1) \odot \sigma(X_1 + X_1')\big), \\
Y_2 &= K_1 * X_2, \quad Y = [Y_1;\; Y_2]
\end{aligned}""",
    "symbols": {
        "X_1, X_2": "the halves of the channels",
        r"K_1 \dots K_4": "k x k convolutions of C/2 channels",
        r"\mathrm{avg}_{r \times r}": "average pooling with stride r = 4",
        r"\mathrm{Up}": "back to the size of X, bilinearly",
        r"\sigma": "sigmoid",
    },
    "params": "9*C**2",
    "needs": {"min_hw": 4, "divisible": 2},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {
        "paper": "bilinear, no normalisation",
        "official": "nearest pixel, batch normalisation after each convolution",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SCConv(nn.Module):
    """Calibrate the first half of the channels, convolve the second.

    Args:
        in_channels: Channels of the input; even.
        out_channels: Channels of the output; even.
        kernel_size: Of the four convolutions; odd.
        stride: Of the last convolution of each half (K4 and K1).
        dilation: Of the four convolutions.
        rate: r, the pooling of the coarser view; H and W are at least this.
        variant: "paper", or "official" for the authors' code.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        rate: int = 4,
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        padding = dilation * (kernel_size - 1) // 2
        half, out = in_channels // 2, out_channels // 2

        def conv(width: int, stride: int = 1) -> nn.Sequential:
            layer = nn.Conv2d(half, width, kernel_size, stride, padding, dilation, bias=False)
            normed = [nn.BatchNorm2d(width)] if variant == "official" else []
            return nn.Sequential(layer, *normed)

        self.plain = conv(out, stride)  # K1
        self.coarse = conv(half)  # K2
        self.fine = conv(half)  # K3
        self.last = conv(out, stride)  # K4
        self.rate = rate
        self.mode = "nearest" if variant == "official" else "bilinear"

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]; H, W >= rate."""
        first, second = x.chunk(2, dim=1)
        coarse = self.coarse(F.avg_pool2d(first, self.rate))
        context = F.interpolate(coarse, size=first.shape[2:], mode=self.mode)
        calibrated = self.fine(first) * torch.sigmoid(first + context)
        return torch.cat([self.last(calibrated), self.plain(second)], dim=1)


if __name__ == "__main__":
    module = SCConv(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

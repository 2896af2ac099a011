"""Receptive field block: the larger a branch's kernel, the farther apart its last samples.

Liu, Huang, Wang: Receptive Field Block Net for Accurate and Fast Object Detection, ECCV 2018,
the block RFB of figure 4a. The 5x5 convolution is two of 3x3, as the paper proposes. The widths
inside and the factor 0.1 are those of the authors' code; the paper does not give them. That code
dilates by (1, 2, 3) or (2, 3, 5) where the paper's figure has (1, 3, 5).
"""

import itertools

import torch
from torch import Tensor, nn

INFO = {
    "name": "rfb",
    "title": "Receptive Field Block Net for Accurate and Fast Object Detection",
    "authors": ["Songtao Liu", "Di Huang", "Yunhong Wang"],
    "venue": "European Conference on Computer Vision (ECCV)",
    "year": 2018,
    "key": "liu2018receptive",
    "bibtex": """@inproceedings{liu2018receptive,
  title     = {Receptive Field Block Net for Accurate and Fast Object Detection},
  author    = {Liu, Songtao and Huang, Di and Wang, Yunhong},
  booktitle = {European Conference on Computer Vision (ECCV)},
  pages     = {385--400},
  year      = {2018}
}""",
    "kind": "context",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{b}_1 &= d_{r_1}(\delta f_1(\mathbf{x})), \\
\mathbf{b}_2 &= d_{r_2}(\delta f_3(\delta f_1(\mathbf{x}))), \\
\mathbf{b}_3 &= d_{r_3}(\delta f_3(\delta f_3(\delta f_1(\mathbf{x})))), \\
\mathbf{y} &= \delta\big(f_1(\mathbf{x}) + \alpha f_1([\mathbf{b}_1; \mathbf{b}_2;
  \mathbf{b}_3])\big)
\end{aligned}""",
    "symbols": {
        "f_k": "k x k convolution and batch normalisation, each with its own weights",
        "d_r": "the same with a 3x3 convolution of dilation r",
        r"\delta": "ReLU",
        r"\alpha": "0.1",
    },
    "params": "C**2 + 10*C*i + 4*C + 126*i**2 + 28*i + 27*i*h + 2*h "
    "with i=max(1, C//8); h=3*max(1, i//2)",
    "needs": {},
    "components": {},
    "recommended": ["bottleneck", "skip.*"],
    "variants": {},
    "source": "written from the paper's figure, widths as in the authors' code (MIT); "
    "no code copied",
    "licence": "MIT",
}


def _conv(into: int, out: int, kernel_size: int, rate: int = 1) -> nn.Sequential:
    padding = rate * (kernel_size // 2)
    conv = nn.Conv2d(into, out, kernel_size, padding=padding, dilation=rate, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out))


def _branch(channels: int, widths: tuple[int, ...], rate: int) -> nn.Sequential:
    """A 1x1 convolution, 3x3 ones to the widths that follow, and a dilated one."""
    layers = [_conv(channels, widths[0], 1), nn.ReLU()]
    for into, out in itertools.pairwise(widths):
        layers += [_conv(into, out, 3), nn.ReLU()]
    return nn.Sequential(*layers, _conv(widths[-1], widths[-1], 3, rate))


class RFB(nn.Module):
    """Three branches of growing kernels and dilations, added to the input's projection.

    Args:
        channels: C of the input and of the output.
        rates: Dilations of the three branches.
        scale: What the branches are multiplied by before they are added.
    """

    def __init__(
        self,
        channels: int,
        *,
        rates: tuple[int, int, int] = (1, 3, 5),
        scale: float = 0.1,
    ) -> None:
        super().__init__()
        inner = max(1, channels // 8)
        widths = (2 * inner,), (inner, 2 * inner), (inner, 3 * max(1, inner // 2), 2 * inner)
        pairs = zip(widths, rates, strict=True)
        self.branches = nn.ModuleList(_branch(channels, width, rate) for width, rate in pairs)
        self.mix = _conv(6 * inner, channels, 1)
        self.shortcut = _conv(channels, channels, 1)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H, W] as x."""
        mixed = self.mix(torch.cat([branch(x) for branch in self.branches], dim=1))
        return torch.relu(self.shortcut(x) + self.scale * mixed)


if __name__ == "__main__":
    module = RFB(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

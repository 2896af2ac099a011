"""Inception depthwise convolution: a large kernel as a square, two bands and the identity.

Yu, Zhou, Yan, Wang: InceptionNeXt: When Inception Meets ConvNeXt, CVPR 2024. It stands in for a
large depthwise convolution (ConvNeXt's 7x7) and mixes no channels: in the place of a dense
convolution, a 1x1 convolution has to follow.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "inception_dw",
    "title": "InceptionNeXt: When Inception Meets ConvNeXt",
    "authors": ["Weihao Yu", "Pan Zhou", "Shuicheng Yan", "Xinchao Wang"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2024,
    "key": "yu2024inceptionnext",
    "bibtex": """@inproceedings{yu2024inceptionnext,
  title     = {{InceptionNeXt}: When {Inception} Meets {ConvNeXt}},
  author    = {Yu, Weihao and Zhou, Pan and Yan, Shuicheng and Wang, Xinchao},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {5672--5683},
  year      = {2024}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
[\mathbf{x}_0; \mathbf{x}_1; \mathbf{x}_2; \mathbf{x}_3] &= \mathbf{x}, \\
\mathbf{y} &= [\mathbf{x}_0;\, \mathrm{DW}_{3\times3}\mathbf{x}_1;\,
  \mathrm{DW}_{1\times11}\mathbf{x}_2;\,
  \mathrm{DW}_{11\times1}\mathbf{x}_3]
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}_1, \mathbf{x}_2, \mathbf{x}_3": "C/8 channels each",
        r"\mathbf{x}_0": "the others",
        r"\mathrm{DW}": "depthwise convolution",
    },
    "params": "34*(C//8)",
    "needs": {"min_channels": 8},
    "components": {},
    "recommended": ["stage.*/conv[k=7]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class InceptionDW(nn.Module):
    """Three depthwise convolutions of an eighth of the channels each; the others stay.

    The paper's operator keeps the width and the size. Where the convolution that it replaces does
    not, a 1x1 convolution with that width and stride comes first.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        kernel_size: Of the convolution that is replaced; the branches have sizes of their own.
        stride: Of the convolution that is replaced.
        groups: Of the convolution that is replaced; the branches are depthwise in any case.
        square: Side of the square kernel; odd.
        band: Length of the two bands; odd.
        ratio: Share of the channels in each branch.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 7,
        *,
        stride: int = 1,
        groups: int = 1,
        square: int = 3,
        band: int = 11,
        ratio: float = 0.125,
    ) -> None:
        super().__init__()
        del kernel_size, groups  # taken, so that any convolution can be replaced
        same = in_channels == out_channels and stride == 1
        self.enter = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1, stride)
        part = int(out_channels * ratio)
        self.parts = (out_channels - 3 * part, part, part, part)
        sizes = [(square, square), (1, band), (band, 1)]
        self.branches = nn.ModuleList(
            nn.Conv2d(part, part, size, padding=(size[0] // 2, size[1] // 2), groups=part)
            for size in sizes
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        rest, *taken = self.enter(x).split(self.parts, dim=1)
        return torch.cat(
            [rest, *(conv(t) for conv, t in zip(self.branches, taken, strict=True))], 1
        )


if __name__ == "__main__":
    module = InceptionDW(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Mixed depthwise convolution: small kernels for some channels, larger ones for others.

Tan, Le: MixConv: Mixed Depthwise Convolutional Kernels, BMVC 2019. It stands in for a depthwise
convolution and mixes no channels: in the place of a dense convolution, a 1x1 convolution has to
follow.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "mixconv",
    "title": "MixConv: Mixed Depthwise Convolutional Kernels",
    "authors": ["Mingxing Tan", "Quoc V. Le"],
    "venue": "British Machine Vision Conference (BMVC)",
    "year": 2019,
    "key": "tan2019mixconv",
    "bibtex": """@inproceedings{tan2019mixconv,
  title     = {{MixConv}: Mixed Depthwise Convolutional Kernels},
  author    = {Tan, Mingxing and Le, Quoc V.},
  booktitle = {British Machine Vision Conference (BMVC)},
  year      = {2019}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = \big[\mathrm{DW}_{k_1 \times k_1} \mathbf{x}_1;\; \dots;\;
  \mathrm{DW}_{k_g \times k_g} \mathbf{x}_g\big], \quad k_i = 2i + 1""",
    "symbols": {
        r"\mathbf{x}_i": "channels of group i, all groups alike",
        r"\mathrm{DW}": "depthwise convolution",
        "g": "the number of groups, 3",
    },
    "params": "9*(C - 2*h) + 25*h + 49*h + C with h=C//3",
    "needs": {"min_channels": 3},
    "components": {},
    "recommended": ["stage.*/conv[k=7]", "encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class MixConv(nn.Module):
    """Depthwise convolutions with kernels that grow by 2 from branch to branch.

    A depthwise convolution keeps the width: where the convolution that it replaces does not, a
    1x1 convolution to that width comes first.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        kernel_size: Of the first branch, 3 in the paper; odd.
        stride: Of all branches.
        dilation: Of all branches.
        groups: Of the convolution that is replaced; the branches are depthwise in any case.
        bias: Whether the branches add a bias.
        branches: How many there are; channels that are left over go to the first.
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
        bias: bool = True,
        branches: int = 3,
    ) -> None:
        super().__init__()
        del groups  # taken, so that a depthwise convolution can be replaced
        same = in_channels == out_channels
        self.enter = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1)
        part = out_channels // branches
        self.parts = [out_channels - part * (branches - 1)] + [part] * (branches - 1)
        self.branches = nn.ModuleList()
        for index, width in enumerate(self.parts):
            size = kernel_size + 2 * index
            padding = dilation * (size - 1) // 2
            self.branches.append(
                nn.Conv2d(width, width, size, stride, padding, dilation, groups=width, bias=bias)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        parts = self.enter(x).split(self.parts, dim=1)
        return torch.cat([conv(p) for conv, p in zip(self.branches, parts, strict=True)], dim=1)


if __name__ == "__main__":
    module = MixConv(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

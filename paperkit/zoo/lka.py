"""Large kernel attention: gate each value by what three cheap convolutions see of a wide area.

Guo, Lu, Liu, Cheng, Hu: Visual Attention Network, Computational Visual Media, 2023. A K x K
convolution is taken apart into a depthwise one, a depthwise one with holes and a 1x1 convolution.
The weights are not squashed: there is no sigmoid.
"""

from torch import Tensor, nn

INFO = {
    "name": "lka",
    "title": "Visual Attention Network",
    "authors": [
        "Meng-Hao Guo",
        "Cheng-Ze Lu",
        "Zheng-Ning Liu",
        "Ming-Ming Cheng",
        "Shi-Min Hu",
    ],
    "venue": "Computational Visual Media",
    "year": 2023,
    "key": "guo2023visual",
    "bibtex": """@article{guo2023visual,
  title   = {Visual Attention Network},
  author  = {Guo, Meng-Hao and Lu, Cheng-Ze and Liu, Zheng-Ning and Cheng, Ming-Ming and
             Hu, Shi-Min},
  journal = {Computational Visual Media},
  volume  = {9},
  number  = {4},
  pages   = {733--752},
  year    = {2023}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
A &= \mathrm{Conv}_{1\times1}\big(\mathrm{DW}_{7\times7}^{d=3}(
  \mathrm{DW}_{5\times5}(\mathbf{x}))\big), \\
\mathbf{y} &= A \odot \mathbf{x}
\end{aligned}""",
    "symbols": {
        r"\mathrm{DW}": "depthwise convolution",
        r"\mathrm{DW}^{d=3}": "depthwise convolution with dilation 3",
    },
    "params": "C**2 + 77*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class LKA(nn.Module):
    """Multiply the map by what a large kernel sees.

    Args:
        channels: C of the input and of the output.
        kernel_size: K, of the convolution that is taken apart; 21 in the paper.
        dilation: d; the parts are 2d - 1 and ceil(K / d) wide, which must be odd. Raises
            ValueError.
    """

    def __init__(self, channels: int, *, kernel_size: int = 21, dilation: int = 3) -> None:
        super().__init__()
        near, far = 2 * dilation - 1, -(-kernel_size // dilation)
        if far % 2 == 0:
            raise ValueError(
                f"kernel_size={kernel_size} with dilation={dilation} makes a kernel {far} wide, "
                "which has no middle; take another size"
            )
        self.near = nn.Conv2d(channels, channels, near, padding=near // 2, groups=channels)
        self.far = nn.Conv2d(
            channels,
            channels,
            far,
            padding=dilation * (far // 2),
            dilation=dilation,
            groups=channels,
        )
        self.point = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its attention, [B, C, H, W] as x."""
        y: Tensor = x * self.point(self.far(self.near(x)))
        return y


if __name__ == "__main__":
    import torch

    module = LKA(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

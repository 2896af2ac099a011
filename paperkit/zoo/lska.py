"""Large separable kernel attention: LKA with each depthwise kernel split into a row and a column.

Lau, Po, Rehman: Large Separable Kernel Attention: Rethinking the Large Kernel Attention Design in
CNN, Expert Systems with Applications, 2024. The dilation is 2 for kernels below 23 and 3 from
there on, as in the paper's table.
"""

from torch import Tensor, nn

INFO = {
    "name": "lska",
    "title": "Large Separable Kernel Attention: Rethinking the Large Kernel Attention Design in "
    "CNN",
    "authors": ["Kin Wai Lau", "Lai-Man Po", "Yasar Abbas Ur Rehman"],
    "venue": "Expert Systems with Applications",
    "year": 2024,
    "key": "lau2024large",
    "bibtex": """@article{lau2024large,
  title   = {Large Separable Kernel Attention: Rethinking the Large Kernel Attention Design in
             {CNN}},
  author  = {Lau, Kin Wai and Po, Lai-Man and Rehman, Yasar Abbas Ur},
  journal = {Expert Systems with Applications},
  volume  = {236},
  pages   = {121352},
  year    = {2024}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
Z &= \mathrm{DW}_{5\times1}\big(\mathrm{DW}_{1\times5}(\mathbf{x})\big), \\
A &= \mathrm{Conv}_{1\times1}\big(\mathrm{DW}_{7\times1}^{d=3}(
  \mathrm{DW}_{1\times7}^{d=3}(Z))\big), \\
\mathbf{y} &= A \odot \mathbf{x}
\end{aligned}""",
    "symbols": {
        r"\mathrm{DW}": "depthwise convolution",
        r"\mathrm{DW}^{d=3}": "depthwise convolution with dilation 3",
    },
    "params": "C**2 + 29*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


def _row_and_column(channels: int, size: int, dilation: int) -> nn.Sequential:
    """Return a depthwise convolution along the rows, then one along the columns."""
    pad = dilation * (size // 2)
    row = nn.Conv2d(
        channels, channels, (1, size), padding=(0, pad), dilation=(1, dilation), groups=channels
    )
    column = nn.Conv2d(
        channels, channels, (size, 1), padding=(pad, 0), dilation=(dilation, 1), groups=channels
    )
    return nn.Sequential(row, column)


class LSKA(nn.Module):
    """Multiply the map by what a large separable kernel sees.

    Args:
        channels: C of the input and of the output.
        kernel_size: K; the paper has 7, 11, 23, 35, 41 and 53. K // dilation must be odd.
            Raises ValueError.
    """

    def __init__(self, channels: int, *, kernel_size: int = 23) -> None:
        super().__init__()
        dilation = 2 if kernel_size < 23 else 3
        far = kernel_size // dilation
        if far % 2 == 0:
            raise ValueError(
                f"kernel_size={kernel_size} makes kernels {far} wide, which have no middle; "
                "take one of the paper's: 7, 11, 23, 35, 41, 53"
            )
        self.near = _row_and_column(channels, 2 * dilation - 1, 1)
        self.far = _row_and_column(channels, far, dilation)
        self.point = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its attention, [B, C, H, W] as x."""
        y: Tensor = x * self.point(self.far(self.near(x)))
        return y


if __name__ == "__main__":
    import torch

    module = LSKA(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

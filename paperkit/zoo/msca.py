"""Multi-scale convolutional attention: gate each value by strips of several lengths around it.

Guo et al.: SegNeXt: Rethinking Convolutional Attention Design for Semantic Segmentation,
NeurIPS 2022. The weights are not squashed: there is no sigmoid.
"""

from torch import Tensor, nn

INFO = {
    "name": "msca",
    "title": "SegNeXt: Rethinking Convolutional Attention Design for Semantic Segmentation",
    "authors": [
        "Meng-Hao Guo",
        "Cheng-Ze Lu",
        "Qibin Hou",
        "Zhengning Liu",
        "Ming-Ming Cheng",
        "Shi-Min Hu",
    ],
    "venue": "Advances in Neural Information Processing Systems (NeurIPS)",
    "year": 2022,
    "key": "guo2022segnext",
    "bibtex": """@inproceedings{guo2022segnext,
  title     = {{SegNeXt}: Rethinking Convolutional Attention Design for Semantic Segmentation},
  author    = {Guo, Meng-Hao and Lu, Cheng-Ze and Hou, Qibin and Liu, Zhengning and
               Cheng, Ming-Ming and Hu, Shi-Min},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {35},
  pages     = {1140--1156},
  year      = {2022}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
Z &= \mathrm{DW}_{5\times5}(\mathbf{x}), \quad S_0 = Z, \\
S_i &= \mathrm{DW}_{k_i\times1}\big(\mathrm{DW}_{1\times k_i}(Z)\big),
  \quad k_i = 7, 11, 21, \\
\mathbf{y} &= \mathrm{Conv}_{1\times1}\Big(\sum_{i=0}^{3} S_i\Big) \odot \mathbf{x}
\end{aligned}""",
    "symbols": {r"\mathrm{DW}": "depthwise convolution"},
    "params": "C**2 + 111*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class MSCA(nn.Module):
    """Multiply the map by what strips of several lengths see.

    Args:
        channels: C of the input and of the output.
        strips: The lengths of the strips; odd.
    """

    def __init__(self, channels: int, *, strips: tuple[int, ...] = (7, 11, 21)) -> None:
        super().__init__()
        self.near = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.strips = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, channels, (1, k), padding=(0, k // 2), groups=channels),
                nn.Conv2d(channels, channels, (k, 1), padding=(k // 2, 0), groups=channels),
            )
            for k in strips
        )
        self.point = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its attention, [B, C, H, W] as x."""
        near = self.near(x)
        seen = near
        for strip in self.strips:
            seen = seen + strip(near)
        y: Tensor = x * self.point(seen)
        return y


if __name__ == "__main__":
    import torch

    module = MSCA(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

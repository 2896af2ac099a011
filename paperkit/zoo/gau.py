"""Global attention upsample: weigh the channels of a skip by what the decoder sees as a whole.

Li, Xiong, An, Wang: Pyramid Attention Network for Semantic Segmentation, BMVC 2018. This is the
fusion, after x has been enlarged. The paper ends the weights with ReLU; gate="sigmoid" keeps them
below one, as segmentation_models_pytorch does.

The decoder's average passes through batch normalisation, so that training needs batches of two
images or more.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "gau",
    "title": "Pyramid Attention Network for Semantic Segmentation",
    "authors": ["Hanchao Li", "Pengfei Xiong", "Jie An", "Lingxue Wang"],
    "venue": "British Machine Vision Conference (BMVC)",
    "year": 2018,
    "key": "li2018pan",
    "bibtex": """@inproceedings{li2018pan,
  title     = {Pyramid Attention Network for Semantic Segmentation},
  author    = {Li, Hanchao and Xiong, Pengfei and An, Jie and Wang, Lingxue},
  booktitle = {British Machine Vision Conference (BMVC)},
  year      = {2018}
}""",
    "kind": "fusion",
    "arity": 2,
    "returns": "fused",
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{w} &= \delta\big(\mathrm{BN}(W\, \mathrm{avg}(\mathbf{x}))\big), \\
\mathbf{y} &= \mathbf{x} + \mathbf{w} \odot
  \delta\big(\mathrm{BN}(f^{3\times3}(\mathbf{s}))\big)
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}": "decoder feature, enlarged to the size of the skip",
        r"\mathbf{s}": "skip",
        "W": "1x1 convolution",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"f^{3\times3}": "convolution to the channels of x",
        r"\delta": "ReLU",
    },
    "params": "10*C**2 + 4*C",
    "needs": {"min_train_batch": 2},
    "components": {},
    "recommended": ["fuse.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class GAU(nn.Module):
    """Add the skip, weighed per channel by the decoder feature, to the decoder feature.

    Args:
        x_channels: C, the channels of the decoder feature x and of the output.
        skip_channels: Channels of the skip.
        gate: What ends the weights: "relu" as in the paper, or "sigmoid".
    """

    def __init__(
        self,
        x_channels: int,
        skip_channels: int,
        *,
        gate: Literal["relu", "sigmoid"] = "relu",
    ) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.Conv2d(x_channels, x_channels, kernel_size=1, bias=False),
            nn.BatchNorm2d(x_channels),
            nn.ReLU() if gate == "relu" else nn.Sigmoid(),
        )
        self.narrow = nn.Sequential(
            nn.Conv2d(skip_channels, x_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(x_channels),
            nn.ReLU(),
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return [B, C, H, W] from x [B, C, H, W] and skip [B, C', H, W]."""
        weight = self.weigh(x.mean(dim=(2, 3), keepdim=True))  # [B, C, 1, 1]
        y: Tensor = x + weight * self.narrow(skip)
        return y


if __name__ == "__main__":
    module = GAU(64, 64)
    x, skip = torch.rand(2, 64, 32, 48), torch.rand(2, 64, 32, 48)
    print("inputs", tuple(x.shape), tuple(skip.shape))
    print("output", tuple(module(x, skip).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

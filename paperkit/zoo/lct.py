"""Linear context transform: a gate per channel, from its average normalised within a group.

Ruan, Wen, Zheng, Zheng: Linear Context Transform Block, AAAI 2020. A group of one channel would
be normalised to zero; so with few channels there are fewer groups, of four channels or more.
"""

import math

import torch
from torch import Tensor, nn

INFO = {
    "name": "lct",
    "title": "Linear Context Transform Block",
    "authors": ["Dongsheng Ruan", "Jun Wen", "Nenggan Zheng", "Min Zheng"],
    "venue": "AAAI Conference on Artificial Intelligence",
    "year": 2020,
    "key": "ruan2020linear",
    "bibtex": """@article{ruan2020linear,
  title     = {Linear Context Transform Block},
  author    = {Ruan, Dongsheng and Wen, Jun and Zheng, Nenggan and Zheng, Min},
  journal   = {Proceedings of the AAAI Conference on Artificial Intelligence},
  volume    = {34},
  number    = {4},
  pages     = {5553--5560},
  doi       = {10.1609/aaai.v34i04.6007},
  year      = {2020}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{z} &= \mathrm{avg}(\mathbf{x}),\quad \hat{z}_c = (z_c - \mu_g) / \sigma_g, \\
\mathbf{y}_c &= \mathbf{x}_c\, S\big(w_c \hat{z}_c + b_c\big)
\end{aligned}""",
    "symbols": {
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\mu_g, \sigma_g": "mean and standard deviation over the group g of channel c",
        "w_c, b_c": "learnt per channel",
        "S": "sigmoid",
    },
    "params": "2*C",
    "needs": {"divisible": 4},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class LCT(nn.Module):
    """Gate each channel by how its average compares with those of its group.

    Args:
        channels: C of the input and of the output; divisible by 4.
        groups: At most; there are gcd(groups, C // 4).
    """

    def __init__(self, channels: int, *, groups: int = 16) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(math.gcd(groups, channels // 4), channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        mean = x.mean(dim=(2, 3), keepdim=True)
        return x * torch.sigmoid(self.norm(mean))


if __name__ == "__main__":
    module = LCT(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Channel attention by comparison: each channel takes from all channels that resemble it.

Fu, Liu, Tian, Li, Bao, Fang, Lu: Dual Attention Network for Scene Segmentation, CVPR 2019; the
other half of DANet is pam. Starts as the identity. The published code subtracts each product from
the largest of its row, so that the least alike channels weigh most; the paper does not.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "cam",
    "title": "Dual Attention Network for Scene Segmentation",
    "authors": [
        "Jun Fu",
        "Jing Liu",
        "Haijie Tian",
        "Yong Li",
        "Yongjun Bao",
        "Zhiwei Fang",
        "Hanqing Lu",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2019,
    "key": "fu2019dual",
    "bibtex": """@inproceedings{fu2019dual,
  title     = {Dual Attention Network for Scene Segmentation},
  author    = {Fu, Jun and Liu, Jing and Tian, Haijie and Li, Yong and Bao, Yongjun and
               Fang, Zhiwei and Lu, Hanqing},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {3146--3154},
  year      = {2019}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
s_{ji} &= \frac{\exp(\mathbf{x}_i \cdot \mathbf{x}_j)}
  {\sum_i \exp(\mathbf{x}_i \cdot \mathbf{x}_j)}, \\
\mathbf{y}_j &= \mathbf{x}_j + \beta \textstyle\sum_i s_{ji} \mathbf{x}_i
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}_i": "channel i, all its pixels",
        r"\beta": "learnt, 0 at the start",
    },
    "params": "1",
    "needs": {},
    "components": {},
    "recommended": ["bottleneck", "encoder.-1"],
    "variants": {
        "paper": "alike channels weigh most",
        "official": "unlike channels weigh most: the products change their sign",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class CAM(nn.Module):
    """Add to each channel the sum of all channels, weighed by their products with it.

    Args:
        channels: C of the input and of the output; any.
        variant: "official" weighs by the negative products.
    """

    def __init__(self, channels: int, *, variant: Literal["paper", "official"] = "paper") -> None:
        super().__init__()
        self.channels = channels
        self.sign = -1 if variant == "official" else 1
        self.beta = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus beta times the attended channels, [B, C, H, W] as x."""
        flat = x.flatten(2)  # [B, C, H W]
        share = torch.softmax(self.sign * (flat @ flat.transpose(1, 2)), dim=2)  # [B, C, C]
        return x + self.beta * (share @ flat).reshape(x.shape)


if __name__ == "__main__":
    module = CAM(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

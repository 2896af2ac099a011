"""Position attention: each pixel takes what it needs from all pixels that resemble it.

Fu, Liu, Tian, Li, Bao, Fang, Lu: Dual Attention Network for Scene Segmentation, CVPR 2019; the
other half of DANet is cam. Starts as the identity. The attention has (H W)^2 entries: meant for
small maps.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "pam",
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
s_{ji} &= \frac{\exp(W_q \mathbf{x}_j \cdot W_k \mathbf{x}_i)}
  {\sum_i \exp(W_q \mathbf{x}_j \cdot W_k \mathbf{x}_i)}, \\
\mathbf{y}_j &= \mathbf{x}_j + \alpha \textstyle\sum_i s_{ji} W_v \mathbf{x}_i
\end{aligned}""",
    "symbols": {
        "W_q, W_k": "1x1 convolutions to C/8 channels",
        "W_v": "1x1 convolution to C channels",
        r"\mathbf{x}_i": "pixel i",
        r"\alpha": "learnt, 0 at the start",
    },
    "params": "2*(C*r + r) + C**2 + C + 1 with r=max(1, C//8)",
    "needs": {},
    "components": {},
    "recommended": ["bottleneck", "encoder.-1"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class PAM(nn.Module):
    """Add to each pixel the values of all pixels, weighed by how alike they are.

    Args:
        channels: C of the input and of the output.
        reduction: Pixels are compared in max(1, C // reduction) channels.
    """

    def __init__(self, channels: int, *, reduction: int = 8) -> None:
        super().__init__()
        compared = max(1, channels // reduction)
        self.query = nn.Conv2d(channels, compared, kernel_size=1)
        self.key = nn.Conv2d(channels, compared, kernel_size=1)
        self.value = nn.Conv2d(channels, channels, kernel_size=1)
        self.alpha = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus alpha times the attended values, [B, C, H, W] as x."""
        query, key, value = (
            layer(x).flatten(2).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )  # [B, H W, channels]
        share = torch.softmax(query @ key.transpose(1, 2), dim=2)  # [B, H W, H W]
        attended: Tensor = (share @ value).transpose(1, 2).reshape(x.shape)
        return x + self.alpha * attended


if __name__ == "__main__":
    module = PAM(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

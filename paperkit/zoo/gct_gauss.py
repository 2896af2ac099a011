"""Gaussian context transformer: channels whose average is unusual are damped, without learning.

Ruan, Wang, Zheng, Zheng, Zheng: Gaussian Context Transformer, CVPR 2021. GCT-B0, the default, has
no parameter; GCT-B1 learns the width of the Gaussian. (Not the gated channel transformation of
CVPR 2020, which is called GCT, too.) Widespread copies compute exp(-c z^2 / 2) for the paper's
exp(-z^2 / (2 c^2)): at c = 2 their exponent is 8 times as large.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "gct_gauss",
    "title": "Gaussian Context Transformer",
    "authors": [
        "Dongsheng Ruan",
        "Daiyin Wang",
        "Yuan Zheng",
        "Nenggan Zheng",
        "Min Zheng",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2021,
    "key": "ruan2021gaussian",
    "bibtex": """@inproceedings{ruan2021gaussian,
  title     = {Gaussian Context Transformer},
  author    = {Ruan, Dongsheng and Wang, Daiyin and Zheng, Yuan and Zheng, Nenggan and
               Zheng, Min},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {15129--15138},
  year      = {2021}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{z} &= \mathrm{avg}(\mathbf{x}),\quad
  \hat{z}_c = \frac{z_c - \mu(\mathbf{z})}{\sigma(\mathbf{z}) + \epsilon}, \\
\mathbf{y}_c &= \mathbf{x}_c \exp\Big({-\frac{\hat{z}_c^2}{2 w^2}}\Big)
\end{aligned}""",
    "symbols": {
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\mu, \sigma": "mean and standard deviation over the channels",
        "w": "the width of the Gaussian, 2",
        r"\epsilon": "a small constant",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class GaussianContextTransformer(nn.Module):
    """Gate each channel by a Gaussian of how far its average is from those of the others.

    Args:
        channels: C of the input and of the output.
        width: The standard deviation of the Gaussian where it is fixed (GCT-B0).
        learnt: Learn the width within 1 to 4 instead, as 3 sigmoid(theta) + 1 (GCT-B1).
        eps: Added to the standard deviation of the averages.
    """

    def __init__(
        self, channels: int, *, width: float = 2.0, learnt: bool = False, eps: float = 1e-5
    ) -> None:
        super().__init__()
        self.channels = channels
        self.width = width
        self.theta = nn.Parameter(torch.zeros(1)) if learnt else None
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, which lies in (0, 1], [B, C, H, W] as x."""
        mean = x.mean(dim=(2, 3), keepdim=True)
        off = mean - mean.mean(dim=1, keepdim=True)
        deviation = off.square().mean(dim=1, keepdim=True).sqrt()
        width = self.width if self.theta is None else 3 * torch.sigmoid(self.theta) + 1
        return x * torch.exp(-((off / (deviation + self.eps)) ** 2) / (2 * width**2))


if __name__ == "__main__":
    module = GaussianContextTransformer(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Gated channel transformation: channels compete or help one another by their norms.

Yang, Zhu, Wu, Yang: Gated Channel Transformation for Visual Recognition, CVPR 2020. Starts as the
identity, because both weights of the gate start at zero. (Not the Gaussian context transformer
of CVPR 2021, which is called GCT, too.)
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "gct_gated",
    "title": "Gated Channel Transformation for Visual Recognition",
    "authors": ["Zongxin Yang", "Linchao Zhu", "Yu Wu", "Yi Yang"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2020,
    "key": "yang2020gated",
    "bibtex": """@inproceedings{yang2020gated,
  title     = {Gated Channel Transformation for Visual Recognition},
  author    = {Yang, Zongxin and Zhu, Linchao and Wu, Yu and Yang, Yi},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {11794--11803},
  year      = {2020}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
s_c &= \alpha_c \sqrt{\textstyle\sum_{i,j} x_c(i, j)^2 + \epsilon},\quad
  \hat{s}_c = \frac{\sqrt{C}\, s_c}{\sqrt{\sum_k s_k^2 + \epsilon}}, \\
\mathbf{y}_c &= \mathbf{x}_c \big(1 + \tanh(\gamma_c \hat{s}_c + \beta_c)\big)
\end{aligned}""",
    "symbols": {
        r"\alpha, \gamma, \beta": "learnt per channel; 1, 0 and 0 at the start",
        r"\epsilon": "a small constant",
    },
    "params": "3*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*.block.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class GatedChannelTransformation(nn.Module):
    """Scale each channel by how its norm compares with those of all channels.

    Args:
        channels: C of the input and of the output.
        eps: Added to both sums of squares.
    """

    def __init__(self, channels: int, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(channels, 1, 1))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, which lies in (0, 2), [B, C, H, W] as x."""
        norm = x.square().sum(dim=(2, 3), keepdim=True).add(self.eps).sqrt()
        embedded = self.alpha * norm  # [B, C, 1, 1]
        total = embedded.square().sum(dim=1, keepdim=True).add(self.eps).sqrt()
        relative = x.shape[1] ** 0.5 * embedded / total
        return x * (1 + torch.tanh(self.gamma * relative + self.beta))


if __name__ == "__main__":
    module = GatedChannelTransformation(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

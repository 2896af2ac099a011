"""Style-based recalibration: a gate per channel, from its own average and standard deviation.

Lee, Kim, Nam: SRM: A Style-based Recalibration Module for Convolutional Neural Networks, ICCV
2019. The deviation is that of the paper's equation 2, divided by HW (not HW - 1).
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "srm",
    "title": "SRM: A Style-based Recalibration Module for Convolutional Neural Networks",
    "authors": ["HyunJae Lee", "Hyo-Eun Kim", "Hyeonseob Nam"],
    "venue": "IEEE/CVF International Conference on Computer Vision (ICCV)",
    "year": 2019,
    "key": "lee2019srm",
    "bibtex": """@inproceedings{lee2019srm,
  title     = {{SRM}: A Style-based Recalibration Module for Convolutional Neural Networks},
  author    = {Lee, HyunJae and Kim, Hyo-Eun and Nam, Hyeonseob},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  pages     = {1854--1862},
  year      = {2019}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
z_c &= \mathbf{w}_c \cdot [\mu(\mathbf{x}_c);\, \sigma(\mathbf{x}_c)], \\
\mathbf{y}_c &= \mathbf{x}_c\, S\big(\mathrm{BN}(z_c)\big)
\end{aligned}""",
    "symbols": {
        r"\mu, \sigma": "mean and standard deviation over the pixels",
        r"\mathbf{w}_c": "two weights per channel",
        "S": "sigmoid",
    },
    "params": "4*C",
    "needs": {"min_train_batch": 2},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SRM(nn.Module):
    """Gate each channel by its own style: mean and standard deviation, weighed and normalised.

    Args:
        channels: C of the input and of the output.
        eps: Added to the variance, so that a constant channel has a gradient.
    """

    def __init__(self, channels: int, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.integrate = nn.Conv1d(channels, channels, kernel_size=2, groups=channels, bias=False)
        self.norm = nn.BatchNorm1d(channels)
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        mean = x.mean(dim=(2, 3))
        deviation = (x.var(dim=(2, 3), correction=0) + self.eps).sqrt()
        style = torch.stack([mean, deviation], dim=2)  # [B, C, 2]
        gate = torch.sigmoid(self.norm(self.integrate(style)))
        return x * gate.unsqueeze(3)


if __name__ == "__main__":
    module = SRM(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

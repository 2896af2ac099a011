"""Squeeze-and-excitation: a gate per channel, from the average of all channels.

Hu, Shen, Sun: Squeeze-and-Excitation Networks, CVPR 2018.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "se",
    "title": "Squeeze-and-Excitation Networks",
    "authors": ["Jie Hu", "Li Shen", "Gang Sun"],
    "venue": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2018,
    "key": "hu2018squeeze",
    "bibtex": """@inproceedings{hu2018squeeze,
  title     = {Squeeze-and-Excitation Networks},
  author    = {Hu, Jie and Shen, Li and Sun, Gang},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {7132--7141},
  year      = {2018}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
z_c &= \frac{1}{HW} \sum_{i,j} x_c(i, j), \\
\mathbf{y} &= \mathbf{x} \odot \sigma\big(W_2\, \delta(W_1 \mathbf{z})\big)
\end{aligned}""",
    "symbols": {
        "W_1, W_2": "fully connected layers, C to r and r to C",
        r"\delta": "ReLU",
        r"\sigma": "sigmoid",
    },
    "params": "2*C*r + r + C with r=max(1, C//16)",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SE(nn.Module):
    """Gate each channel by what all channels are on average.

    Args:
        channels: C of the input and of the output.
        reduction: The layer between has max(1, C // reduction) channels.
    """

    def __init__(self, channels: int, *, reduction: int = 16) -> None:
        super().__init__()
        squeezed = max(1, channels // reduction)
        self.squeeze = nn.Conv2d(channels, squeezed, kernel_size=1)
        self.excite = nn.Conv2d(squeezed, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        mean = x.mean(dim=(2, 3), keepdim=True)  # [B, C, 1, 1]
        return x * torch.sigmoid(self.excite(torch.relu(self.squeeze(mean))))


if __name__ == "__main__":
    module = SE(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

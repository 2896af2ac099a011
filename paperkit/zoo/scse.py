"""Concurrent squeeze-and-excitation: a gate per channel plus a gate per pixel.

Roy, Navab, Wachinger: Concurrent Spatial and Channel Squeeze & Excitation in Fully Convolutional
Networks, MICCAI 2018. The paper halves the channels in between; segmentation_models_pytorch
divides them by 16, which is reduction=16 here.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "scse",
    "title": "Concurrent Spatial and Channel `Squeeze & Excitation' in Fully Convolutional "
    "Networks",
    "authors": ["Abhijit Guha Roy", "Nassir Navab", "Christian Wachinger"],
    "venue": "Medical Image Computing and Computer Assisted Intervention (MICCAI)",
    "year": 2018,
    "key": "roy2018concurrent",
    "bibtex": r"""@inproceedings{roy2018concurrent,
  title     = {Concurrent Spatial and Channel `Squeeze \& Excitation' in Fully Convolutional
               Networks},
  author    = {Roy, Abhijit Guha and Navab, Nassir and Wachinger, Christian},
  booktitle = {Medical Image Computing and Computer Assisted Intervention (MICCAI)},
  pages     = {421--429},
  year      = {2018}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{y}_{c} &= \mathbf{x} \odot \sigma\big(W_2\, \delta(W_1\, \mathrm{avg}(\mathbf{x}))\big), \\
\mathbf{y} &= \mathbf{y}_{c} + \mathbf{x} \odot \sigma(W_{sq} * \mathbf{x})
\end{aligned}""",
    "symbols": {
        "W_1, W_2": "fully connected layers, C to r and r to C",
        "W_{sq}": "1x1 convolution to one channel",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\delta": "ReLU",
        r"\sigma": "sigmoid",
    },
    "params": "2*C*r + r + 2*C + 1 with r=max(1, C//2)",
    "needs": {},
    "components": {},
    "recommended": ["decoder.*", "encoder.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SCSE(nn.Module):
    """Add what a gate per channel and what a gate per pixel let pass.

    Args:
        channels: C of the input and of the output.
        reduction: The layer between has max(1, C // reduction) channels.
    """

    def __init__(self, channels: int, *, reduction: int = 2) -> None:
        super().__init__()
        squeezed = max(1, channels // reduction)
        self.squeeze = nn.Conv2d(channels, squeezed, kernel_size=1)
        self.excite = nn.Conv2d(squeezed, channels, kernel_size=1)
        self.spatial = nn.Conv2d(channels, 1, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of x gated per channel and x gated per pixel, [B, C, H, W] as x."""
        mean = x.mean(dim=(2, 3), keepdim=True)  # [B, C, 1, 1]
        channel = torch.sigmoid(self.excite(torch.relu(self.squeeze(mean))))
        return x * channel + x * torch.sigmoid(self.spatial(x))


if __name__ == "__main__":
    module = SCSE(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Feature fusion module: concatenate and convolve, then add what a channel gate lets pass.

Yu, Wang, Peng, Gao, Yu, Sang: BiSeNet: Bilateral Segmentation Network for Real-time Semantic
Segmentation, ECCV 2018, figure 2c. The paper says neither the size of the first convolution nor
how far the gate is squeezed; here they are 1x1 and not at all (reduction=1).
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "ffm",
    "title": "BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation",
    "authors": [
        "Changqian Yu",
        "Jingbo Wang",
        "Chao Peng",
        "Changxin Gao",
        "Gang Yu",
        "Nong Sang",
    ],
    "venue": "European Conference on Computer Vision (ECCV)",
    "year": 2018,
    "key": "yu2018bisenet",
    "bibtex": """@inproceedings{yu2018bisenet,
  title     = {{BiSeNet}: Bilateral Segmentation Network for Real-time Semantic Segmentation},
  author    = {Yu, Changqian and Wang, Jingbo and Peng, Chao and Gao, Changxin and Yu, Gang and
               Sang, Nong},
  booktitle = {European Conference on Computer Vision (ECCV)},
  pages     = {325--341},
  year      = {2018}
}""",
    "kind": "fusion",
    "arity": 2,
    "returns": "fused",
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{f} &= \delta\big(\mathrm{BN}(W [\mathbf{s}; \mathbf{x}])\big), \\
\mathbf{y} &= \mathbf{f} + \mathbf{f} \odot
  \sigma\big(W_2\, \delta(W_1\, \mathrm{avg}(\mathbf{f}))\big)
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}, \mathbf{s}": "decoder feature and skip",
        "W": "1x1 convolution to C channels",
        "W_1, W_2": "1x1 convolutions, C to r and r to C",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\delta": "ReLU",
        r"\sigma": "sigmoid",
    },
    "params": "4*C**2 + 2*C",
    "needs": {},
    "components": {},
    "recommended": ["fuse.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class FFM(nn.Module):
    """Fuse a decoder feature and a skip into one feature as wide as the skip.

    Args:
        x_channels: Channels of the decoder feature x.
        skip_channels: C, the channels of the skip and of the output.
        reduction: The gate has max(1, C // reduction) channels inside.
    """

    def __init__(self, x_channels: int, skip_channels: int, *, reduction: int = 1) -> None:
        super().__init__()
        channels, middle = skip_channels, max(1, skip_channels // reduction)
        self.mix = nn.Sequential(
            nn.Conv2d(skip_channels + x_channels, channels, kernel_size=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )
        self.squeeze = nn.Conv2d(channels, middle, kernel_size=1, bias=False)
        self.excite = nn.Conv2d(middle, channels, kernel_size=1, bias=False)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return [B, C, H, W] from x [B, C', H, W] and skip [B, C, H, W]."""
        mixed: Tensor = self.mix(torch.cat([skip, x], dim=1))
        mean = mixed.mean(dim=(2, 3), keepdim=True)  # [B, C, 1, 1]
        return mixed + mixed * torch.sigmoid(self.excite(torch.relu(self.squeeze(mean))))


if __name__ == "__main__":
    module = FFM(64, 64)
    x, skip = torch.rand(2, 64, 32, 48), torch.rand(2, 64, 32, 48)
    print("inputs", tuple(x.shape), tuple(skip.shape))
    print("output", tuple(module(x, skip).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Attentional feature fusion: mix a skip and a decoder feature by the attention of their sum.

Dai, Gieseke, Oehmcke, Wu, Barnard: Attentional Feature Fusion, WACV 2021. The weights of the two
inputs sum to one. The authors' code doubles the result; variant="official" does that.

The image's average passes through batch normalisation, so that training needs batches of two
images or more.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "aff",
    "title": "Attentional Feature Fusion",
    "authors": [
        "Yimian Dai",
        "Fabian Gieseke",
        "Stefan Oehmcke",
        "Yiquan Wu",
        "Kobus Barnard",
    ],
    "venue": "IEEE/CVF Winter Conference on Applications of Computer Vision (WACV)",
    "year": 2021,
    "key": "dai2021attentional",
    "bibtex": """@inproceedings{dai2021attentional,
  title     = {Attentional Feature Fusion},
  author    = {Dai, Yimian and Gieseke, Fabian and Oehmcke, Stefan and Wu, Yiquan and
               Barnard, Kobus},
  booktitle = {IEEE/CVF Winter Conference on Applications of Computer Vision (WACV)},
  pages     = {3560--3569},
  year      = {2021}
}""",
    "kind": "fusion",
    "arity": 2,
    "returns": "fused",
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
M(\mathbf{u}) &= \sigma\big(L(\mathbf{u}) + G(\mathrm{avg}(\mathbf{u}))\big), \\
L(\mathbf{u}) &= \mathrm{BN}\big(W_2\, \delta(\mathrm{BN}(W_1 \mathbf{u}))\big), \\
\mathbf{y} &= M(\mathbf{x} + \mathbf{s}) \odot \mathbf{x}
  + \big(1 - M(\mathbf{x} + \mathbf{s})\big) \odot \mathbf{s}
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}, \mathbf{s}": "decoder feature and skip",
        "L, G": "local and global context: equal structure, own weights",
        "W_1, W_2": "1x1 convolutions, C to d and d to C",
        r"\delta": "ReLU",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\sigma": "sigmoid",
    },
    "params": "4*C*d + 6*d + 6*C with d=max(1, C//4)",
    "needs": {"min_train_batch": 2},
    "components": {},
    "recommended": ["fuse.*"],
    "variants": {
        "paper": "the weights sum to one",
        "official": "twice that, as in the authors' code",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


def _context(channels: int, middle: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, middle, kernel_size=1),
        nn.BatchNorm2d(middle),
        nn.ReLU(),
        nn.Conv2d(middle, channels, kernel_size=1),
        nn.BatchNorm2d(channels),
    )


class AFF(nn.Module):
    """Fuse a decoder feature and a skip into one feature as wide as the skip.

    Args:
        x_channels: Channels of x; where they differ from C, a 1x1 convolution brings x to C.
        skip_channels: C, the channels of the skip and of the output.
        reduction: The layers between have max(1, C // reduction) channels.
        variant: "paper", or "official" for the authors' code.
    """

    def __init__(
        self,
        x_channels: int,
        skip_channels: int,
        *,
        reduction: int = 4,
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        channels, middle = skip_channels, max(1, skip_channels // reduction)
        same = x_channels == channels
        self.align = nn.Identity() if same else nn.Conv2d(x_channels, channels, 1)
        self.local_context = _context(channels, middle)
        self.global_context = _context(channels, middle)
        self.factor = 2 if variant == "official" else 1

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return [B, C, H, W] from x [B, C', H, W] and skip [B, C, H, W]."""
        x = self.align(x)
        both = x + skip
        mean = both.mean(dim=(2, 3), keepdim=True)  # [B, C, 1, 1]
        share = torch.sigmoid(self.local_context(both) + self.global_context(mean))
        return self.factor * (share * x + (1 - share) * skip)


if __name__ == "__main__":
    module = AFF(64, 64)
    x, skip = torch.rand(2, 64, 32, 48), torch.rand(2, 64, 32, 48)
    print("inputs", tuple(x.shape), tuple(skip.shape))
    print("output", tuple(module(x, skip).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

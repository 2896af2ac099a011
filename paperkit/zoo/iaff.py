"""Iterative attentional feature fusion: fuse twice; the first result says how to mix the second.

Dai, Gieseke, Oehmcke, Wu, Barnard: Attentional Feature Fusion, WACV 2021. AFF takes the sum of its
inputs to decide on their weights; here a first attention mixes them instead.

The authors' code computes the second attention with the global context of the first, so that a
quarter of its parameters is never used; variant="official" does that, and keeps them.

The image's average passes through batch normalisation, so that training needs batches of two
images or more.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "iaff",
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
M_i(\mathbf{u}) &= \sigma\big(L_i(\mathbf{u}) + G_i(\mathrm{avg}(\mathbf{u}))\big), \\
L_i(\mathbf{u}) &= \mathrm{BN}\big(W_{2i}\, \delta(\mathrm{BN}(W_{1i} \mathbf{u}))\big), \\
\mathbf{u} &= M_1(\mathbf{x} + \mathbf{s}) \odot \mathbf{x}
  + \big(1 - M_1(\mathbf{x} + \mathbf{s})\big) \odot \mathbf{s}, \\
\mathbf{y} &= M_2(\mathbf{u}) \odot \mathbf{x} + \big(1 - M_2(\mathbf{u})\big) \odot \mathbf{s}
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}, \mathbf{s}": "decoder feature and skip",
        "L_i, G_i": "local and global context: equal structure, own weights",
        "W_{1i}, W_{2i}": "1x1 convolutions, C to d and d to C",
        r"\delta": "ReLU",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\sigma": "sigmoid",
    },
    "params": "2*(4*C*d + 6*d + 6*C) with d=max(1, C//4)",
    "needs": {"min_train_batch": 2},
    "components": {},
    "recommended": ["fuse.*"],
    "variants": {
        "paper": "each attention has its own global context",
        "official": "the second attention uses the global context of the first, as in the "
        "authors' code; a quarter of the parameters is idle",
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


class IAFF(nn.Module):
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
        self.local_context = nn.ModuleList(_context(channels, middle) for _ in range(2))
        self.global_context = nn.ModuleList(_context(channels, middle) for _ in range(2))
        self.second = 0 if variant == "official" else 1

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return [B, C, H, W] from x [B, C', H, W] and skip [B, C, H, W]."""
        x = self.align(x)
        share = self.share(x + skip, 0, 0)
        first = share * x + (1 - share) * skip
        share = self.share(first, 1, self.second)
        return share * x + (1 - share) * skip

    def share(self, mixed: Tensor, near: int, far: int) -> Tensor:
        """Return the weight of x, [B, C, H, W] in (0, 1), with these two contexts."""
        mean = mixed.mean(dim=(2, 3), keepdim=True)  # [B, C, 1, 1]
        return torch.sigmoid(self.local_context[near](mixed) + self.global_context[far](mean))


if __name__ == "__main__":
    module = IAFF(64, 64)
    x, skip = torch.rand(2, 64, 32, 48), torch.rand(2, 64, 32, 48)
    print("inputs", tuple(x.shape), tuple(skip.shape))
    print("output", tuple(module(x, skip).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

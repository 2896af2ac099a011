"""The first file of a module of one's own, by kind: it works, and is there to be edited."""

__all__ = ["FIRST"]

ATTENTION = '''"""TODO: the idea in one sentence."""

import torch
from torch import Tensor, nn

INFO = {{
    "name": "{name}",
    "own": True,  # your own work: the paper cites nobody for it
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"\\mathbf{{y}} = \\mathbf{{x}} \\odot \\sigma(W \\mathbf{{x}})",
    "symbols": {{"W": "1x1 convolution", r"\\sigma": "sigmoid"}},
    "params": "C**2 + C",
    "needs": {{}},
    "components": {{}},
    "recommended": ["encoder.*"],
}}


class {cls}(nn.Module):
    """Gate each value by what all channels of its pixel say.

    Args:
        channels: C of the input and of the output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        return x * torch.sigmoid(self.weigh(x))
'''
FUSION = '''"""TODO: the idea in one sentence."""

import torch
from torch import Tensor, nn

INFO = {{
    "name": "{name}",
    "own": True,  # your own work: the paper cites nobody for it
    "kind": "fusion",
    "arity": 2,
    "returns": "fused",
    "layout": "NCHW",
    "equation": r"y = W_x x + s \\odot \\sigma(W_s s)",
    "symbols": {{r"W_x, W_s": "1x1 convolutions", "s": "skip", r"\\sigma": "sigmoid"}},
    "params": "2*C**2 + 2*C",
    "needs": {{}},
    "components": {{}},
    "recommended": ["fuse.*"],
}}


class {cls}(nn.Module):
    """Add a decoder feature and a gated skip.

    Args:
        channels: Channels of the decoder feature x.
        skip_channels: C, the channels of the skip and of the output.
    """

    def __init__(self, channels: int, skip_channels: int) -> None:
        super().__init__()
        self.align = nn.Conv2d(channels, skip_channels, kernel_size=1)
        self.weigh = nn.Conv2d(skip_channels, skip_channels, kernel_size=1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return [B, C, H, W] from x [B, C', H, W] and skip [B, C, H, W]."""
        gated = skip * torch.sigmoid(self.weigh(skip))
        y: Tensor = self.align(x) + gated
        return y
'''
LOSS = '''"""TODO: the idea in one sentence."""

import torch.nn.functional as F
from torch import Tensor, nn

INFO = {{
    "name": "{name}",
    "own": True,  # your own work: the paper cites nobody for it
    "kind": "loss",
    "noun": "{noun}",  # what sentences and tables of the paper call it
    "tasks": ["segmentation", "classification"],
    "arity": 2,
    "layout": "NCHW",
    "equation": r"\\mathcal{{L}} = \\frac{{1}}{{N}} \\sum_{{i, k}} (p_{{ik}} - g_{{ik}})^2",
    "symbols": {{
        "p_{{ik}}": "softmax probability of class k at pixel i",
        "g_{{ik}}": "1 where the truth of pixel i is class k, else 0",
        "N": "number of pixels that are not ignored",
    }},
    "params": "0",
    "needs": {{}},
    "components": {{}},
    "recommended": [],
}}


class {cls}(nn.Module):
    """The squared error of the probabilities, summed over classes, mean over pixels.

    A class that the batch lacks counts where it is predicted. With all pixels ignored it is zero.

    Args:
        ignore_index: Pixels with this class in the truth count nowhere.
    """

    def __init__(self, *, ignore_index: int = -100) -> None:
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return a scalar from logits [B, K, ...] and classes int64 [B, ...]."""
        valid = target != self.ignore_index
        p = logits.softmax(dim=1).movedim(1, -1)[valid]  # [N, K]
        g = F.one_hot(target[valid], logits.shape[1])
        return (p - g).square().sum() / max(1, len(p))
'''
FIRST = {"attention": ATTENTION, "fusion": FUSION, "loss": LOSS}

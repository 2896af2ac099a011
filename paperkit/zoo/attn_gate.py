"""Attention gate: let the decoder say which pixels of a skip may pass.

Oktay et al.: Attention U-Net: Learning Where to Look for the Pancreas, MIDL 2018. This is the
two-dimensional form at equal resolutions that U-Nets use, with batch normalisation after each
1x1 convolution.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "attn_gate",
    "title": "Attention U-Net: Learning Where to Look for the Pancreas",
    "authors": [
        "Ozan Oktay",
        "Jo Schlemper",
        "Loic Le Folgoc",
        "Matthew Lee",
        "Mattias Heinrich",
        "Kazunari Misawa",
        "Kensaku Mori",
        "Steven McDonagh",
        "Nils Y Hammerla",
        "Bernhard Kainz",
        "Ben Glocker",
        "Daniel Rueckert",
    ],
    "venue": "Medical Imaging with Deep Learning (MIDL)",
    "year": 2018,
    "key": "oktay2018attention",
    "bibtex": """@inproceedings{oktay2018attention,
  title     = {Attention {U-Net}: Learning Where to Look for the Pancreas},
  author    = {Oktay, Ozan and Schlemper, Jo and Le Folgoc, Loic and Lee, Matthew and
               Heinrich, Mattias and Misawa, Kazunari and Mori, Kensaku and
               McDonagh, Steven and Hammerla, Nils Y. and Kainz, Bernhard and
               Glocker, Ben and Rueckert, Daniel},
  booktitle = {Medical Imaging with Deep Learning (MIDL)},
  year      = {2018}
}""",
    "kind": "fusion",
    "arity": 2,
    "returns": "skip",
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{q} &= \delta\big(\mathrm{BN}(W_g \mathbf{x}) + \mathrm{BN}(W_s \mathbf{s})\big), \\
\mathbf{y} &= \mathbf{s} \odot \sigma\big(\mathrm{BN}(\psi^\top \mathbf{q})\big)
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}": "decoder feature, the gating signal",
        r"\mathbf{s}": "skip",
        r"W_g, W_s, \psi": "1x1 convolutions to f, f and 1 channels",
        r"\delta": "ReLU",
        r"\sigma": "sigmoid",
    },
    "params": "2*(C*f + 3*f) + f + 3 with f=max(1, C//2)",
    "needs": {},
    "components": {},
    "recommended": ["fuse.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class AttnGate(nn.Module):
    """Gate the pixels of a skip by the decoder feature that it is going to meet.

    Args:
        x_channels: Channels of the decoder feature x.
        skip_channels: C, the channels of the skip and of the output.
        reduction: x and skip are compared in max(1, C // reduction) channels.
    """

    def __init__(self, x_channels: int, skip_channels: int, *, reduction: int = 2) -> None:
        super().__init__()
        middle = max(1, skip_channels // reduction)
        self.from_x = nn.Sequential(nn.Conv2d(x_channels, middle, 1), nn.BatchNorm2d(middle))
        self.from_skip = nn.Sequential(nn.Conv2d(skip_channels, middle, 1), nn.BatchNorm2d(middle))
        self.gate = nn.Sequential(nn.Conv2d(middle, 1, 1), nn.BatchNorm2d(1))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return the gated skip [B, C, H, W], from x [B, C', H, W] and skip [B, C, H, W]."""
        agree = torch.relu(self.from_x(x) + self.from_skip(skip))
        return skip * torch.sigmoid(self.gate(agree))


if __name__ == "__main__":
    module = AttnGate(64, 64)
    x, skip = torch.rand(2, 64, 32, 48), torch.rand(2, 64, 32, 48)
    print("inputs", tuple(x.shape), tuple(skip.shape))
    print("output", tuple(module(x, skip).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

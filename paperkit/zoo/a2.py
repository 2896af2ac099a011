"""Double attention: gather a few descriptors from all pixels, hand each pixel those it needs.

Chen, Kalantidis, Li, Yan, Feng: A^2-Nets: Double Attention Networks, NeurIPS 2018. The layer for
the first softmax has no bias, which that softmax over the pixels would take out again.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "a2",
    "title": "$A^2$-Nets: Double Attention Networks",
    "authors": [
        "Yunpeng Chen",
        "Yannis Kalantidis",
        "Jianshu Li",
        "Shuicheng Yan",
        "Jiashi Feng",
    ],
    "venue": "Advances in Neural Information Processing Systems (NeurIPS)",
    "year": 2018,
    "key": "chen2018double",
    "bibtex": """@inproceedings{chen2018double,
  title     = {{$A^2$-Nets}: Double Attention Networks},
  author    = {Chen, Yunpeng and Kalantidis, Yannis and Li, Jianshu and Yan, Shuicheng and
               Feng, Jiashi},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {31},
  pages     = {352--361},
  year      = {2018}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
G &= W_\phi \mathbf{x} \;\mathrm{softmax}_{hw}(W_\theta \mathbf{x})^\top, \\
\mathbf{y} &= \mathbf{x} + W_z\, G \;\mathrm{softmax}_{n}(W_\rho \mathbf{x})
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}": "C rows of H W pixels",
        r"W_\phi": "1x1 convolution to m channels",
        r"W_\theta, W_\rho": "1x1 convolutions to n channels",
        "W_z": "1x1 convolution back to C channels",
        r"\mathrm{softmax}_{hw}": "over the pixels",
        r"\mathrm{softmax}_{n}": "over the n descriptors",
    },
    "params": "4*C*m + 2*m + C with m=max(2, C//4)",
    "needs": {},
    "components": {},
    "recommended": ["bottleneck", "encoder.-1", "encoder.-2"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class DoubleAttention(nn.Module):
    """Add to each pixel a mixture of descriptors that were pooled from all pixels.

    Args:
        channels: C of the input and of the output.
        reduction: m, the width of a descriptor, and n, their number, are max(2, C // reduction).
    """

    def __init__(self, channels: int, *, reduction: int = 4) -> None:
        super().__init__()
        inner = max(2, channels // reduction)
        self.phi = nn.Conv2d(channels, inner, kernel_size=1)
        self.theta = nn.Conv2d(channels, inner, kernel_size=1, bias=False)
        self.rho = nn.Conv2d(channels, inner, kernel_size=1)
        self.widen = nn.Conv2d(inner, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus what each pixel is handed, [B, C, H, W] as x."""
        where = torch.softmax(self.theta(x).flatten(2), dim=2)  # [B, n, H W]
        which = torch.softmax(self.rho(x).flatten(2), dim=1)  # [B, n, H W]
        descriptors = self.phi(x).flatten(2) @ where.transpose(1, 2)  # [B, m, n]
        handed: Tensor = self.widen((descriptors @ which).unflatten(2, x.shape[2:]))
        return x + handed


if __name__ == "__main__":
    module = DoubleAttention(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

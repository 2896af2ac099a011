"""External attention: pixels attend to a small memory that is learnt from the whole data set.

Guo, Liu, Mu, Hu: Beyond Self-Attention: External Attention Using Two Linear Layers for Visual
Tasks, IEEE TPAMI, 2023. This is the attention itself, equations 5 and 6, with the paper's double
normalisation. The authors' network puts it between two 1x1 convolutions with a shortcut.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "external",
    "title": "Beyond Self-Attention: External Attention Using Two Linear Layers for Visual Tasks",
    "authors": ["Meng-Hao Guo", "Zheng-Ning Liu", "Tai-Jiang Mu", "Shi-Min Hu"],
    "venue": "IEEE Transactions on Pattern Analysis and Machine Intelligence",
    "year": 2023,
    "key": "guo2023beyond",
    "bibtex": """@article{guo2023beyond,
  title   = {Beyond Self-Attention: External Attention Using Two Linear Layers for Visual Tasks},
  author  = {Guo, Meng-Hao and Liu, Zheng-Ning and Mu, Tai-Jiang and Hu, Shi-Min},
  journal = {IEEE Transactions on Pattern Analysis and Machine Intelligence},
  volume  = {45},
  number  = {5},
  pages   = {5436--5447},
  year    = {2023}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\tilde{\alpha} &= X M_k^\top, \quad
\hat{\alpha}_{ij} = \frac{\exp(\tilde{\alpha}_{ij})}{\sum_k \exp(\tilde{\alpha}_{kj})}, \\
\alpha_{ij} &= \frac{\hat{\alpha}_{ij}}{\sum_k \hat{\alpha}_{ik}}, \quad
Y = \alpha M_v
\end{aligned}""",
    "symbols": {
        "X": "the pixels, HW rows of C values",
        "M_k, M_v": "memories of S rows of C values, learnt",
    },
    "params": "128*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class External(nn.Module):
    """Read a memory that all images share.

    Args:
        channels: C of the input and of the output.
        memory: S, the number of rows of the memories; 64 in the paper.
    """

    def __init__(self, channels: int, *, memory: int = 64) -> None:
        super().__init__()
        self.keys = nn.Linear(channels, memory, bias=False)
        self.values = nn.Linear(memory, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the pixels read, [B, C, H, W] as x."""
        tokens = x.flatten(2).transpose(1, 2)  # [B, N, C]
        over_pixels = torch.log_softmax(self.keys(tokens), dim=1)
        weight = torch.softmax(over_pixels, dim=2)  # divides by the sum over the memory
        y: Tensor = self.values(weight).transpose(1, 2).unflatten(2, x.shape[2:])
        return y


if __name__ == "__main__":
    module = External(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Frequency channel attention: squeeze-and-excitation with more frequencies than the average.

Qin, Zhang, Wu, Li: FcaNet: Frequency Channel Attention Networks, ICCV 2021. The channels are split
into groups, and each group is squeezed by one coefficient of a discrete cosine transform (DCT) in
place of the average, which is the coefficient (0, 0). The map is first averaged to 7 x 7, as the
published code does for sizes that it was not built for; so every size of map works.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "fca",
    "title": "FcaNet: Frequency Channel Attention Networks",
    "authors": ["Zequn Qin", "Pengyi Zhang", "Fei Wu", "Xi Li"],
    "venue": "IEEE/CVF International Conference on Computer Vision (ICCV)",
    "year": 2021,
    "key": "qin2021fcanet",
    "bibtex": """@inproceedings{qin2021fcanet,
  title     = {{FcaNet}: Frequency Channel Attention Networks},
  author    = {Qin, Zequn and Zhang, Pengyi and Wu, Fei and Li, Xi},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  pages     = {783--792},
  year      = {2021}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
z_c &= \mathrm{DCT}^{u_c, v_c}\big(\mathrm{avg}_{7 \times 7}(\mathbf{x}_c)\big), \\
\mathbf{y} &= \mathbf{x} \odot \sigma\big(W_2\, \delta(W_1 \mathbf{z})\big)
\end{aligned}""",
    "symbols": {
        r"\mathrm{DCT}^{u, v}": "coefficient (u, v) of the orthonormal DCT",
        "u_c, v_c": "the frequency of the group that channel c belongs to",
        r"\mathrm{avg}_{7 \times 7}": "adaptive average pooling",
        "W_1, W_2": "fully connected layers without bias, C to r and r to C",
        r"\delta": "ReLU",
        r"\sigma": "sigmoid",
    },
    "params": "2*C*r with r=max(1, C//16)",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}

SIZE = 7

# Best first, as the paper's two-step selection ranks them one at a time on ImageNet.
RANKED = (
    *((0, 0), (0, 1), (6, 0), (0, 5), (0, 2), (1, 0), (1, 2), (4, 0)),
    *((5, 0), (1, 6), (3, 0), (0, 4), (0, 6), (0, 3), (3, 5), (2, 2)),
)


def lowest(count: int) -> tuple[tuple[int, int], ...]:
    """Return the count lowest frequencies (u, v) of 7 x 7, diagonal by diagonal."""
    every = [(u, v) for u in range(SIZE) for v in range(SIZE)]
    return tuple(sorted(every, key=lambda pair: (sum(pair), pair))[:count])


def basis(u: int, v: int) -> Tensor:
    """Return the 7 x 7 weights of the orthonormal DCT-II's coefficient (u, v)."""
    place = torch.arange(SIZE, dtype=torch.float64) + 0.5
    rows, columns = (
        torch.cos(math.pi * k * place / SIZE) * math.sqrt((2 if k else 1) / SIZE) for k in (u, v)
    )
    return torch.outer(rows, columns).float()


class FCA(nn.Module):
    """Gate each channel by one frequency of each channel.

    Args:
        channels: C of the input and of the output.
        reduction: The layer between has max(1, C // reduction) channels.
        frequencies: How many; at most 16, and as many of these as divide C: gcd(C, frequencies).
        select: "top" takes the best of the paper's two-step selection, "low" the lowest.
    """

    weight: Tensor

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 16,
        frequencies: int = 16,
        select: Literal["top", "low"] = "top",
    ) -> None:
        super().__init__()
        groups = math.gcd(channels, min(frequencies, len(RANKED)))
        pairs = RANKED[:groups] if select == "top" else lowest(groups)
        weight = torch.stack([basis(u, v) for u, v in pairs])
        weight = weight.repeat_interleave(channels // groups, dim=0)  # [C, 7, 7]
        self.register_buffer("weight", weight, persistent=False)
        squeezed = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, squeezed, bias=False)
        self.excite = nn.Linear(squeezed, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        spectrum = (F.adaptive_avg_pool2d(x, SIZE) * self.weight).sum(dim=(2, 3))  # [B, C]
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(spectrum))))
        return x * gate[:, :, None, None]


if __name__ == "__main__":
    module = FCA(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

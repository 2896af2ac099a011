"""Mamba block: a recurrence over the pixels whose memory is set by what it reads.

Gu, Dao: Mamba: Linear-Time Sequence Modeling with Selective State Spaces, COLM 2024. The pixels of
the map, row by row, are the sequence; as published, each sees only those before it.

scan="cross" reads the map in four ways, by rows and by columns, forwards and backwards, and adds
what they give: the 2-D selective scan of the first block of VMamba (Liu et al., NeurIPS 2024). As
there, the convolution before is 3x3, and a layer normalisation follows.

The paper holds the input between two steps, for A and for B. The authors' code does so for A, and
for B takes the first term of that; variant="official" does that. The recurrence is written out in
plain torch, so it takes a step for each pixel: it is meant for the small maps deep in a network.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "mamba",
    "title": "Mamba: Linear-Time Sequence Modeling with Selective State Spaces",
    "authors": ["Albert Gu", "Tri Dao"],
    "venue": "Conference on Language Modeling (COLM)",
    "year": 2024,
    "key": "gu2024mamba",
    "bibtex": """@inproceedings{gu2024mamba,
  title     = {Mamba: Linear-Time Sequence Modeling with Selective State Spaces},
  author    = {Gu, Albert and Dao, Tri},
  booktitle = {First Conference on Language Modeling},
  year      = {2024}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
U &= \mathrm{SiLU}\big(f(X W_u)\big), \\
Y &= \big(\mathrm{SSM}(U) \odot \mathrm{SiLU}(X W_z)\big) W_o, \\
\Delta_t &= \ln\big(1 + \exp(W_\Delta \mathbf{u}_t + b)\big),
  \quad B_t = W_B \mathbf{u}_t, \\
\bar{A}_t &= \exp(\Delta_t A), \quad
  \bar{B}_t = A^{-1} (\bar{A}_t - I)\, B_t, \\
\mathbf{h}_t &= \bar{A}_t \mathbf{h}_{t-1} + \bar{B}_t \mathbf{u}_t, \\
\mathbf{s}_t &= (W_C \mathbf{u}_t) \mathbf{h}_t + D \odot \mathbf{u}_t
\end{aligned}""",
    "symbols": {
        "X": "the pixels row by row, HW rows of C values",
        "W_u, W_z, W_o": "linear layers, C to E, C to E and E to C, E = 2C",
        "f": "causal depthwise convolution of 4 pixels",
        r"\mathbf{s}_t": "row t of SSM(U); each channel has its own A and 16 states",
        r"W_\Delta": "linear, E to C/16 to E",
        "W_B, W_C": "linear layers, E to 16",
        "A, D": "learnt; A is diagonal and negative",
    },
    "params": "6*C**2 + 4*C*r + 110*C with r=(C + 15)//16",
    "needs": {},
    "components": {},
    "recommended": ["bottleneck", "encoder.3"],
    "variants": {
        "paper": "B is discretised by a zero-order hold",
        "official": "B times the step, as in the authors' code",
    },
    "also": {
        "scan=cross": {
            "key": "liu2024vmamba",
            "bibtex": """@inproceedings{liu2024vmamba,
  title     = {{VMamba}: Visual State Space Model},
  author    = {Liu, Yue and Tian, Yunjie and Zhao, Yuzhong and Yu, Hongtian and Xie, Lingxi and
               Wang, Yaowei and Ye, Qixiang and Jiao, Jianbin and Liu, Yunfan},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2024}
}""",
        }
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}

Variant = Literal["paper", "official"]

# (by columns, backwards)
WAYS = {
    "raster": ((False, False),),
    "cross": ((False, False), (True, False), (False, True), (True, True)),
}


def _first_steps(width: int) -> Tensor:
    """Draw steps between 0.001 and 0.1, log-uniformly; return the biases that softplus makes so."""
    low, high = math.log(0.001), math.log(0.1)
    step = torch.exp(low + (high - low) * torch.rand(width))
    return step + torch.log(-torch.expm1(-step))


class SelectiveScan(nn.Module):
    """The state space model: a recurrence for each channel, with N states.

    Args:
        width: E, the channels of the sequence.
        state: N, the states of each channel.
        rank: The steps come through a layer this wide.
        variant: How B is discretised.
    """

    def __init__(self, width: int, state: int, rank: int, variant: Variant) -> None:
        super().__init__()
        self.parts, self.variant = (rank, state, state), variant
        self.select = nn.Linear(width, sum(self.parts), bias=False)
        self.step = nn.Linear(rank, width)
        nn.init.uniform_(self.step.weight, -(rank**-0.5), rank**-0.5)
        with torch.no_grad():
            self.step.bias.copy_(_first_steps(width))
        self.log_decay = nn.Parameter(torch.arange(1.0, state + 1).log().repeat(width, 1))
        self.skip = nn.Parameter(torch.ones(width))

    def forward(self, u: Tensor) -> Tensor:
        """Return the outputs of the recurrence, [B, L, E] as u."""
        low, b, c = self.select(u).split(self.parts, dim=2)
        step = F.softplus(self.step(low)).unsqueeze(3)  # [B, L, E, 1]
        a = -torch.exp(self.log_decay)  # [E, N]
        kept = torch.exp(step * a)
        gain = step if self.variant == "official" else torch.expm1(step * a) / a
        entering = gain * b.unsqueeze(2) * u.unsqueeze(3)  # [B, L, E, N]
        states = self.recur(kept, entering)
        y: Tensor = (states * c.unsqueeze(2)).sum(dim=3) + self.skip * u
        return y

    def recur(self, kept: Tensor, entering: Tensor) -> Tensor:
        """Return the states h_t = kept_t h_{t-1} + entering_t, all [B, L, E, N]."""
        state, states = torch.zeros_like(entering[:, 0]), []
        for keep, enter in zip(kept.unbind(1), entering.unbind(1), strict=True):
            state = keep * state + enter
            states.append(state)
        return torch.stack(states, dim=1)


class Mamba(nn.Module):
    """Read the map pixel by pixel, remember what matters, and gate the result by the input.

    Args:
        channels: C of the input and of the output.
        state: N, the states of each channel.
        expansion: The sequence has expansion * C channels.
        scan: "raster" as published, or "cross" for VMamba's four ways.
        variant: "paper", or "official" for the authors' code.
    """

    def __init__(
        self,
        channels: int,
        *,
        state: int = 16,
        expansion: int = 2,
        scan: Literal["raster", "cross"] = "raster",
        variant: Variant = "paper",
    ) -> None:
        super().__init__()
        width, rank = expansion * channels, math.ceil(channels / 16)
        self.enter = nn.Linear(channels, 2 * width, bias=False)
        self.conv: nn.Module
        if scan == "raster":
            self.conv = nn.Conv1d(width, width, 4, padding=3, groups=width)
        else:
            self.conv = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.ways = WAYS[scan]
        self.scans = nn.ModuleList(SelectiveScan(width, state, rank, variant) for _ in self.ways)
        self.norm = nn.LayerNorm(width) if scan == "cross" else nn.Identity()
        self.leave = nn.Linear(width, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the pixels have read, [B, C, H, W] as x."""
        sequence, gate = self.enter(x.permute(0, 2, 3, 1)).chunk(2, dim=3)  # [B, H, W, E]
        read = self.scan(F.silu(self.near(sequence.permute(0, 3, 1, 2))))
        gated = self.norm(read.permute(0, 2, 3, 1)) * F.silu(gate)
        y: Tensor = self.leave(gated).permute(0, 3, 1, 2)
        return y

    def near(self, u: Tensor) -> Tensor:
        """Convolve with the pixels before, or around, [B, E, H, W] as u."""
        line = u if isinstance(self.conv, nn.Conv2d) else u.flatten(2)
        y: Tensor = self.conv(line)[..., : line.shape[-1]]  # what lies behind the end is dropped
        return y.reshape(u.shape)

    def scan(self, u: Tensor) -> Tensor:
        """Return the sum over the ways to read the map, [B, E, H, W] as u."""
        total = torch.zeros_like(u)
        for scan, (columns, backwards) in zip(self.scans, self.ways, strict=True):
            turned = u.transpose(2, 3) if columns else u
            line = turned.flatten(2).transpose(1, 2)  # [B, L, E]
            read = scan(line.flip(1)).flip(1) if backwards else scan(line)
            back = read.transpose(1, 2).reshape(turned.shape)
            total = total + (back.transpose(2, 3) if columns else back)
        return total


if __name__ == "__main__":
    module = Mamba(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

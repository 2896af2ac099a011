"""Bottleneck attention: which channels and which pixels matter, added before one sigmoid.

Park, Woo, Lee, Kweon: BAM: Bottleneck Attention Module, BMVC 2018. Equations 3 and 4 normalise at
the end of either branch; they leave out the ReLU after each hidden layer, without which the layers
would be one. The published code normalises the hidden layers instead, and multiplies the branches
where the paper adds them.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "bam",
    "title": "BAM: Bottleneck Attention Module",
    "authors": ["Jongchan Park", "Sanghyun Woo", "Joon-Young Lee", "In So Kweon"],
    "venue": "British Machine Vision Conference (BMVC)",
    "year": 2018,
    "key": "park2018bam",
    "bibtex": """@inproceedings{park2018bam,
  title     = {{BAM}: Bottleneck Attention Module},
  author    = {Park, Jongchan and Woo, Sanghyun and Lee, Joon-Young and Kweon, In So},
  booktitle = {British Machine Vision Conference (BMVC)},
  year      = {2018}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
M_c &= \mathrm{BN}\big(W_1\, \delta(W_0\, \mathrm{avg}(\mathbf{x}))\big), \\
M_s &= \mathrm{BN}\big(f_3^{1 \times 1}(\delta f_2^{3 \times 3}(\delta f_1^{3 \times 3}(
  \delta f_0^{1 \times 1}(\mathbf{x}))))\big), \\
\mathbf{y} &= \mathbf{x} + \mathbf{x} \odot \sigma(M_c + M_s)
\end{aligned}""",
    "symbols": {
        "W_0, W_1": "two layers, C to d and d to C",
        r"f_0^{1 \times 1}, f_3^{1 \times 1}": "convolutions, C to d and d to 1 channels",
        r"f_1^{3 \times 3}, f_2^{3 \times 3}": "dilated convolutions, d to d channels",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\delta": "ReLU",
        r"\sigma": "sigmoid",
    },
    "params": "3*C*d + 18*d**2 + 5*d + 3*C + 3 with d=max(1, C//16)",
    "needs": {"min_train_batch": 2},
    "components": {},
    "recommended": ["encoder.*", "bottleneck"],
    "variants": {
        "paper": "branches normalised at their end and added",
        "official": "hidden layers normalised, branches multiplied",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class BAM(nn.Module):
    """Amplify each value by up to two, by what its channel and its pixel are.

    Args:
        channels: C of the input and of the output.
        reduction: The hidden layers have max(1, C // reduction) channels.
        dilation: Of the two 3x3 convolutions.
        variant: "official" normalises and combines as the published code does.
    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 16,
        dilation: int = 4,
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        self.variant = variant
        hidden = max(1, channels // reduction)
        far = {"kernel_size": 3, "padding": dilation, "dilation": dilation}
        self.channel = nn.Sequential(
            *self._hidden(channels, hidden, kernel_size=1), *self._last(hidden, channels)
        )
        self.spatial = nn.Sequential(
            *self._hidden(channels, hidden, kernel_size=1),
            *self._hidden(hidden, hidden, **far),
            *self._hidden(hidden, hidden, **far),
            *self._last(hidden, 1),
        )

    def _hidden(self, into: int, out: int, **sampling: int) -> list[nn.Module]:
        conv = nn.Conv2d(into, out, **sampling)  # type: ignore[arg-type]
        norm = [nn.BatchNorm2d(out)] if self.variant == "official" else []
        return [conv, *norm, nn.ReLU()]

    def _last(self, into: int, out: int) -> list[nn.Module]:
        norm = [nn.BatchNorm2d(out)] if self.variant == "paper" else []
        return [nn.Conv2d(into, out, kernel_size=1), *norm]

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus x times its gate, [B, C, H, W] as x."""
        which = self.channel(x.mean(dim=(2, 3), keepdim=True))  # [B, C, 1, 1]
        where = self.spatial(x)  # [B, 1, H, W]
        both = which + where if self.variant == "paper" else which * where
        return x + x * torch.sigmoid(both)


if __name__ == "__main__":
    module = BAM(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

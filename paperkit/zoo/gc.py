"""Global context block: one weighted mean of all pixels, transformed and added to each of them.

Cao, Xu, Lin, Wei, Hu: GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond,
ICCV Workshops 2019. As in the authors' code, the last layer starts at zero, so that the block
changes nothing at first. The layer normalisation needs more than one value: the layer between has
at least 4 channels.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "gc",
    "title": "GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond",
    "authors": ["Yue Cao", "Jiarui Xu", "Stephen Lin", "Fangyun Wei", "Han Hu"],
    "venue": "IEEE/CVF International Conference on Computer Vision Workshops (ICCVW)",
    "year": 2019,
    "key": "cao2019gcnet",
    "bibtex": """@inproceedings{cao2019gcnet,
  title     = {{GCNet}: Non-local Networks Meet Squeeze-Excitation Networks and Beyond},
  author    = {Cao, Yue and Xu, Jiarui and Lin, Stephen and Wei, Fangyun and Hu, Han},
  booktitle = {IEEE/CVF International Conference on Computer Vision Workshops (ICCVW)},
  pages     = {1971--1980},
  year      = {2019}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{c} &= \sum_j \frac{\exp(W_k \mathbf{x}_j)}{\sum_m \exp(W_k \mathbf{x}_m)}\,
  \mathbf{x}_j, \\
\mathbf{y}_i &= \mathbf{x}_i
  + W_2\, \delta\big(\mathrm{LN}(W_1 \mathbf{c})\big)
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}_i": "the C values of pixel i",
        "W_k": "1x1 convolution, C to 1",
        "W_1, W_2": "1x1 convolutions, C to r and r to C",
        r"\mathrm{LN}": "layer normalisation",
        r"\delta": "ReLU",
    },
    "params": "2*C*r + 3*r + 2*C + 1 with r=max(4, C//16)",
    "needs": {},
    "components": {},
    "recommended": ["encoder.{1,2,3}", "stage.{1,2,3}.block.*.branch", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class GC(nn.Module):
    """Add the transformed context of the whole map to each pixel.

    Args:
        channels: C of the input and of the output.
        reduction: The layer between has max(4, C // reduction) channels.
    """

    def __init__(self, channels: int, *, reduction: int = 16) -> None:
        super().__init__()
        inner = max(4, channels // reduction)
        self.attend = nn.Conv2d(channels, 1, kernel_size=1)
        self.squeeze = nn.Conv2d(channels, inner, kernel_size=1)
        self.norm = nn.LayerNorm([inner, 1, 1])
        self.excite = nn.Conv2d(inner, channels, kernel_size=1)
        nn.init.zeros_(self.excite.weight)
        nn.init.zeros_(self.excite.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus its context, [B, C, H, W] as x."""
        weight = torch.softmax(self.attend(x).flatten(2), dim=2)  # [B, 1, N]
        context = (x.flatten(2) @ weight.transpose(1, 2)).unsqueeze(3)  # [B, C, 1, 1]
        hidden = torch.relu(self.norm(self.squeeze(context)))
        y: Tensor = x + self.excite(hidden)
        return y


if __name__ == "__main__":
    module = GC(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

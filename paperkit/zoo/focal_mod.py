"""Focal modulation: collect context at growing scales, gate it, and modulate each pixel with it.

Yang, Li, Dai, Gao: Focal Modulation Networks, NeurIPS 2022. Three focal levels with kernels 3, 5
and 7, as in the paper's networks with large receptive fields; as in its algorithm, a linear
layer follows.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "focal_mod",
    "title": "Focal Modulation Networks",
    "authors": ["Jianwei Yang", "Chunyuan Li", "Xiyang Dai", "Jianfeng Gao"],
    "venue": "Advances in Neural Information Processing Systems (NeurIPS)",
    "year": 2022,
    "key": "yang2022focal",
    "bibtex": """@inproceedings{yang2022focal,
  title     = {Focal Modulation Networks},
  author    = {Yang, Jianwei and Li, Chunyuan and Dai, Xiyang and Gao, Jianfeng},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {35},
  pages     = {4203--4217},
  year      = {2022}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
Z^\ell &= \mathrm{GeLU}\big(\mathrm{DW}_{k_\ell}(Z^{\ell-1})\big),
  \quad Z^0 = W_z X, \\
Z^{L+1} &= \mathrm{GeLU}\big(\mathrm{avg}(Z^L)\big), \\
Y &= W_o \Big(W_q X \odot W_h \sum_{\ell=1}^{L+1} G^\ell \odot Z^\ell\Big)
\end{aligned}""",
    "symbols": {
        "W_q, W_z, W_h, W_o": "1x1 convolutions, C to C",
        r"G^\ell": "channel l of a 1x1 convolution of X, C to L + 1",
        r"\mathrm{DW}_{k_\ell}": r"depthwise convolution, $k_\ell = 2\ell + 1$",
        r"\mathrm{avg}": "over the pixels",
    },
    "params": "4*C**2 + 91*C + 4",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class FocalMod(nn.Module):
    """Modulate each pixel by its gated contexts.

    Args:
        channels: C of the input and of the output.
        levels: L, the number of focal levels.
        window: The first kernel; each level's is 2 wider.
    """

    def __init__(self, channels: int, *, levels: int = 3, window: int = 3) -> None:
        super().__init__()
        self.parts = (channels, channels, levels + 1)
        self.enter = nn.Conv2d(channels, sum(self.parts), kernel_size=1)  # query, context, gates
        self.focus = nn.ModuleList(
            nn.Conv2d(channels, channels, k, padding=k // 2, groups=channels, bias=False)
            for k in range(window, window + 2 * levels, 2)
        )
        self.modulator = nn.Conv2d(channels, channels, kernel_size=1)
        self.project = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the modulated pixels, [B, C, H, W] as x."""
        query, context, gates = self.enter(x).split(self.parts, dim=1)
        gathered = torch.zeros_like(context)
        for level, focus in enumerate(self.focus):
            context = F.gelu(focus(context))
            gathered = gathered + gates[:, level : level + 1] * context
        whole = F.gelu(context.mean(dim=(2, 3), keepdim=True))
        gathered = gathered + gates[:, -1:] * whole
        y: Tensor = self.project(query * self.modulator(gathered))
        return y


if __name__ == "__main__":
    module = FocalMod(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

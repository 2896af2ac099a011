"""Patch merging: join each square of 2x2 pixels, normalise, and reduce linearly.

Liu et al.: Swin Transformer: Hierarchical Vision Transformer using Shifted Windows, ICCV 2021,
which doubles the channels on the way. An odd last row or column is left out here, as max pooling
does; the authors' code adds one of zeros.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "patch_merging",
    "title": "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows",
    "authors": [
        "Ze Liu",
        "Yutong Lin",
        "Yue Cao",
        "Han Hu",
        "Yixuan Wei",
        "Zheng Zhang",
        "Stephen Lin",
        "Baining Guo",
    ],
    "venue": "IEEE/CVF International Conference on Computer Vision (ICCV)",
    "year": 2021,
    "key": "liu2021swin",
    "bibtex": """@inproceedings{liu2021swin,
  title     = {{Swin Transformer}: Hierarchical Vision Transformer using Shifted Windows},
  author    = {Liu, Ze and Lin, Yutong and Cao, Yue and Hu, Han and Wei, Yixuan and
               Zhang, Zheng and Lin, Stephen and Guo, Baining},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  pages     = {10012--10022},
  year      = {2021}
}""",
    "kind": "down",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = W\, \mathrm{LN}\big([\mathbf{x}_{00};\, \mathbf{x}_{10};\,
  \mathbf{x}_{01};\, \mathbf{x}_{11}]\big)""",
    "symbols": {
        r"\mathbf{x}_{nm}": "every second row from n, every second column from m",
        r"\mathrm{LN}": "layer normalisation over the channels of a pixel",
        "W": "linear layer without bias",
    },
    "params": "4*C**2 + 8*C",
    "needs": {"min_hw": 2},
    "components": {},
    "recommended": ["down.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class PatchMerging(nn.Module):
    """Four pixels to one: joined, normalised, reduced.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output; twice the input's in the paper.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * in_channels)
        self.reduce = nn.Linear(4 * in_channels, out_channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H // 2, W // 2] from x [B, C', H, W]."""
        height, width = (size // 2 * 2 for size in x.shape[2:])
        parts = [x[..., n:height:2, m:width:2] for m in range(2) for n in range(2)]
        joined = torch.cat(parts, dim=1).movedim(1, -1)  # [B, H / 2, W / 2, 4 C']
        y: Tensor = self.reduce(self.norm(joined))
        return y.movedim(-1, 1)


if __name__ == "__main__":
    module = PatchMerging(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

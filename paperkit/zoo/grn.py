"""Global response normalisation: channels compete by how strong they are over the whole map.

Woo et al.: ConvNeXt V2: Co-Designing and Scaling ConvNets With Masked Autoencoders, CVPR 2023.
Its scale and shift start at zero, so that it changes nothing at first.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "grn",
    "title": "ConvNeXt V2: Co-Designing and Scaling ConvNets With Masked Autoencoders",
    "authors": [
        "Sanghyun Woo",
        "Shoubhik Debnath",
        "Ronghang Hu",
        "Xinlei Chen",
        "Zhuang Liu",
        "In So Kweon",
        "Saining Xie",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2023,
    "key": "woo2023convnext",
    "bibtex": """@inproceedings{woo2023convnext,
  title     = {{ConvNeXt V2}: Co-Designing and Scaling {ConvNets} With Masked Autoencoders},
  author    = {Woo, Sanghyun and Debnath, Shoubhik and Hu, Ronghang and Chen, Xinlei and
               Liu, Zhuang and Kweon, In So and Xie, Saining},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {16133--16142},
  year      = {2023}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
g_c &= \lVert \mathbf{x}_c \rVert_2, \quad n_c = g_c \Big/ \tfrac{1}{C} \textstyle\sum_k g_k, \\
\mathbf{y}_c &= \gamma_c\, n_c\, \mathbf{x}_c + \beta_c + \mathbf{x}_c
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}_c": "the pixels of channel c",
        r"\gamma, \beta": "learnt scale and shift of each channel",
    },
    "params": "2*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class GRN(nn.Module):
    """Strengthen the channels that are stronger than the mean.

    Args:
        channels: C of the input and of the output.
        eps: Added to the mean strength, for maps of zeros.
    """

    def __init__(self, channels: int, *, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.scale = nn.Parameter(torch.zeros(channels, 1, 1))
        self.shift = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return x with its channels normalised against each other, [B, C, H, W] as x."""
        strength = torch.linalg.vector_norm(x, dim=(2, 3), keepdim=True)  # [B, C, 1, 1]
        relative = strength / (strength.mean(dim=1, keepdim=True) + self.eps)
        y: Tensor = x + self.scale * relative * x + self.shift
        return y


if __name__ == "__main__":
    module = GRN(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

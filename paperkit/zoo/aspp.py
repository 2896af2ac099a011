"""Atrous spatial pyramid pooling: look at several distances, and at the whole image, at once.

Chen, Papandreou, Schroff, Adam: Rethinking Atrous Convolution for Semantic Image Segmentation,
2017 (DeepLabv3). The image's average passes through batch normalisation, so that training needs
batches of two images or more.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "aspp",
    "title": "Rethinking Atrous Convolution for Semantic Image Segmentation",
    "authors": ["Liang-Chieh Chen", "George Papandreou", "Florian Schroff", "Hartwig Adam"],
    "venue": "arXiv:1706.05587",
    "year": 2017,
    "key": "chen2017deeplabv3",
    "bibtex": """@misc{chen2017deeplabv3,
  title        = {Rethinking Atrous Convolution for Semantic Image Segmentation},
  author       = {Chen, Liang-Chieh and Papandreou, George and Schroff, Florian and Adam, Hartwig},
  howpublished = {arXiv:1706.05587},
  year         = {2017}
}""",
    "kind": "context",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{y} = g\big([&f_1(\mathbf{x});\, f_{3, r_1}(\mathbf{x});\, f_{3, r_2}(\mathbf{x}); \\
&f_{3, r_3}(\mathbf{x});\, f_1(\mathrm{avg}(\mathbf{x}))]\big)
\end{aligned}""",
    "symbols": {
        "f_{k, r}": "k x k convolution with dilation r, batch normalisation and ReLU",
        "g": "the same with a 1x1 convolution from 5C to C",
        r"\mathrm{avg}": "average over the image, repeated at each pixel",
    },
    "params": "34*C**2 + 12*C",
    "needs": {"min_train_batch": 2},
    "components": {},
    "recommended": ["bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


def _unit(into: int, out: int, kernel_size: int, rate: int = 1) -> nn.Sequential:
    padding = rate * (kernel_size // 2)
    conv = nn.Conv2d(into, out, kernel_size, padding=padding, dilation=rate, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU())


class ASPP(nn.Module):
    """A 1x1 convolution, dilated 3x3 convolutions and the image's average, side by side.

    Args:
        channels: C of the input, of each branch and of the output.
        rates: The dilations; (6, 12, 18) at output stride 16, as in the paper.
        dropout: After the last layer; the paper has none.
    """

    def __init__(
        self, channels: int, *, rates: tuple[int, ...] = (6, 12, 18), dropout: float = 0.0
    ) -> None:
        super().__init__()
        units = [_unit(channels, channels, 1), *(_unit(channels, channels, 3, r) for r in rates)]
        self.units = nn.ModuleList(units)
        self.image = _unit(channels, channels, 1)
        self.project = _unit((len(rates) + 2) * channels, channels, 1)
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H, W] as x."""
        image = self.image(x.mean(dim=(2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        y = self.project(torch.cat([*(unit(x) for unit in self.units), image], dim=1))
        return F.dropout(y, self.dropout, self.training)


if __name__ == "__main__":
    module = ASPP(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

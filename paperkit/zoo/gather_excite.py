"""Gather-excite: gate each pixel of a channel by the average of that channel around it.

Hu, Shen, Albanie, Sun, Vedaldi: Gather-Excite: Exploiting Feature Context in Convolutional Neural
Networks, NeurIPS 2018. GE-theta-minus, the default, has no parameter; GE-theta-plus gathers with
depthwise convolutions of stride 2 and excites through two 1x1 convolutions, as SE does.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "gather_excite",
    "title": "Gather-Excite: Exploiting Feature Context in Convolutional Neural Networks",
    "authors": ["Jie Hu", "Li Shen", "Samuel Albanie", "Gang Sun", "Andrea Vedaldi"],
    "venue": "Advances in Neural Information Processing Systems (NeurIPS)",
    "year": 2018,
    "key": "hu2018gather",
    "bibtex": """@inproceedings{hu2018gather,
  title     = {Gather-Excite: Exploiting Feature Context in Convolutional Neural Networks},
  author    = {Hu, Jie and Shen, Li and Albanie, Samuel and Sun, Gang and Vedaldi, Andrea},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {31},
  year      = {2018}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = \mathbf{x} \odot
  \sigma\big(\mathrm{interp}(\mathrm{avg}_{(2e-1) \times (2e-1)}(\mathbf{x}))\big)""",
    "symbols": {
        r"\mathrm{avg}_{(2e-1) \times (2e-1)}": "mean around every e-th pixel, or of all",
        "e": "the extent",
        r"\mathrm{interp}": "nearest neighbour, back to H x W",
        r"\sigma": "sigmoid",
    },
    "params": "0",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class GatherExcite(nn.Module):
    """Gate each pixel of a channel by what the channel is around it.

    Args:
        channels: C of the input and of the output.
        theta: "minus" averages; "plus" learns to gather and to excite.
        extent: e of the paper: 0 for the whole map, else 2, 4, 8, ...; 0 only with "minus",
            because a learnt kernel over the whole map would fit one size of map only.
        reduction: With "plus", the layer between has max(1, C // reduction) channels.
    """

    def __init__(
        self,
        channels: int,
        *,
        theta: Literal["minus", "plus"] = "minus",
        extent: int = 0,
        reduction: int = 16,
    ) -> None:
        super().__init__()
        power_of_two = extent > 1 and extent.bit_count() == 1
        if not power_of_two and (extent != 0 or theta == "plus"):
            also = "" if theta == "plus" else ", or 0 for the whole map"
            raise ValueError(f"extent={extent} with theta={theta}; use 2, 4, 8 or 16{also}")
        self.extent = extent
        self.gather = self.excite = None
        if theta == "plus":
            self.gather = self._gathering(channels, extent.bit_length() - 1)
            self.excite = self._exciting(channels, max(1, channels // reduction))

    @staticmethod
    def _gathering(channels: int, halvings: int) -> nn.Sequential:
        layers: list[nn.Module] = []
        for _ in range(halvings):
            conv = nn.Conv2d(channels, channels, 3, 2, 1, groups=channels, bias=False)
            layers += [conv, nn.BatchNorm2d(channels), nn.ReLU()]
        return nn.Sequential(*layers[:-1])

    @staticmethod
    def _exciting(channels: int, middle: int) -> nn.Sequential:
        first, last = nn.Conv2d(channels, middle, 1), nn.Conv2d(middle, channels, 1)
        return nn.Sequential(first, nn.ReLU(), last)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        if self.gather is not None and self.excite is not None:
            context = self.excite(self.gather(x))
        elif self.extent:
            e = self.extent
            context = F.avg_pool2d(x, 2 * e - 1, e, padding=e - 1, count_include_pad=False)
        else:
            context = x.mean(dim=(2, 3), keepdim=True)
        return x * torch.sigmoid(F.interpolate(context, size=x.shape[2:]))


if __name__ == "__main__":
    module = GatherExcite(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""SimAM: a pixel matters where it differs from the rest of its channel; nothing is learnt.

Yang, Zhang, Li, Xie: SimAM: A Simple, Parameter-Free Attention Module for Convolutional Neural
Networks, ICML 2021. Equation 5 has the variance over all M pixels; the paper's listing and the
published code divide by M - 1.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "simam",
    "title": "SimAM: A Simple, Parameter-Free Attention Module for Convolutional Neural Networks",
    "authors": ["Lingxiao Yang", "Ru-Yuan Zhang", "Lida Li", "Xiaohua Xie"],
    "venue": "International Conference on Machine Learning (ICML)",
    "year": 2021,
    "key": "yang2021simam",
    "bibtex": """@inproceedings{yang2021simam,
  title     = {{SimAM}: A Simple, Parameter-Free Attention Module for Convolutional Neural
               Networks},
  author    = {Yang, Lingxiao and Zhang, Ru-Yuan and Li, Lida and Xie, Xiaohua},
  booktitle = {Proceedings of the 38th International Conference on Machine Learning},
  pages     = {11863--11874},
  year      = {2021}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = \mathbf{x} \odot \sigma\Big(
  \frac{(\mathbf{x} - \mu)^2}{4 (\nu + \lambda)} + \frac{1}{2}\Big)""",
    "symbols": {
        r"\mu, \nu": "mean and variance over the pixels of the channel",
        r"\lambda": "a constant, 0.0001",
        r"\sigma": "sigmoid",
    },
    "params": "0",
    "needs": {"min_hw": 2},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {
        "paper": "the variance divided by the number of pixels",
        "official": "the variance divided by the number of pixels less one",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SimAM(nn.Module):
    """Gate each pixel by the inverse of its energy, how hard it is to tell from its channel.

    Args:
        channels: C of the input and of the output; any.
        regularisation: lambda, added to the variance.
        variant: "official" divides the variance by the number of pixels less one.
    """

    def __init__(
        self,
        channels: int,
        *,
        regularisation: float = 1e-4,
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        self.channels = channels
        self.regularisation = regularisation
        self.correction = 1 if variant == "official" else 0

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        off = (x - x.mean(dim=(2, 3), keepdim=True)).square()
        pixels = x.shape[2] * x.shape[3] - self.correction
        variance = off.sum(dim=(2, 3), keepdim=True) / pixels
        return x * torch.sigmoid(off / (4 * (variance + self.regularisation)) + 0.5)


if __name__ == "__main__":
    module = SimAM(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

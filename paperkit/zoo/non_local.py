"""Non-local block: add to each pixel a weighted mean of all pixels.

Wang, Girshick, Gupta, He: Non-local Neural Networks, CVPR 2018. At first the scale of the batch
normalisation after the last layer is zero, as in the paper, so that the block changes nothing.

The paper's embedded Gaussian does not scale the products. The authors' code divides them by the
square root of their width; variant="official" does that.
The paper's subsampling, an option that makes it cheaper, is left out.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "non_local",
    "title": "Non-local Neural Networks",
    "authors": ["Xiaolong Wang", "Ross Girshick", "Abhinav Gupta", "Kaiming He"],
    "venue": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2018,
    "key": "wang2018nonlocal",
    "bibtex": """@inproceedings{wang2018nonlocal,
  title     = {Non-local Neural Networks},
  author    = {Wang, Xiaolong and Girshick, Ross and Gupta, Abhinav and He, Kaiming},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {7794--7803},
  year      = {2018}
}""",
    "kind": "attention",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{a}_i &= \sum_j \frac{\exp\big(\theta(\mathbf{x}_i)^\top \phi(\mathbf{x}_j)\big)}
  {\sum_k \exp\big(\theta(\mathbf{x}_i)^\top \phi(\mathbf{x}_k)\big)}\, g(\mathbf{x}_j), \\
\mathbf{y}_i &= \mathbf{x}_i + \mathrm{BN}(W_z \mathbf{a}_i)
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}_i": "the C values of pixel i",
        r"\theta, \phi, g": "1x1 convolutions, C to r",
        "W_z": "1x1 convolution, r to C",
    },
    "params": "4*C*r + 3*r + 3*C with r=max(1, C//2)",
    "needs": {},
    "components": {},
    "recommended": ["encoder.2", "encoder.3", "bottleneck"],
    "variants": {
        "paper": "products as they are",
        "official": "products divided by the square root of r, as in the authors' code",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class NonLocal(nn.Module):
    """Add to each pixel what it takes from all pixels.

    Args:
        channels: C of the input and of the output.
        reduction: Pixels are compared in r = max(1, C // reduction) channels.
        pairwise: "embedded" for the embedded Gaussian, a softmax over the pixels; "dot" for the
            dot product, divided by the number of pixels.
        variant: "paper", or "official" for the authors' code.
    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 2,
        pairwise: Literal["embedded", "dot"] = "embedded",
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        inner = max(1, channels // reduction)
        self.theta = nn.Conv2d(channels, inner, kernel_size=1)
        self.phi = nn.Conv2d(channels, inner, kernel_size=1)
        self.g = nn.Conv2d(channels, inner, kernel_size=1)
        self.project = nn.Conv2d(inner, channels, kernel_size=1)
        self.norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm.weight)
        self.scale = inner**-0.5 if variant == "official" else 1.0
        self.pairwise = pairwise

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus what its pixels attend to, [B, C, H, W] as x."""
        theta, phi, g = (f(x).flatten(2) for f in (self.theta, self.phi, self.g))  # [B, r, N]
        product = theta.transpose(1, 2) @ phi  # [B, N, N]
        if self.pairwise == "embedded":
            weight = torch.softmax(product * self.scale, dim=2)
        else:
            weight = product / product.shape[2]
        taken = (g @ weight.transpose(1, 2)).unflatten(2, x.shape[2:])
        y: Tensor = x + self.norm(self.project(taken))
        return y


if __name__ == "__main__":
    module = NonLocal(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Fast normalised fusion: a weighted mean with one learnt weight per input, then a convolution.

Tan, Pang, Le: EfficientDet: Scalable and Efficient Object Detection, CVPR 2020: one node of
BiFPN with two inputs. The paper convolves (depthwise separable), then normalises and activates.
The authors' code activates before the convolution, which has a bias there, and ends with batch
normalisation; variant="official" does that.
"""

from typing import Literal

import torch
from torch import Tensor, nn

INFO = {
    "name": "bifpn_fuse",
    "title": "EfficientDet: Scalable and Efficient Object Detection",
    "authors": ["Mingxing Tan", "Ruoming Pang", "Quoc V. Le"],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2020,
    "key": "tan2020efficientdet",
    "bibtex": """@inproceedings{tan2020efficientdet,
  title     = {{EfficientDet}: Scalable and Efficient Object Detection},
  author    = {Tan, Mingxing and Pang, Ruoming and Le, Quoc V.},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {10781--10790},
  year      = {2020}
}""",
    "kind": "fusion",
    "arity": 2,
    "returns": "fused",
    "layout": "NCHW",
    "equation": r"""\mathbf{y} = \phi\left(\mathrm{BN}\left(f\left(
\frac{\delta(w_x)\, \mathbf{x} + \delta(w_s)\, \mathbf{s}}
{\delta(w_x) + \delta(w_s) + \epsilon}\right)\right)\right)""",
    "symbols": {
        r"\mathbf{x}, \mathbf{s}": "decoder feature and skip",
        "w_x, w_s": "learnt numbers, 1 at first",
        r"\delta": "ReLU",
        "f": "depthwise 3x3, then 1x1 convolution",
        r"\phi": "swish",
    },
    "params": "C**2 + 11*C + 2",
    "needs": {},
    "components": {},
    "recommended": ["fuse.*"],
    "variants": {
        "paper": "convolution, batch normalisation, swish",
        "official": "swish, convolution with bias, batch normalisation, as in the authors' code",
    },
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class BiFPNFuse(nn.Module):
    """Fuse a decoder feature and a skip into one feature as wide as the skip.

    Args:
        x_channels: Channels of x; where they differ from C, a 1x1 convolution brings x to C.
        skip_channels: C, the channels of the skip and of the output.
        epsilon: Keeps the division from zero.
        variant: "paper", or "official" for the authors' code.
    """

    def __init__(
        self,
        x_channels: int,
        skip_channels: int,
        *,
        epsilon: float = 1e-4,
        variant: Literal["paper", "official"] = "paper",
    ) -> None:
        super().__init__()
        channels, official = skip_channels, variant == "official"
        same = x_channels == channels
        self.align = nn.Identity() if same else nn.Conv2d(x_channels, channels, 1)
        self.weights = nn.Parameter(torch.ones(2))
        self.epsilon = epsilon
        convolve = (
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            nn.Conv2d(channels, channels, kernel_size=1, bias=official),
            nn.BatchNorm2d(channels),
        )
        self.convolve = nn.Sequential(
            *((nn.SiLU(), *convolve) if official else (*convolve, nn.SiLU()))
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return [B, C, H, W] from x [B, C', H, W] and skip [B, C, H, W]."""
        weights = torch.relu(self.weights)
        share = weights / (weights.sum() + self.epsilon)
        y: Tensor = self.convolve(share[0] * self.align(x) + share[1] * skip)
        return y


if __name__ == "__main__":
    module = BiFPNFuse(64, 64)
    x, skip = torch.rand(2, 64, 32, 48), torch.rand(2, 64, 32, 48)
    print("inputs", tuple(x.shape), tuple(skip.shape))
    print("output", tuple(module(x, skip).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Spatial pyramid pooling that keeps the map: maxima over windows of several sizes, side by side.

Bochkovskiy, Wang, Liao: YOLOv4: Optimal Speed and Accuracy of Object Detection, 2020, describes
this form (windows of 1, 5, 9 and 13 pixels, stride 1, concatenated) of the spatial pyramid pooling
of He, Zhang, Ren, Sun (IEEE TPAMI 2015), which returns a vector instead. Around it are the 1x1
convolutions of that detector.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "spp",
    "title": "YOLOv4: Optimal Speed and Accuracy of Object Detection",
    "authors": ["Alexey Bochkovskiy", "Chien-Yao Wang", "Hong-Yuan Mark Liao"],
    "venue": "arXiv:2004.10934",
    "year": 2020,
    "key": "bochkovskiy2020yolov4",
    "bibtex": """@misc{bochkovskiy2020yolov4,
  title        = {{YOLOv4}: Optimal Speed and Accuracy of Object Detection},
  author       = {Bochkovskiy, Alexey and Wang, Chien-Yao and Liao, Hong-Yuan Mark},
  howpublished = {arXiv:2004.10934},
  year         = {2020}
}""",
    "kind": "context",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{p} &= f(\mathbf{x}), \\
\mathbf{y} &= g\big([\mathbf{p};\, \max\nolimits_{5\times5}(\mathbf{p});\,
  \max\nolimits_{9\times9}(\mathbf{p});\, \max\nolimits_{13\times13}(\mathbf{p})]\big)
\end{aligned}""",
    "symbols": {
        "f, g": "1x1 convolution, batch normalisation, leaky ReLU: C to C/2, 2C to C",
        r"\max\nolimits_{k\times k}": "maximum over k x k pixels, stride 1",
    },
    "params": "5*C*h + 2*h + 2*C with h=C//2",
    "needs": {"min_channels": 2},
    "components": {},
    "recommended": ["bottleneck"],
    "variants": {},
    "source": "written from the paper's description; no code copied",
    "licence": "MIT",
}


def _unit(into: int, out: int) -> nn.Sequential:
    conv = nn.Conv2d(into, out, kernel_size=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.LeakyReLU(0.1))


class SPP(nn.Module):
    """A halved feature beside its maxima over windows of several sizes.

    Args:
        channels: C of the input and of the output.
        sizes: Of the windows; odd.
    """

    def __init__(self, channels: int, *, sizes: tuple[int, ...] = (5, 9, 13)) -> None:
        super().__init__()
        half = channels // 2
        self.enter = _unit(channels, half)
        self.project = _unit((1 + len(sizes)) * half, channels)
        self.sizes = sizes

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H, W] as x."""
        entered = self.enter(x)
        pooled = [F.max_pool2d(entered, k, stride=1, padding=k // 2) for k in self.sizes]
        y: Tensor = self.project(torch.cat([entered, *pooled], dim=1))
        return y


if __name__ == "__main__":
    module = SPP(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Multi-scale channel attention: a gate from each pixel's channels and from the image's average.

Dai, Gieseke, Oehmcke, Wu, Barnard: Attentional Feature Fusion, WACV 2021. The image's average
passes through batch normalisation, so that training needs batches of two images or more.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "ms_cam",
    "title": "Attentional Feature Fusion",
    "authors": [
        "Yimian Dai",
        "Fabian Gieseke",
        "Stefan Oehmcke",
        "Yiquan Wu",
        "Kobus Barnard",
    ],
    "venue": "IEEE/CVF Winter Conference on Applications of Computer Vision (WACV)",
    "year": 2021,
    "key": "dai2021attentional",
    "bibtex": """@inproceedings{dai2021attentional,
  title     = {Attentional Feature Fusion},
  author    = {Dai, Yimian and Gieseke, Fabian and Oehmcke, Stefan and Wu, Yiquan and
               Barnard, Kobus},
  booktitle = {IEEE/CVF Winter Conference on Applications of Computer Vision (WACV)},
  pages     = {3560--3569},
  year      = {2021}
}""",
    "kind": "spatial",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
L(\mathbf{x}) &= \mathrm{BN}\big(W_2\, \delta(\mathrm{BN}(W_1 \mathbf{x}))\big), \\
\mathbf{y} &= \mathbf{x} \odot \sigma\big(L(\mathbf{x}) + G(\mathrm{avg}(\mathbf{x}))\big)
\end{aligned}""",
    "symbols": {
        "L, G": "local and global context: equal structure, own weights",
        "W_1, W_2": "1x1 convolutions, C to d and d to C",
        r"\delta": "ReLU",
        r"\mathrm{avg}": "over the pixels of a channel",
        r"\sigma": "sigmoid",
    },
    "params": "4*C*d + 6*d + 6*C with d=max(1, C//4)",
    "needs": {"min_train_batch": 2},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch", "skip.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


def _context(channels: int, middle: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, middle, kernel_size=1),
        nn.BatchNorm2d(middle),
        nn.ReLU(),
        nn.Conv2d(middle, channels, kernel_size=1),
        nn.BatchNorm2d(channels),
    )


class MSCAM(nn.Module):
    """Gate each value by its pixel's channels and by the image's average.

    Args:
        channels: C of the input and of the output.
        reduction: The layers between have max(1, C // reduction) channels; the authors take 4
            on small images and 16 on ImageNet.
    """

    def __init__(self, channels: int, *, reduction: int = 4) -> None:
        super().__init__()
        middle = max(1, channels // reduction)
        self.local_context = _context(channels, middle)
        self.global_context = _context(channels, middle)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        mean = x.mean(dim=(2, 3), keepdim=True)  # [B, C, 1, 1]
        return x * torch.sigmoid(self.local_context(x) + self.global_context(mean))


if __name__ == "__main__":
    module = MSCAM(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

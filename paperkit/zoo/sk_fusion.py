"""Selective kernel fusion: let each channel choose between a skip and a decoder feature.

Song, He, Qian, Du: Vision Transformers for Single Image Dehazing, IEEE Transactions on Image
Processing, 2023 (DehazeFormer). Around this layer the paper's network projects the skip with a
1x1 convolution and adds the decoder feature once more; shortcut=True does the addition.
"""

import torch
from torch import Tensor, nn

INFO = {
    "name": "sk_fusion",
    "title": "Vision Transformers for Single Image Dehazing",
    "authors": ["Yuda Song", "Zhuqing He", "Hui Qian", "Xin Du"],
    "venue": "IEEE Transactions on Image Processing",
    "year": 2023,
    "key": "song2023vision",
    "bibtex": """@article{song2023vision,
  title   = {Vision Transformers for Single Image Dehazing},
  author  = {Song, Yuda and He, Zhuqing and Qian, Hui and Du, Xin},
  journal = {IEEE Transactions on Image Processing},
  volume  = {32},
  pages   = {1927--1941},
  year    = {2023}
}""",
    "kind": "fusion",
    "arity": 2,
    "returns": "fused",
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
[\mathbf{a}_x; \mathbf{a}_s] &= \mathrm{softmax}\big(W_2\, \delta(W_1\,
  \mathrm{avg}(\mathbf{x} + \mathbf{s}))\big), \\
\mathbf{y} &= \mathbf{a}_x \odot \mathbf{x} + \mathbf{a}_s \odot \mathbf{s}
\end{aligned}""",
    "symbols": {
        r"\mathbf{x}, \mathbf{s}": "decoder feature and skip",
        r"\mathrm{avg}": "over the pixels of a channel",
        "W_1, W_2": "1x1 convolutions without bias, C to d and d to 2C",
        r"\delta": "ReLU",
        r"\mathrm{softmax}": "over the two inputs, for each channel",
    },
    "params": "3*C*d with d=max(4, C//8)",
    "needs": {},
    "components": {},
    "recommended": ["fuse.*"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class SKFusion(nn.Module):
    """Mix a decoder feature and a skip with weights per channel that sum to one.

    Args:
        x_channels: Channels of x; where they differ from C, a 1x1 convolution brings x to C.
        skip_channels: C, the channels of the skip and of the output.
        reduction: The layer between has max(4, C // reduction) channels.
        shortcut: Add x to the result, as the paper's network does.
    """

    def __init__(
        self,
        x_channels: int,
        skip_channels: int,
        *,
        reduction: int = 8,
        shortcut: bool = False,
    ) -> None:
        super().__init__()
        channels, middle = skip_channels, max(4, skip_channels // reduction)
        same = x_channels == channels
        self.align = nn.Identity() if same else nn.Conv2d(x_channels, channels, 1)
        self.squeeze = nn.Conv2d(channels, middle, kernel_size=1, bias=False)
        self.choose = nn.Conv2d(middle, 2 * channels, kernel_size=1, bias=False)
        self.shortcut = shortcut

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return [B, C, H, W] from x [B, C', H, W] and skip [B, C, H, W]."""
        x = self.align(x)
        mean = (x + skip).mean(dim=(2, 3), keepdim=True)  # [B, C, 1, 1]
        scores = self.choose(torch.relu(self.squeeze(mean))).unflatten(1, (2, -1))
        of_x, of_skip = scores.softmax(dim=1).unbind(dim=1)  # each [B, C, 1, 1]
        y: Tensor = of_x * x + of_skip * skip
        return y + x if self.shortcut else y


if __name__ == "__main__":
    module = SKFusion(64, 64)
    x, skip = torch.rand(2, 64, 32, 48), torch.rand(2, 64, 32, 48)
    print("inputs", tuple(x.shape), tuple(skip.shape))
    print("output", tuple(module(x, skip).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

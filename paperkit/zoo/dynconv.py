"""Dynamic convolution: each image mixes its own kernel, with weights that add up to one.

Chen, Dai, Liu, Chen, Yuan, Liu: Dynamic Convolution: Attention Over Convolution Kernels, CVPR 2020.
The paper lowers the temperature from 30 to 1 over the first epochs of training; here it is what
``temperature`` says, and an attribute of the same name that training can set.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "dynconv",
    "title": "Dynamic Convolution: Attention Over Convolution Kernels",
    "authors": [
        "Yinpeng Chen",
        "Xiyang Dai",
        "Mengchen Liu",
        "Dongdong Chen",
        "Lu Yuan",
        "Zicheng Liu",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2020,
    "key": "chen2020dynamic",
    "bibtex": """@inproceedings{chen2020dynamic,
  title     = {Dynamic Convolution: Attention Over Convolution Kernels},
  author    = {Chen, Yinpeng and Dai, Xiyang and Liu, Mengchen and Chen, Dongdong and Yuan, Lu
               and Liu, Zicheng},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {11030--11039},
  year      = {2020}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\boldsymbol{\pi} &= \mathrm{softmax}\big(V_2\, \delta(V_1\, \mathrm{avg}(\mathbf{x}))
  / \tau\big), \\
\mathbf{y} &= \textstyle\big(\sum_k \pi_k W_k\big) * \mathbf{x} + \sum_k \pi_k \mathbf{b}_k
\end{aligned}""",
    "symbols": {
        r"W_k, \mathbf{b}_k": "convolution k of K = 4",
        "V_1, V_2": "fully connected layers, C to C/4 to K",
        r"\tau": "temperature",
        r"\delta": "ReLU",
        r"\mathrm{avg}": "over the pixels",
    },
    "params": "4*(9*C**2 + C) + C*h + h + 4*h + 4 with h=max(1, C//4)",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*/conv[k=3]", "stage.*/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class DynConv(nn.Module):
    """A convolution whose kernel is a weighted mean of several, weighed by the image.

    Args:
        in_channels: C, the channels of the input.
        out_channels: Channels of the output.
        kernel_size: Of the convolution.
        stride: Of the convolution.
        padding: Of the convolution; as much as keeps the size if left out.
        dilation: Of the convolution.
        groups: Of the convolution.
        bias: Whether every kernel has a bias, which is mixed like it.
        kernels: K.
        reduction: The attention has max(1, C // reduction) channels inside.
        temperature: The higher, the more equal the weights.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        padding: int | None = None,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        kernels: int = 4,
        reduction: int = 4,
        temperature: float = 30.0,
    ) -> None:
        super().__init__()
        if padding is None:
            padding = dilation * (kernel_size - 1) // 2
        self.sampling = {"stride": stride, "padding": padding, "dilation": dilation}
        self.groups = groups
        hidden = max(1, in_channels // reduction)
        self.attention = nn.Sequential(
            nn.Linear(in_channels, hidden), nn.ReLU(), nn.Linear(hidden, kernels)
        )
        # each kernel starts as a convolution of its own
        convs = [
            nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups) for _ in range(kernels)
        ]
        self.weight = nn.Parameter(torch.stack([conv.weight.detach() for conv in convs]))
        biases = torch.stack([conv.bias.detach() for conv in convs if conv.bias is not None])
        self.bias = nn.Parameter(biases) if bias else None
        self.temperature = temperature

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        batch = x.shape[0]
        share = torch.softmax(self.attention(x.mean(dim=(2, 3))) / self.temperature, dim=1)
        weight = torch.einsum("bn,noihw->boihw", share, self.weight).flatten(0, 1)
        bias = None if self.bias is None else (share @ self.bias).flatten()
        # one group of channels per image gives every image its own kernel in a single call
        y = F.conv2d(
            x.flatten(0, 1)[None], weight, bias, groups=batch * self.groups, **self.sampling
        )
        return y.view(batch, -1, *y.shape[2:])


if __name__ == "__main__":
    module = DynConv(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

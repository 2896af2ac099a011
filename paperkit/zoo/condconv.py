"""Conditionally parameterised convolution: each image mixes its own kernel from several experts.

Yang, Bender, Le, Ngiam: CondConv: Conditionally Parameterized Convolutions for Efficient
Inference, NeurIPS 2019.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "condconv",
    "title": "CondConv: Conditionally Parameterized Convolutions for Efficient Inference",
    "authors": ["Brandon Yang", "Gabriel Bender", "Quoc V. Le", "Jiquan Ngiam"],
    "venue": "Advances in Neural Information Processing Systems (NeurIPS)",
    "year": 2019,
    "key": "yang2019condconv",
    "bibtex": """@inproceedings{yang2019condconv,
  title     = {{CondConv}: Conditionally Parameterized Convolutions for Efficient Inference},
  author    = {Yang, Brandon and Bender, Gabriel and Le, Quoc V. and Ngiam, Jiquan},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {32},
  pages     = {1307--1318},
  year      = {2019}
}""",
    "kind": "conv",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\boldsymbol{\alpha} &= \sigma\big(R\, \mathrm{avg}(\mathbf{x})\big), \\
\mathbf{y} &= (\alpha_1 W_1 + \dots + \alpha_n W_n) * \mathbf{x}
\end{aligned}""",
    "symbols": {
        "W_i": "the convolution of expert i",
        "R": "linear, C to n",
        r"\mathrm{avg}": "over the pixels",
        r"\sigma": "sigmoid",
    },
    "params": "8*(9*C**2 + C) + 8*C",
    "needs": {},
    "components": {},
    "recommended": ["encoder.4/conv[k=3]", "stage.4/conv[k=3]"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


class CondConv(nn.Module):
    """A convolution whose kernel is a sum of experts, weighed by the image.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Of the convolution.
        stride: Of the convolution.
        padding: Of the convolution; as much as keeps the size if left out.
        dilation: Of the convolution.
        groups: Of the convolution.
        bias: Whether every expert has a bias, which is mixed like its kernel.
        experts: n.
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
        experts: int = 8,
    ) -> None:
        super().__init__()
        if padding is None:
            padding = dilation * (kernel_size - 1) // 2
        self.sampling = {"stride": stride, "padding": padding, "dilation": dilation}
        self.groups = groups
        self.route = nn.Linear(in_channels, experts, bias=False)
        # each expert starts as a convolution of its own
        convs = [
            nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups) for _ in range(experts)
        ]
        self.weight = nn.Parameter(torch.stack([conv.weight.detach() for conv in convs]))
        biases = torch.stack([conv.bias.detach() for conv in convs if conv.bias is not None])
        self.bias = nn.Parameter(biases) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C', H / stride, W / stride] from x [B, C, H, W]."""
        batch = x.shape[0]
        share = torch.sigmoid(self.route(x.mean(dim=(2, 3))))  # [B, n]
        weight = torch.einsum("bn,noihw->boihw", share, self.weight).flatten(0, 1)
        bias = None if self.bias is None else (share @ self.bias).flatten()
        # one group of channels per image gives every image its own kernel in a single call
        y = F.conv2d(
            x.flatten(0, 1)[None], weight, bias, groups=batch * self.groups, **self.sampling
        )
        return y.view(batch, -1, *y.shape[2:])


if __name__ == "__main__":
    module = CondConv(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

"""Efficient channel attention: a gate per channel, from the averages of its neighbours only.

Wang, Wu, Zhu, Li, Zuo, Hu: ECA-Net: Efficient Channel Attention for Deep Convolutional Neural
Networks, CVPR 2020. The more channels, the wider the kernel over them (equation 12 of the paper).
"""

import math

import torch
from torch import Tensor, nn

INFO = {
    "name": "eca",
    "title": "ECA-Net: Efficient Channel Attention for Deep Convolutional Neural Networks",
    "authors": [
        "Qilong Wang",
        "Banggu Wu",
        "Pengfei Zhu",
        "Peihua Li",
        "Wangmeng Zuo",
        "Qinghua Hu",
    ],
    "venue": "IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
    "year": 2020,
    "key": "wang2020eca",
    "bibtex": """@inproceedings{wang2020eca,
  title     = {{ECA-Net}: Efficient Channel Attention for Deep Convolutional Neural Networks},
  author    = {Wang, Qilong and Wu, Banggu and Zhu, Pengfei and Li, Peihua and
               Zuo, Wangmeng and Hu, Qinghua},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {11534--11542},
  year      = {2020}
}""",
    "kind": "channel",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
\mathbf{y} &= \mathbf{x} \odot \sigma\big(f^k(\mathrm{avg}(\mathbf{x}))\big), \\
k &= \Big| \tfrac{\log_2 C}{\gamma} + \tfrac{b}{\gamma} \Big|_{\mathrm{odd}}
\end{aligned}""",
    "symbols": {
        r"\mathrm{avg}": "over the pixels of a channel",
        "f^k": "convolution over the channels, of k weights",
        r"|\cdot|_{\mathrm{odd}}": "rounded down, then up to an odd number",
        r"\gamma, b": "2 and 1",
        r"\sigma": "sigmoid",
    },
    "params": "t + 1 - t % 2 with t=(log2(C) + 1)//2",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "stage.*.block.*.branch"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


def kernel_for(channels: int, gamma: float = 2.0, b: float = 1.0) -> int:
    """Return the paper's odd kernel size: 3 for 8 to 64 channels, 5 for 128 to 1023."""
    size = int(abs(math.log2(channels) + b) / gamma)
    return size if size % 2 else size + 1


class ECA(nn.Module):
    """Gate each channel by the averages of the k channels around it.

    Args:
        channels: C of the input and of the output.
        kernel_size: k; odd. None: from C, as in the paper.
    """

    def __init__(self, channels: int, *, kernel_size: int | None = None) -> None:
        super().__init__()
        k = kernel_size or kernel_for(channels)
        self.conv = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its gate, [B, C, H, W] as x."""
        mean = x.mean(dim=(2, 3)).unsqueeze(1)  # [B, 1, C]
        gate = torch.sigmoid(self.conv(mean))
        return x * gate.transpose(1, 2).unsqueeze(3)


if __name__ == "__main__":
    module = ECA(64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

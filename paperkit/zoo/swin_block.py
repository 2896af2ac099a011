"""Swin block: self-attention within windows, then a perceptron for each pixel.

Liu et al.: Swin Transformer: Hierarchical Vision Transformer using Shifted Windows, ICCV 2021.
The paper uses blocks in pairs, the second with shifted=True, so that windows meet. Maps of any
size are padded with zeros to whole windows, after the normalisation, as in the authors' code for
detection; along a side that one window covers, nothing is shifted.

The paper's block keeps the width and the size. Where what it replaces does not, a 1x1 convolution
with that width and stride comes first. The paper's heads have 32 channels; here there is one head
for each 32 channels, as far as that divides C.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INFO = {
    "name": "swin_block",
    "title": "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows",
    "authors": [
        "Ze Liu",
        "Yutong Lin",
        "Yue Cao",
        "Han Hu",
        "Yixuan Wei",
        "Zheng Zhang",
        "Stephen Lin",
        "Baining Guo",
    ],
    "venue": "IEEE/CVF International Conference on Computer Vision (ICCV)",
    "year": 2021,
    "key": "liu2021swin",
    "bibtex": """@inproceedings{liu2021swin,
  title     = {{Swin Transformer}: Hierarchical Vision Transformer using Shifted Windows},
  author    = {Liu, Ze and Lin, Yutong and Cao, Yue and Hu, Han and Wei, Yixuan and
               Zhang, Zheng and Lin, Stephen and Guo, Baining},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  pages     = {10012--10022},
  year      = {2021}
}""",
    "kind": "block",
    "arity": 1,
    "layout": "NCHW",
    "equation": r"""\begin{aligned}
Z' &= Z + \mathrm{(S)W\text{-}MSA}\big(\mathrm{LN}(Z)\big), \\
Y &= Z' + W_2\, \mathrm{GELU}\big(W_1\, \mathrm{LN}(Z')\big), \\
A &= \mathrm{softmax}\big(Q K^\top / \sqrt{d} + B\big)\, V
\end{aligned}""",
    "symbols": {
        "Z": "the pixels, HW rows of C values",
        r"\mathrm{(S)W\text{-}MSA}": "attention A in each head and (shifted) window",
        "B": "learnt bias, by the place of a key relative to the query",
        "d": "channels per head",
        r"\mathrm{LN}": "layer normalisation",
        "W_1, W_2": "linear layers, C to 4C and 4C to C",
    },
    "params": "12*C**2 + 13*C + 169*h with h=gcd(C, max(1, C//32))",
    "needs": {},
    "components": {},
    "recommended": ["encoder.*", "bottleneck"],
    "variants": {},
    "source": "written from the paper's equations; no code copied",
    "licence": "MIT",
}


def _windows(x: Tensor, size: int) -> Tensor:
    """Cut [B, H, W, C] into windows, [B, windows, size * size, C]."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // size, size, width // size, size, channels)
    return x.transpose(2, 3).reshape(batch, -1, size * size, channels)


def _whole(windows: Tensor, size: int, height: int, width: int) -> Tensor:
    """Put windows together again, [B, H, W, C]."""
    batch, channels = windows.shape[0], windows.shape[3]
    x = windows.reshape(batch, height // size, width // size, size, size, channels)
    return x.transpose(2, 3).reshape(batch, height, width, channels)


def _places(size: int) -> Tensor:
    """Return which bias each pair of pixels of a window has, [size * size, size * size]."""
    line = torch.arange(size)
    rows, columns = line.repeat_interleave(size), line.repeat(size)
    down = rows[:, None] - rows[None, :] + size - 1
    right = columns[:, None] - columns[None, :] + size - 1
    return down * (2 * size - 1) + right


class _WindowAttention(nn.Module):
    """Multi-head self-attention within the windows of [B, H, W, C]."""

    places: Tensor

    def __init__(self, channels: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.bias = nn.Parameter(torch.empty((2 * window - 1) ** 2, heads))
        nn.init.trunc_normal_(self.bias, std=0.02)
        self.register_buffer("places", _places(window), persistent=False)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return what each pixel attends to, [B, H, W, C]."""
        height, width = x.shape[1:3]
        x = F.pad(x, (0, 0, 0, -width % self.window, 0, -height % self.window))
        tall, wide = x.shape[1:3]
        down, right = (self.shift if n > self.window else 0 for n in (tall, wide))
        shifted = _windows(x.roll((-down, -right), dims=(1, 2)), self.window)
        together = self.together(tall, wide, (down, right))
        taken = self.attend(shifted, self.biases(together))
        back = _whole(taken, self.window, tall, wide).roll((down, right), dims=(1, 2))
        return back[:, :height, :width]

    def attend(self, windows: Tensor, biases: Tensor) -> Tensor:
        """Return softmax(Q K' / sqrt(d) + B) V, [B, windows, pixels, C]."""
        split = self.qkv(windows).unflatten(3, (3, self.heads, -1))  # [B, n, p, 3, h, d]
        q, k, v = split.permute(3, 0, 1, 4, 2, 5)
        taken = F.scaled_dot_product_attention(q, k, v, attn_mask=biases.to(q.dtype))
        y: Tensor = self.project(taken.transpose(2, 3).flatten(3))
        return y

    def biases(self, together: Tensor) -> Tensor:
        """Return B, [windows, heads, pixels, pixels]; minus infinity for pixels kept apart."""
        bias = self.bias[self.places].permute(2, 0, 1)
        return bias.masked_fill(~together[:, None], float("-inf"))

    def together(self, tall: int, wide: int, shift: tuple[int, int]) -> Tensor:
        """Return which pixels of a window were neighbours before the shift, [windows, p, p]."""
        rows, columns = (self.part(size, by) for size, by in zip((tall, wide), shift, strict=True))
        parts = _windows((3 * rows[:, None] + columns)[None, :, :, None], self.window)[0, :, :, 0]
        return parts[:, :, None] == parts[:, None, :]

    def part(self, size: int, shift: int) -> Tensor:
        """Number the rows: 0, in the last window 1, and 2 for those from the other side."""
        line = torch.arange(size, device=self.bias.device)
        return (line >= size - self.window).long() + (line >= size - shift).long()


class SwinBlock(nn.Module):
    """Attention within windows and a perceptron, each added to its input.

    Args:
        in_channels: Channels of the input.
        out_channels: C, the channels of the output.
        stride: Of the 1x1 convolution that comes first where the shapes differ.
        window: Height and width of a window.
        shifted: Whether the windows are shifted by half of their size.
        heads: Number of heads; divides C. By default gcd(C, C // 32). Raises ValueError.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        window: int = 7,
        shifted: bool = False,
        heads: int | None = None,
    ) -> None:
        super().__init__()
        channels = out_channels
        heads = heads or math.gcd(channels, max(1, channels // 32))
        if channels % heads:
            raise ValueError(f"{heads} heads do not divide {channels} channels")
        same = in_channels == channels and stride == 1
        self.enter = nn.Identity() if same else nn.Conv2d(in_channels, channels, 1, stride)
        self.norm1 = nn.LayerNorm(channels)
        self.attention = _WindowAttention(channels, heads, window, window // 2 if shifted else 0)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = nn.Sequential(
            nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C, H / stride, W / stride]."""
        x = self.enter(x).permute(0, 2, 3, 1)  # [B, H, W, C]
        x = x + self.attention(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        return x.permute(0, 3, 1, 2)


if __name__ == "__main__":
    module = SwinBlock(64, 64)
    x = torch.rand(2, 64, 32, 48)
    print("input ", tuple(x.shape))
    print("output", tuple(module(x).shape))
    print("parameters", sum(p.numel() for p in module.parameters()))

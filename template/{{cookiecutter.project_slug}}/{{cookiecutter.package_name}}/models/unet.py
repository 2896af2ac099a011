"""U-Net (Ronneberger et al., MICCAI 2015) as the tutorials write it, with slots.

Width 64, 3 channels and 1 class: 34,527,041 parameters. Run this file to see its shapes.
"""

import sys
from pathlib import Path

if not __package__:  # an editor's Run button: the relative imports need the package's name
    here = Path(__file__).resolve().parents[1]
    sys.path[0], __package__ = str(here.parent), f"{here.name}.models"

import torch.nn.functional as F
from torch import Tensor, nn

from ..slots import Slot

LEVELS = 4


class UNet(nn.Module):
    """Images [B, C, H, W] to logits [B, classes, H, W]; any H and W.

    Slots: encoder.N, skip.N, down.N, bottleneck, up.N, fuse.N, decoder.N (N = 0 is the finest) and
    head. Empty slots do nothing and have no parameters.
    """

    multiple = 2**LEVELS

    def __init__(self, channels: int, classes: int, *, width: int = 64) -> None:
        super().__init__()
        w = [width * 2**n for n in range(LEVELS + 1)]
        levels = range(LEVELS)
        self.encoder = nn.ModuleList(DoubleConv(w[n - 1] if n else channels, w[n]) for n in levels)
        self.down = nn.ModuleList(nn.MaxPool2d(2) for n in levels)
        self.bottleneck = DoubleConv(w[-2], w[-1])
        self.up = nn.ModuleList(Up(w[n + 1], w[n]) for n in levels)
        self.decoder = nn.ModuleList(DoubleConv(2 * w[n], w[n]) for n in levels)
        self.head = nn.Conv2d(width, classes, 1)

        self.encoder_slot = nn.ModuleList(Slot(f"encoder.{n}", f"encoder.{n}") for n in levels)
        self.skip_slot = nn.ModuleList(Slot(f"skip.{n}") for n in levels)
        self.down_slot = nn.ModuleList(Slot(f"down.{n}", f"down.{n}") for n in levels)
        self.bottleneck_slot = Slot("bottleneck", "bottleneck")
        self.up_slot = nn.ModuleList(Slot(f"up.{n}", f"up.{n}") for n in levels)
        self.fuse_slot = nn.ModuleList(Slot(f"fuse.{n}", inputs=2) for n in levels)
        self.decoder_slot = nn.ModuleList(Slot(f"decoder.{n}", f"decoder.{n}") for n in levels)
        self.head_slot = Slot("head", "head")

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = F.pad(x, (0, -width % self.multiple, 0, -height % self.multiple))
        skips = []
        for n in range(LEVELS):
            x = self.encoder_slot[n](self.encoder[n](x))  # (B, w·2^n, H/2^n, W/2^n)
            skips.append(self.skip_slot[n](x))
            x = self.down_slot[n](self.down[n](x))  # (B, w·2^n, H/2^(n+1), W/2^(n+1))
        x = self.bottleneck_slot(self.bottleneck(x))  # (B, 16w, H/16, W/16)
        for n in reversed(range(LEVELS)):
            x = self.up_slot[n](self.up[n](x))  # (B, w·2^n, H/2^n, W/2^n)
            x = self.fuse_slot[n](x, skips[n])  # (B, 2w·2^n, H/2^n, W/2^n)
            x = self.decoder_slot[n](self.decoder[n](x))  # (B, w·2^n, H/2^n, W/2^n)
        x = self.head_slot(self.head(x))  # (B, classes, H, W)
        return x[..., :height, :width]


class DoubleConv(nn.Sequential):
    """Twice 3x3 convolution, batch norm, ReLU."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__(*conv_bn_relu(into, out), *conv_bn_relu(out, out))


class Up(nn.Sequential):
    """Twice the size by repeating pixels, then 3x3 convolution, batch norm, ReLU."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__(nn.Upsample(scale_factor=2), *conv_bn_relu(into, out))


def conv_bn_relu(into: int, out: int) -> tuple[nn.Module, nn.Module, nn.Module]:
    """The three layers; the convolution has a bias, as in the published parameter count."""
    return nn.Conv2d(into, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU(inplace=True)


if __name__ == "__main__":
    from ..models import describe

    print(describe(UNet(3, 1)))

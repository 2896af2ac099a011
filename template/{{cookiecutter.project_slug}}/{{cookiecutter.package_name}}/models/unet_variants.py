"""Attention U-Net (Oktay et al., MIDL 2018) and ResUNet (Zhang et al., GRSL 2018), with slots.

Width 64: Attention U-Net has 34,878,573 parameters (3 channels, 1 class), ResUNet 8,219,585, of
which 430,272 are the shortcuts' projections that the paper's 7.8 M leave out.
"""

import sys
from pathlib import Path

if not __package__:  # an editor's Run button: the relative imports need the package's name
    here = Path(__file__).resolve().parents[1]
    sys.path[0], __package__ = str(here.parent), f"{here.name}.models"

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..slots import Slot
from .unet import LEVELS, UNet


class AttentionUNet(UNet):
    """The U-Net with a gate at each fuse.N: what comes from below decides where the skip counts."""

    def __init__(self, channels: int, classes: int, *, width: int = 64) -> None:
        super().__init__(channels, classes, width=width)
        for n in range(LEVELS):
            gate = AttentionGate(width * 2**n)
            self.fuse_slot[n].add(gate, way="skip", label="attention gate")


class AttentionGate(nn.Module):
    """s * sigmoid(psi(ReLU(W_x x + W_s s))), eq. 1 and 2; x is at the skip's size already."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 2
        self.from_x = nn.Sequential(nn.Conv2d(channels, inner, 1), nn.BatchNorm2d(inner))
        self.from_s = nn.Sequential(nn.Conv2d(channels, inner, 1), nn.BatchNorm2d(inner))
        self.psi = nn.Sequential(nn.Conv2d(inner, 1, 1), nn.BatchNorm2d(1))

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        return s * torch.sigmoid(self.psi(torch.relu(self.from_x(x) + self.from_s(s))))


class ResUNet(nn.Module):
    """Three levels of pre-activated residual units and a bridge; strides in place of pooling.

    Slots: encoder.N, skip.N, bottleneck, up.N, fuse.N, decoder.N and head.
    """

    multiple = 8

    def __init__(self, channels: int, classes: int, *, width: int = 64) -> None:
        super().__init__()
        w, levels = [width * 2**n for n in range(4)], range(3)
        first = Unit(channels, w[0], first=True)
        units = [Unit(w[n - 1], w[n], stride=2) for n in (1, 2)]
        self.encoder = nn.ModuleList([first, *units])
        self.bottleneck = Unit(w[2], w[3], stride=2)
        self.up = nn.ModuleList(nn.Upsample(scale_factor=2) for n in levels)
        self.decoder = nn.ModuleList(Unit(w[n + 1] + w[n], w[n]) for n in levels)
        self.head = nn.Conv2d(width, classes, 1)

        for kind in ("encoder", "up", "decoder"):
            slots = (Slot(f"{kind}.{n}", f"{kind}.{n}") for n in levels)
            setattr(self, f"{kind}_slot", nn.ModuleList(slots))
        self.skip_slot = nn.ModuleList(Slot(f"skip.{n}") for n in levels)
        self.fuse_slot = nn.ModuleList(Slot(f"fuse.{n}", inputs=2) for n in levels)
        self.bottleneck_slot = Slot("bottleneck", "bottleneck")
        self.head_slot = Slot("head", "head")

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = F.pad(x, (0, -width % self.multiple, 0, -height % self.multiple))
        skips = []
        for n in range(3):
            x = self.encoder_slot[n](self.encoder[n](x))  # (B, w·2^n, H/2^n, W/2^n)
            skips.append(self.skip_slot[n](x))
        x = self.bottleneck_slot(self.bottleneck(x))  # (B, 8w, H/8, W/8)
        for n in reversed(range(3)):
            x = self.up_slot[n](self.up[n](x))  # (B, w·2^(n+1), H/2^n, W/2^n)
            x = self.decoder_slot[n](self.decoder[n](self.fuse_slot[n](x, skips[n])))
        return self.head_slot(self.head(x))[..., :height, :width]


class Unit(nn.Module):
    """Twice batch norm, ReLU, 3x3 convolution, added to a projection of the input.

    The network's first unit starts with its convolution: images are not normalised again.
    """

    def __init__(self, into: int, out: int, *, stride: int = 1, first: bool = False) -> None:
        super().__init__()
        enter = [] if first else [nn.BatchNorm2d(into), nn.ReLU()]
        one = nn.Conv2d(into, out, 3, stride, padding=1)
        two = nn.Conv2d(out, out, 3, padding=1)
        self.residual = nn.Sequential(*enter, one, nn.BatchNorm2d(out), nn.ReLU(), two)
        self.shortcut = nn.Conv2d(into, out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.residual(x) + self.shortcut(x)


if __name__ == "__main__":
    from ..models import describe

    print(describe(AttentionUNet(3, 1)))
    print(describe(ResUNet(3, 1)))

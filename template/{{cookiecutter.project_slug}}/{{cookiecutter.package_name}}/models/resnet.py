"""ResNet-18, -34 and -50 (He et al., CVPR 2016) as torchvision has them, with slots.

3 channels and 1000 classes: 11,689,512, 21,797,672 and 25,557,032 parameters. torchvision's
weights load through `from_torchvision`. Run this file to see its shapes.
"""

import re
import sys
from pathlib import Path

if not __package__:  # an editor's Run button: the relative imports need the package's name
    here = Path(__file__).resolve().parents[1]
    sys.path[0], __package__ = str(here.parent), f"{here.name}.models"

import torch.nn.functional as F
from torch import Tensor, nn

from ..slots import Slot

DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}


class ResNet(nn.Module):
    """Images [B, C, H, W] to logits [B, classes]; any H and W from 32.

    Slots: stem, stage.N, stage.N.block.M, stage.N.block.M.branch (before the addition),
    stage.N.block.M.conv2, pool and head.
    """

    def __init__(self, depth: int, channels: int, classes: int, *, width: int = 64) -> None:
        super().__init__()
        block = Bottleneck if depth == 50 else BasicBlock
        w = [width * 2**n for n in range(4)]
        into = [width] + [planes * block.expansion for planes in w]
        conv = nn.Conv2d(channels, width, 7, stride=2, padding=3, bias=False)
        self.stem = nn.Sequential(conv, nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.down = nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = nn.ModuleList(
            Stage(block, n, into[n], w[n], count) for n, count in enumerate(DEPTHS[depth])
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(into[-1], classes)

        self.stem_slot = Slot("stem", "stem")
        self.stage_slot = nn.ModuleList(Slot(f"stage.{n}", f"stages.{n}") for n in range(4))
        self.pool_slot = Slot("pool", "pool")
        self.head_slot = Slot("head", "head")
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem_slot(self.stem(x))  # (B, w, H/2, W/2)
        x = self.down(x)  # (B, w, H/4, W/4)
        for stage, slot in zip(self.stages, self.stage_slot, strict=True):
            x = slot(stage(x))  # (B, w·2^n·expansion, H/2^(n+2), W/2^(n+2))
        x = self.pool_slot(self.pool(x))  # (B, 8w·expansion, 1, 1)
        return self.head_slot(self.head(x.flatten(1)))  # (B, classes)


class Stage(nn.Module):
    """Blocks at one resolution; the first of all stages but stage 0 halves it."""

    def __init__(self, block: type[nn.Module], n: int, into: int, planes: int, count: int) -> None:
        super().__init__()
        first = block(into, planes, stride=2 if n else 1, name=(n, 0))
        wide = planes * block.expansion
        rest = [block(wide, planes, stride=1, name=(n, m)) for m in range(1, count)]
        self.blocks = nn.ModuleList([first, *rest])
        self.block_slot = nn.ModuleList(
            Slot(f"stage.{n}.block.{m}", f"stages.{n}.blocks.{m}") for m in range(count)
        )

    def forward(self, x: Tensor) -> Tensor:
        for block, slot in zip(self.blocks, self.block_slot, strict=True):
            x = slot(block(x))
        return x


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and the identity (a 1x1 convolution where the shape changes)."""

    expansion = 1

    def __init__(self, into: int, planes: int, *, stride: int, name: tuple[int, int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(into, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = shortcut(into, planes, stride)
        self.conv2_slot, self.branch_slot = block_slots(name)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))  # (B, planes, H/stride, W/stride)
        y = self.bn2(self.conv2_slot(self.conv2(y)))
        y = self.branch_slot(y)
        return F.relu(y + self.shortcut(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 (here is the stride, as in torchvision), 1x1 convolution and the identity."""

    expansion = 4

    def __init__(self, into: int, planes: int, *, stride: int, name: tuple[int, int]) -> None:
        super().__init__()
        out = planes * self.expansion
        self.conv1 = nn.Conv2d(into, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.shortcut = shortcut(into, out, stride)
        self.conv2_slot, self.branch_slot = block_slots(name)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))  # (B, planes, H, W)
        y = F.relu(self.bn2(self.conv2_slot(self.conv2(y))))  # (B, planes, H/stride, W/stride)
        y = self.bn3(self.conv3(y))  # (B, 4·planes, H/stride, W/stride)
        y = self.branch_slot(y)
        return F.relu(y + self.shortcut(x))


def shortcut(into: int, out: int, stride: int) -> nn.Module:
    """The identity, or what makes the input fit the branch."""
    if into == out and stride == 1:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(into, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out))


def block_slots(name: tuple[int, int]) -> tuple[Slot, Slot]:
    """The slots inside a block: after its second convolution, and at the end of its branch."""
    slot, path = "stage.{}.block.{}".format(*name), "stages.{}.blocks.{}".format(*name)
    return Slot(f"{slot}.conv2", f"{path}.conv2"), Slot(f"{slot}.branch")


def from_torchvision(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """torchvision's names of the weights as this file's."""
    names = (
        (r"^conv1\.", "stem.0."),
        (r"^bn1\.", "stem.1."),
        (r"^layer(\d)\.(\d+)\.", lambda hit: f"stages.{int(hit[1]) - 1}.blocks.{hit[2]}."),
        (r"\.downsample\.", ".shortcut."),
        (r"^fc\.", "head."),
    )
    renamed = {}
    for key, value in state.items():
        for old, new in names:
            key = re.sub(old, new, key)
        renamed[key] = value
    return renamed


if __name__ == "__main__":
    from ..models import describe

    for depth in DEPTHS:
        print(describe(ResNet(depth, 3, 1000), f"ResNet-{depth}"))

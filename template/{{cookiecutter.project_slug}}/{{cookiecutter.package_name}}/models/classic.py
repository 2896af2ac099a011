"""The first models of the textbooks: softmax regression, MLP, LeNet-5 and Network in Network.

Images [B, C, H, W] to logits [B, classes]. On 1x28x28 images and 10 classes the first three have
7,850, 203,530 and 61,706 parameters; NiN on 3 channels has 966,986. Run this file to see.
"""

import sys
from pathlib import Path

if not __package__:  # an editor's Run button: the relative imports need the package's name
    here = Path(__file__).resolve().parents[1]
    sys.path[0], __package__ = str(here.parent), f"{here.name}.models"

from torch import Tensor, nn

from ..slots import Slot


class SoftmaxRegression(nn.Sequential):
    """One linear layer on all pixels (Bridle, 1990); the images have one size."""

    def __init__(self, channels: int, classes: int, *, size: tuple[int, int]) -> None:
        super().__init__(nn.Flatten(), nn.Linear(channels * size[0] * size[1], classes))


class MLP(nn.Sequential):
    """One hidden layer (Rumelhart, Hinton and Williams, Nature 1986), with today's ReLU."""

    def __init__(
        self, channels: int, classes: int, *, size: tuple[int, int], hidden: int = 256
    ) -> None:
        pixels = channels * size[0] * size[1]
        layers = nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, classes)
        super().__init__(nn.Flatten(), *layers)


class LeNet(nn.Module):
    """LeNet-5 (LeCun et al., Proc. IEEE 1998), all maps connected, a linear last layer.

    Other sizes than 28x28 are pooled to the 5x5 that the fully connected layers expect.
    Slots: stage.0, stage.1, pool and head.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        first = nn.Conv2d(channels, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2)
        second = nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)
        self.stages = nn.ModuleList([nn.Sequential(*first), nn.Sequential(*second)])
        self.pool = nn.AdaptiveAvgPool2d(5)
        self.hidden = nn.Sequential(nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh())
        self.head = nn.Linear(84, classes)
        _slots(self, 2)

    def forward(self, x: Tensor) -> Tensor:
        for stage, slot in zip(self.stages, self.stage_slot, strict=True):
            x = slot(stage(x))  # (B, 6, H/2, W/2), then (B, 16, H/4 - 2, W/4 - 2)
        x = self.pool_slot(self.pool(x))  # (B, 16, 5, 5)
        return self.head_slot(self.head(self.hidden(x.flatten(1))))


class NiN(nn.Module):
    """Network in Network (Lin, Chen and Yan, ICLR 2014), as published for CIFAR.

    Each stage is a convolution and two 1x1 convolutions; the last gives a map per class, whose
    mean is the logit. Slots: stage.0, stage.1, stage.2 (before the last 1x1), head and pool.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        pool, mean = nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(3, 2, 1)
        first = *_mlpconv(channels, (192, 160, 96), 5), pool, nn.Dropout(0.5)
        second = *_mlpconv(96, (192, 192, 192), 5), mean, nn.Dropout(0.5)
        third = _mlpconv(192, (192, 192), 3)
        self.stages = nn.ModuleList(nn.Sequential(*layers) for layers in (first, second, third))
        self.head = nn.Conv2d(192, classes, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        _slots(self, 3)

    def forward(self, x: Tensor) -> Tensor:
        for stage, slot in zip(self.stages, self.stage_slot, strict=True):
            x = slot(stage(x))  # (B, 96, H/2, W/2), (B, 192, H/4, W/4), (B, 192, H/4, W/4)
        x = self.head_slot(self.head(x))  # (B, classes, H/4, W/4)
        return self.pool(x).flatten(1)


def _mlpconv(into: int, widths: tuple[int, ...], kernel: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for n, out in enumerate(widths):
        size = 1 if n else kernel
        layers += [nn.Conv2d(into, out, size, padding=size // 2), nn.ReLU(inplace=True)]
        into = out
    return layers


def _slots(model: nn.Module, stages: int) -> None:
    """The named places where modules can be plugged in."""
    model.stage_slot = nn.ModuleList(Slot(f"stage.{n}", f"stages.{n}") for n in range(stages))
    if isinstance(model, LeNet):
        model.pool_slot = Slot("pool", "pool")
    model.head_slot = Slot("head", "head")


if __name__ == "__main__":
    from ..models import describe

    small = (1, 1, 28, 28)
    print(describe(SoftmaxRegression(1, 10, size=(28, 28)), size=small))
    print(describe(MLP(1, 10, size=(28, 28)), size=small))
    print(describe(LeNet(1, 10), size=small))
    print(describe(NiN(3, 10), size=(1, 3, 32, 32)))

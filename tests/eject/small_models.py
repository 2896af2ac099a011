"""Models that eject has to write, or to refuse, for one reason each."""

import importlib.util
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from paperkit.slots import Slot

_spec = importlib.util.spec_from_file_location(
    "slots_tiny_models", Path(__file__).parents[1] / "slots/tiny_models.py"
)
_tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_tiny)
TinyUNet, TinyResNet = _tiny.TinyUNet, _tiny.TinyResNet


class Modes(nn.Module):
    """Different code in training, a flag, numbers of its own, sizes, and writing in place."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.slot = Slot("encoder.0", "conv")
        self.alpha = nn.Parameter(torch.full((1, 8, 1, 1), 0.5))
        edges = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
        self.register_buffer("edges", edges.view(1, 1, 3, 3), persistent=False)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        batch, _, height, width = x.shape
        if height < 8:
            raise ValueError("too small")
        x = F.dropout(self.slot(self.conv(x)), 0.2, training=self.training)
        if self.training:
            x = x + 0.1 * torch.randn_like(x)
        x += self.alpha
        edges = F.conv2d(x.mean(dim=1, keepdim=True), self.edges, padding=1)
        first, second = x.chunk(2, dim=1)
        x = torch.cat([second * edges, first], dim=1)
        tokens = x.flatten(2).transpose(1, 2)
        x = tokens.softmax(dim=-1).reshape(batch, height, width, 8).permute(0, 3, 1, 2)
        x = x.clone()
        x[:, :2] = 0
        small = F.avg_pool2d(x, 2)
        return self.head(F.interpolate(small, size=(height, width), mode="bilinear"))


class Looks(nn.Module):
    """A branch that the data decide."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x):
        x = self.conv(x)
        return x * 2 if x.mean() > 0 else x


class Outer(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        self.head = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        return self.head(self.inner(x))


class Twice(nn.Module):
    """One convolution under two blocks, which a file with two blocks could not share."""

    def __init__(self):
        super().__init__()
        conv = nn.Conv2d(3, 3, 1)
        self.one, self.two = Outer(conv), Outer(conv)
        self.one.head, self.two.head = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.one(x) + self.two(x)


class Loose(nn.Module):
    """A tensor that is no buffer, so that no checkpoint has it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)
        self.grid = torch.arange(1024.0).view(1, 1, 32, 32)

    def forward(self, x):
        return self.conv(x) + self.grid[..., : x.shape[2], : x.shape[3]]


class Sized(nn.Module):
    """Other code for larger inputs."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)

    def forward(self, x):
        return self.conv(x) if x.shape[2] < 48 else self.conv(x) * 2

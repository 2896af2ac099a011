"""The small models, and a finder for the zoo."""

import importlib

import pytest
import torch
from tiny_models import TinyResNet, TinyUNet

from paperkit.slots import UnknownModule


@pytest.fixture
def unet():
    torch.manual_seed(0)
    return TinyUNet()


@pytest.fixture
def resnet():
    torch.manual_seed(0)
    return TinyResNet()


@pytest.fixture
def example():
    return torch.zeros(1, 3, 32, 48)


CLASSES = {
    "se": "SE",
    "cbam": "CBAM",
    "coord_att": "CoordAtt",
    "cga_fusion": "CGAFusion",
    "scconv23": "SCConv",
    "attn_gate": "AttnGate",
    "aspp": "ASPP",
}


@pytest.fixture
def find():
    def look_up(name):
        if name not in CLASSES:
            raise UnknownModule(f"no module {name}; nearest: {', '.join(CLASSES)}")
        return getattr(importlib.import_module(f"paperkit.zoo.{name}"), CLASSES[name])

    return look_up

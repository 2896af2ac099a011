"""Selectors: which names and which layers they mean."""

import pytest
from torch import nn

from paperkit.slots.selector import read_selector

MEANT = [  # selector, meant, not meant
    ("encoder.0", ["encoder.0"], ["encoder.1", "encoder", "encoder.0.1"]),
    ("encoder.*", ["encoder.0", "encoder.12"], ["decoder.0", "encoder.0.branch", "encoder"]),
    ("encoder.?", ["encoder.1"], ["encoder.12"]),
    ("{encoder,decoder}.{0, 2}", ["encoder.0", "decoder.2"], ["encoder.1", "encoder. 2"]),
    ("stage.*.block.*.branch", ["stage.1.block.0.branch"], ["stage.1.block.0"]),
    ("path:layer3.*.bn{1,2}", ["layer3.0.bn1", "layer3.5.bn2"], ["layer3.0.bn3", "layer3.bn1"]),
]


@pytest.mark.parametrize(("text", "meant", "other"), MEANT, ids=[m[0] for m in MEANT])
def test_names(text, meant, other):
    selector = read_selector(text)
    assert [name for name in meant + other if selector.matches(name)] == meant


conv = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False)
grouped = nn.Conv2d(8, 8, (1, 5), groups=8)
LAYERS = [
    ("a/conv", conv, True),
    ("a/conv[k=3,s=2,in=8,out=16,p=1,d=1,g=1]", conv, True),
    ("a/conv[k=3,s=1]", conv, False),
    ("a/conv[k=5]", grouped, False),
    ("a/conv[g=8]", grouped, True),
    ("a/conv", nn.ConvTranspose2d(8, 8, 2), False),
    ("a/up[k=2]", nn.ConvTranspose2d(8, 8, 2), True),
    ("a/norm", nn.BatchNorm2d(8), True),
    ("a/norm", nn.GroupNorm(2, 8), True),
    ("a/pool[k=2]", nn.MaxPool2d(2), True),
    ("a/act", nn.ReLU(), True),
    ("a/linear", nn.Linear(2, 2), True),
    ("a/BatchNorm2d", nn.BatchNorm2d(8), True),
    ("a/BatchNorm2d", nn.BatchNorm1d(8), False),
]


@pytest.mark.parametrize(("text", "layer", "wanted"), LAYERS)
def test_layers(text, layer, wanted):
    selector = read_selector(text)
    assert selector.wants(layer) is wanted
    assert read_selector(str(selector)) == selector

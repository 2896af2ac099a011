"""Fresh gates behind trained weights: measured, noted and warned of."""

import warnings

import pytest
import torch
from torch import nn

from paperkit.slots import Slot, apply, records


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.slot, self.head_slot = Slot("encoder.0", "body"), Slot("head", "head")
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        return self.head_slot(self.head(self.slot(self.norm(self.body(x)))))


class Half(nn.Module):
    """Halves half of the channels: what that does to norm and cosine is known in closed form."""

    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))
        with torch.no_grad():
            self.scale[: channels // 2] = 0.0

    def forward(self, x):
        return x * self.scale


SAID = (
    "fresh behind trained weights: the features at the head have {:.2f} of their norm, cosine "
    "{:.2f} to what they were; init: identity or small starts from the trained model"
)
IMAGES = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_the_change_is_measured_at_the_head():
    torch.manual_seed(0)
    net = Net()
    with torch.no_grad():
        full = net.norm.eval()(net.body(IMAGES)).flatten(1)
        half = full.clone()
        half[:, : half.shape[1] // 2] = 0
        ratio = float((half.norm(dim=1) / full.norm(dim=1)).mean())  # the cosine is the same
    net.train()
    with pytest.warns(UserWarning) as caught:
        apply(net, ["encoder.0=half"], IMAGES[:1], find=lambda _: Half, trained=IMAGES)
    (warned,) = caught
    assert str(warned.message) == "half: " + SAID.format(ratio, ratio)
    assert records(net)[0]["note"] == SAID.format(ratio, ratio)
    assert net.training
    assert net.norm.training
    assert int(net.norm.num_batches_tracked) == 0


def test_an_identity_start_is_nothing_to_warn_of():
    net = Net()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        apply(net, ["encoder.0=half; init=identity"], IMAGES, find=lambda _: Half, trained=IMAGES)
        apply(net, ["encoder.0=half"], IMAGES[:1], find=lambda _: Half)  # nothing is trained
    assert [record["note"] for record in records(net)] == ["", ""]

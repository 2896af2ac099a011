"""Models that know nothing of slots: path: and predicates, hooks that survive, aliases."""

import copy
import sys

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from paperkit.slots import SlotError, apply, records

EXAMPLE = torch.zeros(1, 3, 64, 64)
X = torch.linspace(0, 1, 2 * 3 * 64 * 64).reshape(2, 3, 64, 64)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return resnet18(num_classes=4)


def test_base_keys_stay_and_checkpoints_load(net, find):
    fresh = copy.deepcopy(net.state_dict())
    apply(net, ["path:layer{1,3}=cbam", "path:layer2.*.bn2=coord_att"], EXAMPLE, find=find)
    missing, unexpected = net.load_state_dict(fresh, strict=False)
    assert not unexpected
    assert all(key.startswith("plugged.") for key in missing)
    assert [r["slot"] for r in records(net)] == [
        "path:layer1",
        "path:layer3",
        "path:layer2.0.bn2",
        "path:layer2.1.bn2",
    ]


def test_what_is_hooked_takes_part(net, find):
    plain = copy.deepcopy(net)
    apply(net, ["path:layer2=se"], EXAMPLE, find=find)
    plug = net.get_submodule(records(net)[0]["path"])
    plain.layer2.add_module("plug", plug)  # the same by hand, with other keys
    assert torch.equal(net.eval()(X), plain.eval()(X))


class Squash(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return torch.sigmoid(self.conv(x))


def test_a_host_that_adds_in_place_still_gets_gradients(net):
    # torchvision's block does out += identity right after bn2; sigmoid keeps its output
    apply(net, ["path:layer1.0.bn2=squash"], EXAMPLE, find=lambda name: Squash)
    net(X).sum().backward()
    assert all(p.grad is not None for p in net.plugged.parameters())


def test_copies_call_their_own_plugs(net, find):
    apply(net, ["path:layer1=se"], EXAMPLE, find=find)
    twin = copy.deepcopy(net.eval())
    before = net(X)
    with torch.no_grad():
        net.plugged[0].plugs[0].excite.bias.fill_(9)
    assert torch.equal(twin(X), before)
    assert not torch.equal(net(X), before)


def test_several_at_one_path_chain_also_in_a_second_call(net, find):
    apply(net, ["path:layer1=se", "path:layer1=cbam"], EXAMPLE, find=find)
    apply(net, ["path:layer1=coord_att"], EXAMPLE, find=find)
    assert len(net.plugged) == 1
    assert net.plugged[0].labels == ["se", "cbam", "coord_att"]
    assert [r["path"] for r in records(net)] == [f"plugged.0.plugs.{n}" for n in range(3)]


class Aliased(nn.Module):
    """As in nnU-Net: one convolution under two names, called by the second."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.all = nn.Sequential(self.conv, nn.ReLU())
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        return self.head(self.all(x))


@pytest.mark.parametrize("path", ["path:conv", "path:all.0"])
def test_replacing_reaches_every_alias(find, path):
    net = Aliased()
    apply(net, [f"{path}:=scconv23; match=1"], EXAMPLE, find=find)
    assert net.conv is net.all[0]
    assert type(net.conv).__name__ == "SCConv"


class Hidden(nn.Module):
    """Its forward goes through a list that PyTorch does not know of."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.steps = [self.conv]
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        return self.head(self.steps[0](x))


def test_a_replacement_that_is_never_called_is_an_error(find):
    with pytest.raises(SlotError) as caught:
        apply(Hidden(), ["path:conv:=scconv23"], EXAMPLE, find=find)
    assert str(caught.value) == (
        "path:conv: scconv23 is in the model but is never called; the model's forward does not go "
        "through this module"
    )


class OnCpu(nn.Module):
    """Makes a CPU tensor in its forward, as many copied modules do: it cannot run on meta."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return self.conv(x) * torch.arange(x.shape[1], device="cpu").view(1, -1, 1, 1)


def test_code_that_cannot_run_on_meta_runs_on_the_cpu(net):
    apply(net, ["path:layer1=mine"], EXAMPLE, find=lambda name: OnCpu)
    assert records(net)[0]["macs_added"] == 64 * 64 * 16 * 16


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return torch.relu(self.conv(x))


class Scale(nn.Module):
    """One factor per channel, which is the last dimension."""

    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.rand(channels))
        self.shape = ()

    def forward(self, x):
        self.shape = tuple(x.shape)
        return x * self.scale


@pytest.mark.parametrize(("layout", "shape"), [("NHWC", (2, 2, 8, 8)), ("NLC", (2, 16, 8))])
def test_layouts_are_adapted_with_the_true_size(monkeypatch, layout, shape):
    monkeypatch.setattr(sys.modules[__name__], "INFO", {"layout": layout}, raising=False)
    x, model = torch.rand(2, 8, 2, 8), Two()
    apply(model, ["path:conv=scale"], x[:1], find=lambda name: Scale)
    inner = model.plugged[0].plugs[0].inner
    plain = torch.nn.functional.conv2d(x, model.conv.weight, model.conv.bias)
    torch.testing.assert_close(model(x), torch.relu(plain * inner.scale.view(1, -1, 1, 1)))
    assert inner.shape == shape


def test_a_bare_sequential_cannot_keep_plugs(find):
    with pytest.raises(SlotError) as caught:
        apply(nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU()), ["path:0=se"], EXAMPLE, find=find)
    assert str(caught.value) == (
        "path:0: this model is an nn.Sequential, which would run the plugs that it keeps as "
        "further layers; wrap it in a class with a forward of its own"
    )

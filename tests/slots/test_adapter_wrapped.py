"""A library's model inside a student's class: the same names; and classes of nobody's library."""

import copy
import io
import warnings

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from paperkit.slots import SlotError, apply, records
from paperkit.slots.sites import regions, sites
from paperkit.slots.slot import Slot

with warnings.catch_warnings():  # timm, which it imports, uses what torch has deprecated
    warnings.simplefilter("ignore", FutureWarning)
    import segmentation_models_pytorch as library
    import timm

X = torch.linspace(0, 1, 2 * 3 * 40 * 56).reshape(2, 3, 40, 56)


class Shift(nn.Module):
    """x + 1, with a parameter that a gradient reaches."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        return x + self.bias


def shifts(_):
    return Shift


class Padded(nn.Module):
    """As students write it: pad to what the library takes, and crop."""

    def __init__(self):
        super().__init__()
        more = {"encoder_weights": None, "encoder_depth": 3, "decoder_channels": (16, 8, 8)}
        self.net = library.Unet("resnet18", **more)

    def forward(self, x):
        high, wide = x.shape[-2:]
        x = nn.functional.pad(x, (0, -wide % 32, 0, -high % 32))
        return self.net(x)[..., :high, :wide]


class Twins(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = resnet18(num_classes=4)
        self.second = resnet18(num_classes=4)
        self.mix = nn.Linear(8, 2)

    def forward(self, x):
        return self.mix(torch.cat([self.first(x), self.second(x)], 1))


class OnBackbone(nn.Module):
    """A student's head on the features of a timm model."""

    def __init__(self):
        super().__init__()
        self.backbone = timm.create_model("resnet18", features_only=True)
        self.head = nn.Conv2d(512, 3, 1)

    def forward(self, x):
        return self.head(self.backbone(x)[-1])


class Own(nn.Module):
    """A student's network that knows of no slots."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.out = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        return self.out(self.down(x))


def made(kind):
    torch.manual_seed(0)
    return kind().eval()


def test_a_wrapped_unet_has_the_unets_names_and_its_plugs():
    model, by_hand = made(Padded), made(Padded)
    assert regions(sites(model)) == regions(sites(by_hand.net))
    apply(model, ["encoder.1=shift", "skip.0=shift"], X[:1], find=shifts)
    assert [r["path"] for r in records(model)] == ["plugged.0.plugs.0", "plugged.1.plugs.0"]
    by_hand.net.encoder.layer1.register_forward_hook(lambda module, args, output: output + 1)
    take = by_hand.net.decoder.forward
    by_hand.net.decoder.forward = lambda f: take([f[0], f[1] + 1, *f[2:]])
    torch.testing.assert_close(model(X), by_hand(X))


def test_wrapped_models_survive_copies_files_and_graphs():
    model, base, file = made(Padded), made(Padded), io.BytesIO()
    apply(model, ["encoder.*=shift", "fuse.0=shift"], X[:1], find=shifts)
    missing, unexpected = model.load_state_dict(base.state_dict(), strict=False)
    assert not unexpected
    assert all(key.startswith("plugged.") for key in missing)
    twin, want = copy.deepcopy(model), model(X)
    torch.save(model, file)
    with torch.no_grad():
        for parameter in model.plugged.parameters():
            parameter.fill_(9)
    file.seek(0)
    assert torch.equal(twin(X), want)
    assert torch.equal(torch.load(file, weights_only=False)(X), want)
    torch.testing.assert_close(torch.export.export(twin, (X,)).module()(X), want)
    torch.testing.assert_close(torch.compile(twin, backend="eager")(X), want)


def test_plugs_can_be_added_to_a_plugged_wrapper():
    model = made(Padded)
    apply(model, ["encoder.1=shift"], X[:1], find=shifts)
    known = regions(sites(model))
    apply(model, ["skip.0=shift", "encoder.1=shift"], X[:1], find=shifts)
    assert regions(sites(model)) == known == regions(sites(made(Padded)))
    assert [len(slot.plugs) for slot in model.plugged] == [2, 1]


def test_a_backbone_has_stages_and_no_head():
    model, by_hand = made(OnBackbone), made(OnBackbone)
    assert regions(sites(model)) == ["stem", "stage.0-3"]
    apply(model, ["stage.2=shift"], X[:1], find=shifts)
    by_hand.backbone.layer3.register_forward_hook(lambda module, args, output: output + 1)
    torch.testing.assert_close(model(X), by_hand(X))


def test_two_models_of_a_library_have_paths_only():
    model = made(Twins)
    with pytest.raises(SlotError) as caught:
        apply(model, ["stage.1=shift"], X[:1], find=shifts)
    assert str(caught.value) == (
        "stage.1: this model has nothing of that name; it contains 2 models of libraries "
        "(first, second), so no name is unique; use path:MODULE, such as path:first"
    )
    apply(model, ["path:second.layer2=shift"], X[:1], find=shifts)
    assert records(model)[0]["slot"] == "path:second.layer2"


def test_slots_of_the_author_go_before_a_librarys_names():
    class Mixed(Padded):
        def __init__(self):
            super().__init__()
            self.entry = Slot("encoder.0")

        def forward(self, x):
            return super().forward(self.entry(x))

    model = made(Mixed)
    assert sites(model)["encoder.0"].path == "entry"
    assert sites(model)["encoder.1"].path == "net.encoder.layer1"


def test_an_own_network_has_paths_and_predicates(find):
    model = made(Own)
    with pytest.raises(SlotError) as caught:
        apply(model, ["encoder.0=se"], X[:1], find=find)
    assert str(caught.value) == (
        "encoder.0: this model has nothing of that name; it has no slots; use path:MODULE, such as "
        "path:down, path:out"
    )
    want = made(Own)
    apply(model, ["path:down=shift"], X[:1], find=shifts)
    want.down.register_forward_hook(lambda module, args, output: output + 1)
    torch.testing.assert_close(model(X), want(X))
    torch.testing.assert_close(torch.export.export(model, (X,)).module()(X), want(X))
    apply(model, ["path:down/conv[k=3,s=2]:=scconv23"], X[:1], find=find)
    assert "SCConv" in type(model.down[0]).__name__

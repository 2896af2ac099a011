"""torchvision and timm classifiers: stages, blocks and branches by the names of ours."""

import copy
import warnings

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from paperkit.slots import SlotError, apply, table
from paperkit.slots.sites import regions, sites

with warnings.catch_warnings():  # timm uses what torch has deprecated
    warnings.simplefilter("ignore", FutureWarning)
    import timm

EXAMPLE = torch.zeros(1, 3, 64, 64)
X = torch.linspace(0, 1, 2 * 3 * 64 * 64).reshape(2, 3, 64, 64)


class Shift(nn.Module):
    """x + one number per channel, so that a wrong layout is seen."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.arange(float(channels)).view(-1, 1, 1))

    def forward(self, x):
        return x + self.bias


def made(name, **more):
    torch.manual_seed(0)
    model = resnet18() if name == "torchvision" else timm.create_model(name, **more)
    return model.eval()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("torchvision", ["stem", "stage.0-3", "pool", "head"]),
        ("resnet18", ["stem", "stage.0-3", "pool", "head"]),
        ("convnext_atto", ["stem", "stage.0-3", "pool", "head"]),
        ("regnety_002", ["stem", "stage.0-3", "pool", "head"]),
        ("mobilenetv3_small_050", ["stem", "stage.0-4", "pool", "head"]),
    ],
)
def test_slots_of_classifiers(name, wanted):
    model = made(name)
    assert regions(sites(model)) == wanted
    rows = {row["slot"]: row for row in table(model, EXAMPLE)}
    assert rows["pool"]["size"] == [1, 1]
    if "stage.3" in rows and "stage.4" not in rows:
        assert [rows[f"stage.{n}"]["size"][0] for n in range(4)] == [16, 8, 4, 2]


@pytest.mark.parametrize("name", ["torchvision", "resnet18"])
def test_a_branch_ends_before_the_addition(name):
    model, by_hand = made(name), made(name)
    with torch.no_grad():
        apply(model, ["stage.1.block.1.branch=shift"], EXAMPLE, find=lambda _: Shift)
        shift = torch.arange(128.0).view(-1, 1, 1)
        by_hand.layer2[1].bn2.register_forward_hook(lambda module, args, out: out + shift)
        torch.testing.assert_close(model(X), by_hand(X))


def test_replacing_in_blocks_and_base_keys(find):
    model = made("torchvision")
    fresh = copy.deepcopy(model.state_dict())
    apply(model, ["stage.3.block.*.branch=se", "pool=se", "stem=cbam"], EXAMPLE, find=find)
    missing, unexpected = model.load_state_dict(fresh, strict=False)
    assert not unexpected
    assert all(key.startswith("plugged.") for key in missing)
    apply(model, ["stage.2.block.{0,1}.conv2:=scconv23; match=2"], EXAMPLE, find=find)
    assert type(model.layer3[0].conv2).__name__ == "SCConv"


def test_channels_last_is_adapted_with_the_true_size():
    small = {"img_size": (64, 128), "embed_dim": 12, "depths": (1, 1), "num_heads": (1, 1)}
    more = {**small, "num_classes": 3, "window_size": 4}
    model = made("swin_tiny_patch4_window7_224", **more)
    by_hand = made("swin_tiny_patch4_window7_224", **more)
    example = torch.zeros(1, 3, 64, 128)
    rows = {row["slot"]: row for row in table(model, example)}
    assert (rows["stage.1"]["channels"], rows["stage.1"]["size"]) == (24, [8, 16])
    apply(model, ["stage.1=shift"], example, find=lambda _: Shift)
    by_hand.layers[1].register_forward_hook(lambda module, args, out: out + torch.arange(24.0))
    x = torch.rand(2, 3, 64, 128)
    torch.testing.assert_close(model(x), by_hand(x))


def test_a_slot_that_is_missing_lists_what_is_there(find):
    with pytest.raises(SlotError) as caught:
        apply(made("torchvision"), ["encoder.0=se"], EXAMPLE, find=find)
    assert str(caught.value) == (
        "encoder.0: this model has nothing of that name; known: stem, stage.0-3, pool, head"
    )

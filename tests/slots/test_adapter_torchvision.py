"""torchvision's classifiers: what a stage is where none is written down as one module."""

import copy

import pytest
import torch
from torch import nn
from torchvision.models import get_model

from paperkit.slots import SlotError, apply, records, table
from paperkit.slots.grammar import as_plug
from paperkit.slots.sites import hits, regions, sites

EXAMPLE = torch.zeros(1, 3, 64, 64)
X = torch.linspace(0, 1, 2 * 3 * 64 * 64).reshape(2, 3, 64, 64)


class Shift(nn.Module):
    """x + 1, with a parameter that a gradient reaches."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        return x + self.bias


def made(name, **more):
    torch.manual_seed(0)
    return get_model(name, weights=None, num_classes=4, **more).eval()


# slots, and the channels of each stage as in the papers' tables
MODELS = {
    "vgg11": (["stage.0-4", "pool", "head"], [64, 128, 256, 512, 512]),
    "alexnet": (["stage.0-2", "pool", "head"], [64, 192, 256]),
    "googlenet": (["stem", "stage.0-2", "pool", "head"], [480, 832, 1024]),
    "convnext_tiny": (["stem", "stage.0-3", "pool", "head"], [96, 192, 384, 768]),
    "mobilenet_v2": (["stem", "stage.0-4", "head"], [16, 24, 32, 96, 320]),
    "mobilenet_v3_small": (["stem", "stage.0-3", "pool", "head"], [16, 24, 48, 96]),
    "efficientnet_b0": (
        ["stem", "stage.0-6", "pool", "head"],
        [16, 24, 40, 80, 112, 192, 320],
    ),
    "densenet121": (["stem", "stage.0-3", "head"], [256, 512, 1024, 1024]),
    "regnet_y_400mf": (["stem", "stage.0-3", "pool", "head"], [48, 104, 208, 440]),
    "shufflenet_v2_x0_5": (["stem", "stage.0-2", "head"], [48, 96, 192]),
}


@pytest.mark.parametrize("name", MODELS)
def test_stages_are_those_of_the_papers(name):
    model = made(name, **({"init_weights": False} if name == "googlenet" else {}))
    wanted, channels = MODELS[name]
    assert regions(sites(model)) == wanted
    rows = {row["slot"]: row for row in table(model, torch.zeros(1, 3, 224, 224))}
    found = [rows[f"stage.{n}"] for n in range(len(channels))]
    assert [row["channels"] for row in found] == channels
    sizes = [row["size"][0] for row in found]
    assert sizes == sorted(sizes, reverse=True)


def test_a_stage_of_several_modules_ends_with_the_last():
    model, by_hand = made("vgg11"), made("vgg11")
    apply(model, ["stage.1=shift"], EXAMPLE, find=lambda _: Shift)
    by_hand.features[4].register_forward_hook(lambda module, args, output: output + 1)  # its ReLU
    torch.testing.assert_close(model(X), by_hand(X))


def test_predicates_search_all_modules_of_a_stage(find):
    model = made("vgg11")
    apply(model, ["stage.2/conv[k=3]:=scconv23; match=2"], EXAMPLE, find=find)
    assert [r["slot"] for r in records(model)] == ["stage.2/6", "stage.2/8"]
    assert "SCConv" in type(model.features[6]).__name__
    assert isinstance(model.features[3], nn.Conv2d)


def test_a_stage_of_several_modules_is_not_replaced_as_one(find):
    with pytest.raises(SlotError) as caught:
        apply(made("vgg11"), ["stage.2:=scconv23"], EXAMPLE, find=find)
    assert str(caught.value) == (
        "stage.2: it is made of 2 modules, features.6, features.8; replace one with "
        "path:features.8:=..., or layers inside with stage.2/conv:=..."
    )


def test_what_leads_to_a_stage_belongs_to_it():
    model = made("densenet121")
    found = hits(model, as_plug("stage.1/conv[k=1,out=128]:=scconv23"))
    assert found[0].path == "features.transition1.conv"
    assert all(site.path.startswith("features.denseblock2.") for site in found[1:])


def test_blocks_of_a_flat_list_are_counted_in_their_stage():
    model, by_hand = made("mobilenet_v2"), made("mobilenet_v2")
    fresh = copy.deepcopy(model.state_dict())
    apply(model, ["stage.3.block.2=shift"], EXAMPLE, find=lambda _: Shift)
    missing, unexpected = model.load_state_dict(fresh, strict=False)
    assert not unexpected
    assert missing == ["plugged.0.plugs.0.bias"]
    # the stage at a 16th of the size starts with the seventh inverted residual
    by_hand.features[9].register_forward_hook(lambda module, args, output: output + 1)
    torch.testing.assert_close(model(X), by_hand(X))

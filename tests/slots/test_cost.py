"""Parameters, GMACs and the table of slots, against published and hand-computed numbers."""

import pytest
import torch
from torch import nn
from torchvision import models

from paperkit.slots import apply, cost, table

PUBLISHED = [  # torchvision's own documentation: parameters and GFLOPS (multiply-adds)
    (models.resnet18, 11_689_512, 1.81),
    (models.resnet50, 25_557_032, 4.09),
]


@pytest.mark.parametrize(("make", "params", "gmacs"), PUBLISHED)
def test_published_costs(make, params, gmacs):
    with torch.device("meta"):
        model = make()
    counted = cost(model, torch.zeros(1, 3, 224, 224))
    assert counted[0] == params
    assert round(counted[1], 2) == gmacs


def test_a_convolution_by_hand():
    model = nn.Conv2d(4, 8, 3, padding=1, groups=2)
    assert cost(model, torch.zeros(1, 4, 10, 20)) == (8 * 2 * 9 + 8, 8 * 2 * 9 * 10 * 20 / 1e9)


def test_records_add_up_to_the_difference(unet, example, find):
    from paperkit.slots import records

    base = cost(unet, example)
    plugs = ["encoder.*=coord_att", "fuse.*=cga_fusion", "encoder.1/conv:=scconv23"]
    apply(unet, plugs, example, find=find)
    after = cost(unet, example)
    added = [(r["params_added"], r["macs_added"]) for r in records(unet)]
    assert after[0] - base[0] == sum(params for params, _ in added)
    assert after[1] - base[1] == pytest.approx(sum(macs for _, macs in added) / 1e9, abs=1e-12)


def test_the_table_of_slots(unet, example, find):
    apply(unet, ["fuse.1=attn_gate"], example, find=find)
    rows = {row["slot"]: row for row in table(unet, example)}
    assert list(rows) == [
        *("encoder.0", "encoder.1", "decoder.0", "decoder.1", "up.0", "up.1"),
        *("skip.0", "skip.1", "fuse.0", "fuse.1", "bottleneck", "head"),
    ]
    assert rows["fuse.1"] == {
        "slot": "fuse.1",
        "inputs": [16, 16],
        "channels": 32,
        "size": [16, 24],
        "stride": 2,
        "layout": "NCHW",
        "component": None,
        "legal": ["fusion", "one input"],
        "plugs": ["attn_gate"],
    }
    legal = {name: row["legal"] for name, row in rows.items()}
    assert legal["encoder.0"] == legal["bottleneck"] == ["one input", "conv", "block"]
    assert legal["skip.0"] == ["one input"] and legal["head"] == ["conv"]
    assert [row["stride"] for row in rows.values()] == [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 4, 1]
    assert rows["bottleneck"]["channels"] == 32
    assert rows["bottleneck"]["size"] == [8, 12]


def test_nothing_is_run_or_changed(unet, example):
    before = {key: value.clone() for key, value in unet.state_dict().items()}
    unet.train()
    cost(unet, example)
    table(unet, example)
    assert unet.training
    assert all(torch.equal(value, before[key]) for key, value in unet.state_dict().items())
    assert not any(module._forward_hooks for module in unet.modules())

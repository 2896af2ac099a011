"""Every module of the catalogue in a model: it fits where its kind goes, and costs what it says."""

import pytest
import torch
from tiny_models import TinyUNet

from paperkit import zoo
from paperkit.slots import check
from paperkit.zoo.load import find

PLACES = {  # kind -> a place of the tiny U-Net, and the channels in and out there
    "fusion": ("fuse.1=", 16),
    "up": ("up.0:=", 8),
    "down": None,
    "loss": None,  # no plug
}


def plug_of(name):
    kind = zoo.info(name)["kind"]
    place = PLACES.get(kind, ("encoder.1=", 16))
    return None if place is None else (f"{place[0]}{name}", place[1])


def test_an_option_that_is_another_papers_brings_its_citation():
    def cited(plug):
        return check(TinyUNet(), [plug], torch.zeros(1, 3, 16, 16), find=find).plugs[0]["cites"]

    assert cited("encoder.1=mamba(state=2)") == ["gu2024mamba"]
    assert cited("encoder.1=mamba(state=2, scan=cross)") == ["gu2024mamba", "liu2024vmamba"]


@pytest.mark.parametrize("name", [name for name in zoo.names() if plug_of(name)])
def test_every_module_fits_and_costs_what_its_formula_says(name):
    plug, channels = plug_of(name)
    report = check(TinyUNet(), [plug], torch.zeros(1, 3, 64, 64), find=find)
    assert report.problems == []
    (record,) = report.plugs
    assert record["cites"] == [zoo.info(name)["key"]]
    if zoo.info(name)["kind"] == "fusion":  # with the 1x1 that restores the width, if it fuses
        restored = 16 * 32 + 32 if zoo.info(name)["returns"] == "fused" else 0
        assert record["params"] == zoo.evaluate(zoo.info(name)["params"], C=16) + restored
    elif zoo.info(name)["kind"] != "up":
        assert record["params"] == zoo.evaluate(zoo.info(name)["params"], C=channels)

"""Every model keeps its promise, [B, C, H, W] to logits, with every slot filled in turn."""

import pytest
import torch

from {{cookiecutter.package_name}} import models, slots
from {{cookiecutter.package_name}}.modules import coord_att

TASKS = {
    "segmentation": "[background, disk, square, triangle]",
    "classification": "[disk, square, triangle]",
}
CASES = [(task, name) for task, family in models.MODELS.items() for name in family]


def settings(task, name):
    width = 4 if name == "unet" else 8
    names = f"data.class_names={TASKS[task]}"
    return [f"task={task}", f"model.name={name}", f"model.width={width}", names]


@pytest.mark.parametrize(("task", "name"), CASES)
def test_logits_have_the_right_shape(small, task, name):
    config = small(*settings(task, name), "data.size=[33, 47]")
    model = models.build(config)
    logits = model(torch.zeros(2, 3, 33, 47))
    assert logits.shape == (2, config.data.classes, *((33, 47) if task == "segmentation" else ()))


@pytest.mark.parametrize(("task", "name"), CASES)
def test_every_slot_takes_a_module_that_then_learns(small, task, name):
    config = small(*settings(task, name))
    empty = models.build(config)
    rows = slots.table(empty, torch.zeros(1, 3, 32, 32))
    places = [row["slot"] for row in rows if row["slot"] != "head" and ".block." not in row["slot"]]
    assert len(places) >= 6
    for place in places:
        use = "cga_fusion" if place.startswith("fuse") else "coord_att"
        plugs = "plugs=[{at: PLACE, use: USE}]".replace("PLACE", place).replace("USE", use)
        model = models.build(small(*settings(task, name), plugs))
        model(torch.randn(2, 3, 32, 32)).sum().backward()
        new = {key: p for key, p in model.named_parameters() if key not in empty.state_dict()}
        assert new and all(p.grad is not None for p in new.values()), place


def test_a_block_takes_a_module_before_the_addition(small):
    plugs = 'plugs=[{at: "stage.*.block.*.branch", use: coord_att}]'
    model = models.build(small(*settings("classification", "resnet18"), plugs))
    assert sum(isinstance(m, coord_att.CoordAtt) for m in model.modules()) == 8

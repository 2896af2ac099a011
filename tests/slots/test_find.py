"""The generated project finds its modules by file name, alone, when they are used."""

import importlib
import shutil
import sys
from pathlib import Path

import pytest

from paperkit import zoo

TEMPLATE = (
    Path(__file__).parents[2]
    / "template/{{cookiecutter.project_slug}}/{{cookiecutter.package_name}}"
)


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """The template's modules/ and slots/ in a package, below a folder with any name."""
    package = tmp_path / "my project 分割" / "found_package"
    for part in ("modules", "slots"):
        shutil.copytree(TEMPLATE / part, package / part)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(package.parent))
    yield importlib.import_module("found_package.modules")
    for name in [name for name in sys.modules if name.split(".")[0] == "found_package"]:
        del sys.modules[name]


def write(modules, name, text):
    importlib.invalidate_caches()
    (modules.HERE / f"{name}.py").write_text(text, encoding="utf-8")


CLASS = "class {}(nn.Module):\n    def __init__(self, channels):\n        super().__init__()\n"
TORCH = "from torch import nn\n"


def test_modules_are_found_by_file_and_imported_alone(modules):
    write(modules, "broken", "raise RuntimeError('imported although nobody asked')\n")
    losses = ["dice", "focal", "jaccard", "lovasz", "tversky"]
    assert modules.names() == ["broken", "cga_fusion", "coord_att", *losses]
    assert modules.find("coord_att").__name__ == "CoordAtt"
    assert modules.info("coord_att")["key"] == "hou2021coordinate"
    assert modules.info("broken") == {}


def test_of_several_classes_the_one_called_like_the_file(modules):
    text = TORCH + CLASS.format("Part") + CLASS.format("MyAtt") + CLASS.format("Other")
    write(modules, "my_att", text)
    assert modules.find("my_att").__name__ == "MyAtt"


def test_one_public_class_may_have_any_name(modules):
    write(modules, "mine", TORCH + CLASS.format("_Part") + CLASS.format("Different"))
    assert modules.find("mine").__name__ == "Different"


@pytest.mark.parametrize("name", zoo.names())
def test_every_module_of_the_catalogue_is_found(modules, name):
    write(modules, name, zoo.path(name).read_text(encoding="utf-8"))
    cls, info = modules.find(name), zoo.info(name)
    two = info["kind"] in ("fusion", "conv", "block", "up", "down")
    widths = 2 if two else 0 if info["kind"] == "loss" else 1
    counted = sum(p.numel() for p in cls(*[16] * widths).parameters())
    assert counted == zoo.evaluate(info["params"], C=16)  # no part of it has as many


def test_what_cannot_be_found(modules):
    from found_package.slots import UnknownModule

    with pytest.raises(UnknownModule) as caught:
        modules.find("coord_attn")
    assert str(caught.value) == (
        "there is no modules/coord_attn.py; nearest: coord_att (paperkit modules are copied here "
        "by: paperkit add coord_attn)"
    )
    with pytest.raises(UnknownModule) as caught:
        modules.find("focals")
    assert str(caught.value) == (
        "there is no modules/focals.py; known: cga_fusion, coord_att (paperkit modules are copied "
        "here by: paperkit add focals)"
    )
    write(modules, "two", TORCH + CLASS.format("A") + CLASS.format("B"))
    with pytest.raises(UnknownModule) as caught:
        modules.find("two")
    assert str(caught.value) == (
        "modules/two.py should have one class of torch.nn.Module, or one that is called like the "
        "file; it has: A, B"
    )


def test_a_module_of_the_project_is_plugged_but_no_loss(modules):
    import torch
    from found_package.slots import Slot, SlotError, apply, records

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 8, 3)
            self.slot = Slot("encoder.0", "conv")
            self.head = torch.nn.Conv2d(8, 2, 1)

        def forward(self, x):
            return self.head(self.slot(self.conv(x)))

    model = Model()
    with pytest.raises(SlotError) as caught:
        apply(model, ["encoder.*=focal"], torch.zeros(1, 3, 16, 16), find=modules.find)
    assert str(caught.value) == (
        "encoder.0: focal is a loss, no module for a slot; train with it: loss.name=focal"
    )
    apply(model, ["encoder.0=coord_att"], torch.zeros(1, 3, 16, 16), find=modules.find)
    assert records(model)[0]["params"] == 3 * 8 * 8 + 3 * 8 + 2 * 8

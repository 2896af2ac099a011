"""Models to draw: the generated project's own, plugged by the real engine, and foreign ones."""

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from paperkit.diagram.build import build
from paperkit.diagram.calls import read
from paperkit.diagram.graph import Graph
from paperkit.diagram.trace import trace
from paperkit.zoo import cga_fusion, coord_att, scconv23, se

MODULES = {
    "coord_att": coord_att.CoordAtt,
    "cga_fusion": cga_fusion.CGAFusion,
    "scconv23": scconv23.SCConv,
    "se": se.SE,
}
TEMPLATE = Path(__file__).parents[2] / "template" / "{{cookiecutter.project_slug}}"
NAME = "drawn_project"


@pytest.fixture(scope="session")
def package() -> ModuleType:
    """The package of a generated project, imported from the template as it is."""
    folder = TEMPLATE / "{{cookiecutter.package_name}}"
    spec = importlib.util.spec_from_file_location(
        NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def unet(package: ModuleType) -> Callable[..., nn.Module]:
    """The generated U-Net for 3 channels and 2 classes, with plugs as on the command line."""

    def make(*plugs: str, width: int = 64) -> nn.Module:
        models = importlib.import_module(f"{package.__name__}.models.unet")
        slots = importlib.import_module(f"{package.__name__}.slots")
        model: nn.Module = models.UNet(3, 2, width=width)
        slots.apply(model, plugs, torch.zeros(1, 3, 64, 64), find=MODULES.__getitem__)
        return model

    return make


@pytest.fixture(scope="session")
def smp() -> ModuleType:
    """segmentation_models_pytorch, whose import warns of other libraries."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("segmentation_models_pytorch")


@pytest.fixture(scope="session")
def graph_of() -> Callable[..., Graph]:
    def make(model: nn.Module, size: tuple[int, int] = (64, 96), **names: Any) -> Graph:
        return build(read(trace(model, torch.zeros(1, 3, *size))), names=names)

    return make

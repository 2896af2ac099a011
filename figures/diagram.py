"""The architecture figure: the generated U-Net with coordinate attention and content-guided fusion.

    python figures/diagram.py

Writes diagram.pdf, diagram.tex (TikZ) and diagram.png beside this file.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

import torch
from torch import nn

from paperkit.diagram.build import build
from paperkit.diagram.calls import read
from paperkit.diagram.compose import compose
from paperkit.diagram.draw import write
from paperkit.diagram.trace import trace
from paperkit.project.venue import find_venue

HERE = Path(__file__).parent
TEMPLATE = HERE.parent / "template/{{cookiecutter.project_slug}}/{{cookiecutter.package_name}}"
PLUGS = ("encoder.*=coord_att", "fuse.*=cga_fusion")


def main(target: Path = HERE) -> list[Path]:
    """Draw the figure into a folder; return its files."""
    graph = build(read(trace(network(), torch.zeros(1, 3, 256, 256))))
    page = find_venue("ieee-journal")
    scene = compose(graph, column=page.column, text=page.text)
    return write(scene, target / "diagram", formats=("pdf", "tikz", "png"))


def network() -> nn.Module:
    """Build the U-Net of the template, as a project would, with the catalogue's modules."""
    spec = importlib.util.spec_from_file_location(
        "gallery_project", TEMPLATE / "__init__.py", submodule_search_locations=[str(TEMPLATE)]
    )
    assert spec is not None
    sys.modules["gallery_project"] = importlib.util.module_from_spec(spec)
    unet = importlib.import_module("gallery_project.models.unet")
    slots = importlib.import_module("gallery_project.slots")
    modules = importlib.import_module("gallery_project.modules")
    model: nn.Module = unet.UNet(3, 2, width=64)
    slots.apply(model, PLUGS, torch.zeros(1, 3, 64, 64), find=modules.find)
    return model


if __name__ == "__main__":
    for path in main():
        print(path)

"""What a model costs, and the table of its slots."""

from typing import Any

from torch import Tensor, nn

from .probe import macs, probe
from .sites import sites
from .slot import Slot


def cost(model: nn.Module, example: Tensor) -> tuple[int, float]:
    """Return (parameters, GMACs of one forward of example), plugs included.

    GMACs are FLOPs / 2e9 of convolutions and matrix products, as papers count: ResNet-50 at
    224x224 has 4.09. Nothing is computed; shapes are followed on the meta device.
    """
    return sum(p.numel() for p in model.parameters()), macs(model, example) / 1e9


def table(model: nn.Module, example: Tensor) -> list[dict[str, Any]]:
    """Return one row per slot that a forward pass reaches, in the order of the model's modules.

    Keys: slot, inputs (the channels of each), channels (that go on), size [H, W], component
    (what ``:=`` replaces, or None), plugs (expressions that are there).
    """
    seen = probe(model, example)
    rows = []
    for site in sites(model).values():
        found, slot = seen[site.path], model.get_submodule(site.path)
        if found.calls and isinstance(slot, Slot):
            rows.append(
                {
                    "slot": site.name,
                    "inputs": [shape[1] for shape in found.inputs],
                    "channels": found.outputs[0][1],
                    "size": list(found.outputs[0][2:]),
                    "component": site.component,
                    "plugs": list(slot.labels),
                }
            )
    return rows

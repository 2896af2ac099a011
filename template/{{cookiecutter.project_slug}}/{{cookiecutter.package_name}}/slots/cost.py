"""What a model costs, and the table of its slots."""

from typing import Any

from torch import Tensor, nn

from .probe import macs, probe
from .sites import plugged, sites


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
        if not seen[site.path].calls:
            continue
        into, base = site.shapes(seen)
        rows.append(
            {
                "slot": site.name,
                "inputs": [shape[1] for shape in into],
                "channels": base[1],
                "size": list(base[2:]),
                "component": site.component,
                "plugs": plugged(model, site),
            }
        )
    return rows

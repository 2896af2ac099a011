"""What a model costs, and the table of its slots."""

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from .probe import Seen, Shape, macs, probe
from .site import Site
from .sites import plugged, sites


def cost(model: nn.Module, example: Tensor) -> tuple[int, float]:
    """Return (parameters, GMACs of one forward of example), plugs included.

    GMACs are FLOPs / 2e9 of convolutions and matrix products, as papers count: ResNet-50 at
    224x224 has 4.09. Nothing is computed; shapes are followed on the meta device.
    """
    return sum(p.numel() for p in model.parameters()), macs(model, example) / 1e9


def table(model: nn.Module, example: Tensor) -> list[dict[str, Any]]:
    """Return one row per slot that a forward pass reaches, in the order of the model's modules.

    Keys: slot, inputs (the channels of each), channels (that go on), size [H, W], stride (of the
    image; None for a vector), layout (NCHW, NHWC or NLC; plugs always see NCHW), component (what
    ``:=`` replaces, or None), legal, plugs (expressions that are there).

    ``legal`` holds the kinds of modules: "one input", "fusion" (of two), and of replacements
    "conv" (for SLOT/conv:=), "up", "down" and "block" (for SLOT:=).
    """
    seen = probe(model, example)
    image = _padded(example, seen)
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
                "stride": _stride(image, base[2:]),
                "layout": site.layout,
                "component": site.component,
                "legal": _legal(model, site, last=seen[site.path].last and not site.before),
                "plugs": plugged(model, site),
            }
        )
    return rows


def _padded(example: Tensor, seen: Mapping[str, Seen]) -> Shape:
    """Return the image's size as the first layer gets it: some models pad it."""
    given = (shape for name, one in seen.items() if name for shape in one.inputs)
    images = [shape[2:] for shape in given if len(shape) == 4 and shape[1] == example.shape[1]]
    return max(images, key=math.prod, default=tuple(example.shape[2:]))


def _stride(image: Shape, size: Shape) -> int | None:
    """Return by how much a map is smaller than the image; None for what is no map."""
    if len(size) != 2 or max(size) == 1 < min(image) // 32:
        return None
    if image[0] % size[0] == 0 == image[1] % size[1]:
        return image[0] // size[0]
    return int(2 ** round(math.log2(image[0] / size[0])))  # halved, and rounded on the way


def _legal(model: nn.Module, site: Site, *, last: bool) -> list[str]:
    region = site.name.partition(".")[0]
    found = ["fusion"] if site.inputs == 2 else []
    found += ["one input"] if region != "head" and not last else []
    inside = (layer for path in site.within for layer in model.get_submodule(path).modules())
    convs = [isinstance(layer, nn.Conv2d) for layer in inside]
    found += ["conv"] if any(convs) else []
    if site.component and region in ("up", "down"):
        found.append(region)
    elif site.component and len(convs) > 1 and region not in ("head", "pool"):
        found += ["block"] if site.layout == "NCHW" else []
    return found

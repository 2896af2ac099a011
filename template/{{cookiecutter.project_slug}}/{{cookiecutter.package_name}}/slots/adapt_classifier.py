"""Classifiers of torchvision and timm: stem, stage.N, their blocks, pool and head.

timm says itself which modules end its stages (``feature_info``); ResNets have layer1 to layer4.
Offered are the names whose modules are there; for others there is path:.
"""

import re
from collections.abc import Iterator
from typing import Any

from torch import nn

from .adapt_blocks import blocks
from .site import Site, hooked

POOLS = ("global_pool.pool", "head.global_pool.pool", "avgpool")  # in timm, before it flattens
WHOLE = re.compile(r"(?:stages|layers)[._]\d|s\d")
LAYERS = ("layer1", "layer2", "layer3", "layer4")


def classifier(model: nn.Module) -> Iterator[Site]:
    """Yield the sites of a classifier of one of the two libraries, or of a class made from one."""
    origin = {cls.__module__.partition(".models.")[0] for cls in type(model).__mro__}
    if not origin & {"timm", "torchvision"} or not _head(model):
        return
    yield from _stem(model)
    last = getattr(model, "output_fmt", "") == "NHWC"
    for n, path in enumerate(_stages(model)):
        if last:
            yield Site(f"stage.{n}", path, None, mechanism="last")
        else:
            yield hooked(f"stage.{n}", path)
            yield from blocks(model, path, f"stage.{n}")
    yield from (hooked("pool", name) for name in POOLS if _module(model, name))
    yield hooked("head", _head(model))


def _stem(model: nn.Module) -> Iterator[Site]:
    """Yield the stem: one module, or a first convolution whose activation ends it."""
    if _module(model, "stem"):
        yield hooked("stem", "stem")
    elif _module(model, "layer1"):
        last = next((name for name in ("act1", "relu") if _module(model, name)), "")
        if last:
            yield Site("stem", last, None, mechanism="hook")


def _stages(model: nn.Module) -> list[str]:
    """Return the paths of whole stages, the finest first; [] where none is one module."""
    if all(_module(model, name) for name in LAYERS):
        return list(LAYERS)
    every = getattr(model, "blocks", None)
    if isinstance(every, nn.Sequential) and all(isinstance(m, nn.Sequential) for m in every):
        return [f"blocks.{n}" for n in range(len(every))]
    told: Any = getattr(model, "feature_info", None)
    if not isinstance(told, list):
        return []
    paths = [str(info.get("module", "")) for info in told if isinstance(info, dict)]
    return [path for path in paths if WHOLE.fullmatch(path) and _module(model, path)]


def _head(model: nn.Module) -> str:
    """Return the path of the layer that gives the logits."""
    told: Any = getattr(model, "default_cfg", None) or {}
    path = told.get("classifier", "") if isinstance(told, dict) else ""
    known = [path] if isinstance(path, str) else []
    return next(
        (name for name in (*known, "fc", "classifier") if name and _module(model, name)), ""
    )


def _module(model: nn.Module, path: str) -> bool:
    try:
        return bool(path) and isinstance(model.get_submodule(path), nn.Module)
    except AttributeError:
        return False

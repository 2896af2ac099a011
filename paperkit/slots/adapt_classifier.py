"""Classifiers and backbones of torchvision and timm: stem, stage.N, their blocks, pool and head.

The names of ours. trunk.py finds what a stage is; a plain ViT is one stage, after the stem that
makes its patches. Offered are names whose modules are there; for others there is path:.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from torch import nn

from .adapt_blocks import place, stage
from .calls import Calls, composite
from .listen import listen
from .site import Site, hooked
from .trunk import Trunk, trunk, within

LIBRARIES = ("timm.models.", "torchvision.models.")
OTHERS = ("segmentation", "detection", "video", "optical_flow", "quantization")
HEADS = ("fc", "classifier", "heads", "head", "last_linear")
IDLE = (
    "this model reads its answer off the class token, so a plug on the image's tokens after the "
    "last block would change nothing; use a block before it, such as stage.0.block.0"
)
BACKBONES = ("FeatureListNet", "FeatureDictNet", "IntermediateLayerGetter")  # without a head


def is_classifier(model: nn.Module) -> bool:
    """Tell whether a model is a classifier or backbone of the two libraries, or made from one."""
    names = [f"{cls.__module__}." for cls in type(model).__mro__]
    ours = [name for name in names if name.startswith(LIBRARIES)]
    if not ours or any(name.split(".")[2] in OTHERS for name in ours):
        return False
    return type(model).__name__ in BACKBONES or bool(_head(model))


def classifier(model: nn.Module) -> Iterator[Site]:
    """Yield the sites of a classifier or backbone."""
    head = "" if type(model).__name__ in BACKBONES else _head(model)
    calls = listen(model)
    found = trunk(calls, (head, "pre_logits"))
    if found.stem:
        stem = place(calls, "stem", found.stem.end, found.stem.parts)
        yield from [stem] if stem else []
    for number, part in enumerate(found.stages):
        for site in stage(calls, f"stage.{number}", part.end, part.parts):
            yield replace(site, idle=IDLE) if _idle(calls, site, head) else site
    yield from _pool(calls, found, head)
    if head and not isinstance(model.get_submodule(head), nn.Identity):
        yield hooked("head", head)


def _idle(calls: Calls, site: Site, head: str) -> bool:
    """Tell whether nothing reads a map: no block comes later, and the head takes one token."""
    if not site.number or getattr(calls.model, "global_pool", "token") != "token":
        return False
    ended = calls.every[site.path].end
    later = (c.path for c in calls.every.values() if c.start > ended and not within(c.path, head))
    return not any(composite(calls.model.get_submodule(path)) for path in later)


def _pool(calls: Calls, found: Trunk, head: str) -> Iterator[Site]:
    """Yield the pooling after the last stage, where it gives a map and not a vector."""
    ended = calls.every[found.stages[-1].end].end if found.stages else 0
    for call in calls.every.values():
        kind = type(calls.model.get_submodule(call.path)).__name__
        if call.start > ended and "Adaptive" in kind and len(call.shape) == 4:
            yield from [] if within(call.path, head) else [hooked("pool", call.path)]
            return


def _head(model: nn.Module) -> str:
    """Return the path of the layer that gives the logits, "" where there is none."""
    told: Any = getattr(model, "default_cfg", None) or {}
    said = told.get("classifier", "") if isinstance(told, dict) else ""
    known = [said] if isinstance(said, str) else list(said or [])[:1]
    return next((name for name in (*known, *HEADS) if name and _has(model, name)), "")


def _has(model: nn.Module, path: str) -> bool:
    try:
        return isinstance(model.get_submodule(path), nn.Module)
    except AttributeError:
        return False

"""Stages of a foreign encoder or classifier, their blocks, and the parts of a residual.

stage.N.block.M is a block. Where it is a residual block as in ResNet, stage.N.block.M.branch is
the end of its branch, before the addition, and stage.N.block.M.conv2 its second convolution.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from torch import nn

from .calls import Calls, composite, members
from .site import Site, hooked

LAST = ("se_module", "se", "bn3", "bn2")  # the last of a branch is the first of these that is there


def place(calls: Calls, name: str, path: str, parts: Sequence[str] = ()) -> Site | None:
    """Return the site after a module, in its layout; None where it gives no map.

    Args:
        calls: Of one forward of the model.
        name: The slot's.
        path: The module after which plugs run.
        parts: The modules that the slot names together, the module itself by default.
    """
    found = calls.layout(path)
    if found is None:
        return None
    how, source = found
    number = calls.prefix(path, source) if how == "tokens" else 0
    whole = path if list(parts) in ([], [path]) else None
    rest = () if whole else tuple(parts)
    return Site(name, path, whole, mechanism=how, number=number, source=source, parts=rest)


def stage(calls: Calls, name: str, path: str, parts: Sequence[str]) -> Iterator[Site]:
    """Yield the site of a stage that ends with the module at a path, and those of its blocks."""
    site = place(calls, name, path, parts)
    if site is None:
        return
    yield site
    for number, block in enumerate(_blocks(calls.model, site.within)):
        inner = place(calls, f"{name}.block.{number}", block)
        if inner:
            yield inner
            yield from _residual(calls, inner)


def _blocks(model: nn.Module, parts: Sequence[str]) -> Iterator[str]:
    """Yield the paths of the blocks in a stage: in lists, or the parts that are blocks."""
    for part in parts:
        module = model.get_submodule(part)
        listed = members(module)
        if listed is not None:
            yield from (f"{part}.{name}" for name in listed)
        elif len(parts) > 1 and composite(module):
            yield part


def _residual(calls: Calls, site: Site) -> Iterator[Site]:
    block = calls.model.get_submodule(site.path)
    if not hasattr(block, "downsample") or not hasattr(block, "bn2"):
        return
    if isinstance(getattr(block, "conv2", None), nn.Module):
        yield hooked(f"{site.name}.conv2", f"{site.path}.conv2")
    last = next(key for key in LAST if isinstance(getattr(block, key, None), nn.Module))
    branch = hooked(f"{site.name}.branch", f"{site.path}.{last}")
    yield replace(branch, component=None)

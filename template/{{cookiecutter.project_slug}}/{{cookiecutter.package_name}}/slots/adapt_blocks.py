"""Inside the stages of a foreign encoder or classifier: its blocks, and the parts of a residual.

stage.N.block.M is a block. Where it is a residual block as in ResNet, stage.N.block.M.branch is
the end of its branch, before the addition, and stage.N.block.M.conv2 its second convolution.
"""

from collections.abc import Iterator

from torch import nn

from .site import Site, hooked

LAST = ("se_module", "se", "bn3", "bn2")  # the last of a branch is the first of these that is there


def blocks(model: nn.Module, path: str, name: str) -> Iterator[Site]:
    """Yield the sites inside the stage at a dotted path, which is called ``name``."""
    stage = model.get_submodule(path)
    home = getattr(stage, "blocks", stage)
    if not isinstance(home, nn.Sequential | nn.ModuleList):
        return
    root = path if home is stage else f"{path}.blocks"
    made = [(key, block) for key, block in home.named_children() if any(block.children())]
    for number, (key, block) in enumerate(made):
        yield hooked(f"{name}.block.{number}", f"{root}.{key}")
        if hasattr(block, "downsample") and hasattr(block, "bn2"):
            yield from _residual(block, f"{root}.{key}", f"{name}.block.{number}")


def _residual(block: nn.Module, path: str, name: str) -> Iterator[Site]:
    if isinstance(getattr(block, "conv2", None), nn.Module):
        yield hooked(f"{name}.conv2", f"{path}.conv2")
    last = next(key for key in LAST if isinstance(getattr(block, key, None), nn.Module))
    yield Site(f"{name}.branch", f"{path}.{last}", None, mechanism="hook")

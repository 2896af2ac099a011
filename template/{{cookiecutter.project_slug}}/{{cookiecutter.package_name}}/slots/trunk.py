"""The stages of a classifier or an encoder, read off the calls of one forward.

A trunk is the chain of the modules that a model calls, with those lists opened in which the
resolution changes. Lists of blocks in the chain are stages; where blocks are not listed, or where
there are only layers (VGG), a stage is what has one resolution. What leads from one stage to the
next belongs to the next. The stem is what comes before; what follows the last stage is in none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from torch import nn

from .calls import Calls, composite, members

STEMS = ("stem", "conv_stem", "patch_embed", "conv1", "layer0")  # never a stage, even if deep
NO_ACTIVATION = ("Pool", "Drop", "Identity", "Flatten", "Permute", "Norm")


@dataclass(frozen=True)
class Part:
    """A stem or stage: the module that ends it, and all of its modules that have weights."""

    end: str
    parts: list[str]


@dataclass
class Trunk:
    """The stem, if there is one, and the stages, the finest first."""

    stem: Part | None = None
    stages: list[Part] = field(default_factory=list)


def trunk(calls: Calls, but: Sequence[str] = ()) -> Trunk:
    """Return stem and stages; ``but`` are modules that are part of neither, such as the head."""
    chain = [path for path in _chain(calls, "") if not any(within(path, b) for b in but)]
    groups, found, begin = _groups(calls, chain), Trunk(), 0
    if groups and composite(calls.model.get_submodule(groups[0][0])):
        begin = chain.index(groups[0][0])
        before = [path for path in chain[:begin] if calls.weighs(path)]
        if before:
            found.stem = Part(_closed(calls, chain, before[-1]), before)
    for *_, end in groups:
        until = chain.index(end) + 1
        parts = [path for path in chain[begin:until] if calls.weighs(path)]
        found.stages.append(Part(_closed(calls, chain, end), parts))
        begin = until
    return found


def within(path: str, component: str) -> bool:
    """Tell whether a dotted path is a module, or lies inside it."""
    return bool(component) and (path == component or path.startswith(f"{component}."))


def _chain(calls: Calls, path: str) -> Iterator[str]:
    for call in calls.inside(path):
        if _opens(calls, call.path):
            yield from _chain(calls, call.path)
        else:
            yield call.path


def _opens(calls: Calls, path: str) -> bool:
    module = calls.model.get_submodule(path)
    inner = [call.path for call in calls.inside(path)]
    if isinstance(module, nn.Sequential):
        return len({calls.size(p) for p in inner if calls.weighs(p)} - {()}) > 1
    return type(module).__name__ == "Encoder"  # torchvision's ViT keeps all of its trunk in one


def _groups(calls: Calls, chain: Sequence[str]) -> list[list[str]]:
    """Return the blocks, or lists of blocks, or layers, that make each stage."""
    maps = [p for p in chain if calls.size(p) not in ((), (1, 1)) and calls.weighs(p)]
    maps = [path for path in maps if path.rpartition(".")[2] not in STEMS]
    blocks = [path for path in maps if composite(calls.model.get_submodule(path))]
    lists = [[path] for path in blocks if members(calls.model.get_submodule(path)) is not None]
    return lists or [[*group] for _, group in groupby(blocks or maps, calls.size)]


def _closed(calls: Calls, chain: Sequence[str], end: str) -> str:
    """Return the activation right after a layer, which belongs to it, or else the module."""
    if composite(calls.model.get_submodule(end)):
        return end
    after = chain[chain.index(end) + 1 :]
    if not after or calls.weighs(after[0]) or not calls.layout(after[0]):
        return end
    kind = type(calls.model.get_submodule(after[0])).__name__
    return end if any(word in kind for word in NO_ACTIVATION) else after[0]

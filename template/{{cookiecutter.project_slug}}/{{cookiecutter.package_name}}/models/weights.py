"""Pretrained weights of a hub or a file, for a model with other classes or channels; and a report.

This file stands alone; projects have the same copy.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

Weights = str | Path | None  # "imagenet", or a file
State = dict[str, Tensor]
WRAPPERS = {"module", "_orig_mod", "model", "net", "network", "encoder", "backbone"}
COUNTERS = "num_batches_tracked"  # of BatchNorm; old files have none, and nothing depends on them


class NotFound(ValueError):  # noqa: N818 - reads as what it says
    """The name or the weights lead to no model; the message ends with the way out."""


class Misfit(NotFound):
    """It is the weights that cannot be had, read or used."""


@dataclass(frozen=True)
class Loaded:
    """What weights did to a model; as text, a line of a log.

    Attributes:
        source: "imagenet", or the file's name.
        matched: How many of the model's parameters and buffers have the weights' numbers now.
        fresh: Those that keep their start.
        unused: Weights that nothing took.
        stripped: What was taken off the weights' names so that they fit, such as "module.".
    """

    source: str
    matched: int
    fresh: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    stripped: str = ""

    def __str__(self) -> str:
        """Say it in one line."""
        total = self.matched + len(self.fresh)
        parts = [f"weights {self.source}: {self.matched} of {total} matched"]
        parts += [f"fresh: {_some(self.fresh)}"] if self.fresh else []
        parts += [f"not used: {_some(self.unused)}"] if self.unused else []
        parts += [f"without the prefix '{self.stripped}'"] if self.stripped else []
        return "; ".join(parts)


@dataclass(frozen=True)
class Given:
    """Weights by their names, and where they come from."""

    source: str
    state: State
    stripped: str = ""

    def fitted(self, model: nn.Module, rename: Callable[[State], State] = dict) -> "Given":
        """Take off the prefix of a wrapper (module., model.encoder.) that hides the most names.

        Args:
            model: What they are for.
            rename: From the weights' names without a prefix to the model's.
        """
        own = model.state_dict().keys()
        best = max(_prefixes(self.state), key=lambda p: len(own & rename(self._without(p)).keys()))
        return replace(self, state=rename(self._without(best)), stripped=best)

    def _without(self, prefix: str) -> State:
        other = {k: v for k, v in self.state.items() if not k.startswith(prefix)}
        inside = {k.removeprefix(prefix): v for k, v in self.state.items() if k.startswith(prefix)}
        return other | inside


def read(file: Path) -> Given:
    """Read weights; unpack a checkpoint. Raises Misfit."""
    try:
        state = _unpickled(file)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise Misfit(f"{file} cannot be read as weights ({said})") from error
    for key in ("ema", "state_dict", "model"):
        state = state[key] if isinstance(state.get(key), dict) else state
    return Given(file.name, {k: v for k, v in state.items() if isinstance(v, Tensor)})


def _unpickled(file: Path) -> dict[str, Any]:
    if file.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(file))
    return dict(torch.load(file, map_location="cpu", weights_only=True))


def _prefixes(keys: Iterable[str]) -> list[str]:
    """Return the names of wrappers that keys begin with, each with those after it."""
    found = {""}
    for key in keys:
        words = key.split(".")
        wrappers = next((n for n, word in enumerate(words) if word not in WRAPPERS), 0)
        found |= {".".join([*words[:n], ""]) for n in range(1, wrappers + 1)}
    return sorted(found, key=len)


def load(
    model: nn.Module, given: Given, *, name: str, classes: int = 0, whole: bool = True
) -> Loaded:
    """Load weights; a head for other classes stays fresh.

    Args:
        model: What they are for.
        given: What read gave, fitted to the model's names.
        name: What messages call the model.
        classes: Of the model's own head; 0 where it has none.
        whole: All but the head must be there; else what is missing stays fresh, too.

    Raises:
        Misfit: Nothing fits, a shape differs outside of the head, or a whole model lacks some.
    """
    own, state = model.state_dict(), given.state
    taken = {k: _averaged(state[k], v) for k, v in own.items() if k in state}
    fits = {k: v for k, v in taken.items() if v.shape == own[k].shape}
    head = {k for k in taken if k not in fits and _is_head(own[k], taken[k], classes)}
    matched, other = _counted(fits), [k for k in taken if k not in fits and k not in head]
    if other:
        first, more = other[0], f", and {len(other) - 1} more differ" if len(other) > 1 else ""
        raise Misfit(
            f"the weights {given.source} do not fit {name}: {first} is {[*taken[first].shape]} "
            f"there and {[*own[first].shape]} here{more}; name the model that they are of"
        )
    if not matched:
        raise Misfit(
            f"nothing of {given.source} fits {name}: the file has {_some(_counted(state))}; the "
            f"model has {_some(_counted(own))}; name the model that the weights are of"
        )
    lacking = _counted(k for k in own if k not in taken)
    if lacking and whole:
        raise Misfit(
            f"the weights {given.source} do not fit {name}: they have no {_some(lacking)}; "
            "name the model that they are of"
        )
    nn.Module.load_state_dict(model, fits, strict=False)
    fresh, unused = ([k for k in keys if k not in fits] for keys in (_counted(own), state))
    stays = (tuple(fresh), tuple(_counted(unused)))
    return Loaded(given.source, len(matched), *stays, given.stripped)


def _averaged(value: Tensor, own: Tensor) -> Tensor:
    if value.ndim == 4 and value.shape[1] == 3 != own.shape[1]:
        return value.sum(1, keepdim=True).expand(own.shape) / own.shape[1]
    return value


def _is_head(own: Tensor, value: Tensor, classes: int) -> bool:
    return own.ndim > 0 and own.shape[0] == classes and own.shape[1:] == value.shape[1:]


def _counted(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if not key.endswith(COUNTERS)]


def _some(keys: Iterable[str]) -> str:
    shown = [*keys]
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return ", ".join(shown[:3]) + more


def fetched(model: nn.Module, *, heads: tuple[str, ...] = ()) -> Loaded:
    """Describe ImageNet weights that a library loaded itself: all but the heads named."""
    keys = _counted(model.state_dict())
    fresh = tuple(key for key in keys if key.startswith(tuple(f"{head}." for head in heads)))
    return Loaded("imagenet", len(keys) - len(fresh), fresh, fresh)


def note(model: nn.Module, loaded: Loaded) -> None:
    """Keep at a model what weights did to it."""
    model.weights_loaded = [*noted(model), loaded]  # type: ignore[assignment]


def noted(model: nn.Module) -> list[Loaded]:
    """Return what weights did to a model, in order."""
    return [*vars(model).get("weights_loaded", [])]


@contextmanager
def fetching(weights: Weights, name: str, *, mirror: bool = True) -> Iterator[None]:
    """Say in one message what a hub or a file of weights does not give. Raises Misfit."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        if isinstance(weights, Path):
            raise Misfit(f"the weights {weights} do not fit {name} ({said})") from error
        if weights is None or not isinstance(error, OSError):
            raise
        other = ", or a mirror of the hub: HF_ENDPOINT=https://... in the environment"
        raise Misfit(
            f"the ImageNet weights of {name} cannot be fetched ({said}); fetch them where "
            "there is a network, and name the file: model.backbone_weights=FILE"
            f"{other if mirror else ''}"
        ) from error

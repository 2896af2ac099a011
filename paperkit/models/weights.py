"""Pretrained weights of a hub or a file, for a model with other classes or channels.

This file stands alone; projects have the same copy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

Weights = str | Path | None  # "imagenet", or a file


class NotFound(ValueError):  # noqa: N818 - reads as what it says
    """The name or the weights lead to no model; the message ends with the way out."""


def read(file: Path, *, part: str = "") -> dict[str, Tensor]:
    """Read weights, of a part without its prefix; unpack a checkpoint. Raises NotFound."""
    try:
        state = _unpickled(file)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise NotFound(f"{file} cannot be read as weights ({said})") from error
    for key in ("state_dict", "model"):
        state = state[key] if isinstance(state.get(key), dict) else state
    state = {key.removeprefix("module."): value for key, value in state.items()}
    return {k.removeprefix(part): v for k, v in state.items() if k.startswith(part)} or state


def _unpickled(file: Path) -> dict[str, Any]:
    if file.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(file))
    return dict(torch.load(file, map_location="cpu", weights_only=True))


def load(model: nn.Module, state: dict[str, Tensor], *, said: str, classes: int = 0) -> None:
    """Load weights; a head for other classes stays fresh.

    Args:
        model: What they are for.
        state: What read gave, or a library.
        said: The beginning of the message where they do not fit.
        classes: Of the model's own head; 0 where it has none.

    Raises:
        NotFound: Some of the model's parameters get no weights.
    """
    own = model.state_dict()
    if all(key.startswith("model.") for key in own):  # smp's tu- encoders hold a model of timm's
        state = {f"model.{key}": value for key, value in state.items()}
    taken = {k: _averaged(state[k], v) for k, v in own.items() if k in state}
    fits = {k: v for k, v in taken.items() if v.shape == own[k].shape}
    head = {k for k in taken if k not in fits and own[k].shape[0] == classes}
    lacking = [k for k in own if k not in fits and k not in head and "num_batches" not in k]
    if lacking:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        raise NotFound(f"the weights {said}: {', '.join(lacking[:3])}{more}")
    nn.Module.load_state_dict(model, fits, strict=False)


def _averaged(value: Tensor, own: Tensor) -> Tensor:
    if value.ndim == 4 and value.shape[1] == 3 != own.shape[1]:
        return value.sum(1, keepdim=True).expand(own.shape) / own.shape[1]
    return value


@contextmanager
def fetching(weights: Weights, name: str) -> Iterator[None]:
    """Say in one message what a hub or a file of weights does not give. Raises NotFound."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        if isinstance(weights, Path):
            raise NotFound(f"the weights {weights} do not fit {name} ({said})") from error
        if weights is None or not isinstance(error, OSError):
            raise
        raise NotFound(
            f"the ImageNet weights of {name} cannot be fetched ({said}); fetch them where "
            "there is a network, and name the file: model.backbone_weights=FILE"
        ) from error

"""How parameters and buffers that a class holds itself are written; a checkpoint fills them."""

from typing import Any

import torch
from torch import Tensor, nn

from .errors import EjectError
from .make import Field, Make

__all__ = ["Raw", "held"]

SMALL = 64  # values that are written out


class Raw(str):
    """Code, as it is."""


def held(module: nn.Module, original: nn.Module, place: str) -> list[tuple[str, Make]]:
    """Return name and constructor of what a module holds itself, its children left out."""
    found = []
    for name, parameter in original._parameters.items():
        if parameter is not None:
            frozen = () if parameter.requires_grad else (Field("requires_grad", False, True),)
            made = Make("nn.Parameter", (_first(_start(parameter.detach())), *frozen))
            found.append((name, made))
        elif name in module._parameters:
            found.append((name, Make("", (_first(Raw("None")),))))
    for name, buffer in original._buffers.items():
        if buffer is not None:
            kept = name not in original._non_persistent_buffers_set
            value = _buffer(buffer, f"{place}.{name}", kept)
            last = () if kept else (Field("persistent", False, True),)
            made = Make("self.register_buffer", (_first(name), _first(value), *last))
            found.append((name, made))
    return found


def _start(tensor: Tensor) -> Any:
    """Return the code of a parameter's start: constant, or normal with its spread."""
    constant = _constant(tensor)
    if constant is not None:
        return constant
    spread = float(f"{tensor.float().std().item():.2g}") or 0.02
    empty = Make("torch.empty", tuple(map(_first, tensor.shape)))
    return Make("nn.init.normal_", (_first(empty), Field("std", spread, 1.0)))


def _buffer(tensor: Tensor, place: str, kept: bool) -> Any:
    constant = _constant(tensor)
    if constant is not None:
        return constant
    if tensor.numel() <= SMALL:
        return Make("torch.tensor", (_first(Raw(repr(tensor.tolist()))), *_kind(tensor, True)))
    if kept:  # a checkpoint has it
        return Make("torch.zeros", (*map(_first, tensor.shape), *_kind(tensor)))
    raise EjectError(
        f"{place}: a buffer of {tensor.numel()} values that checkpoints do not hold "
        "(persistent=False), so the file could not have them; register it as persistent"
    )


def _constant(tensor: Tensor) -> Make | None:
    """Return the code of a tensor whose values are all equal."""
    if not tensor.numel() or not bool((tensor == tensor.flatten()[0]).all()):
        return None
    value = tensor.flatten()[0].item()
    shape = tuple(map(_first, tensor.shape))
    if not shape:
        return Make("torch.tensor", (_first(value), *_kind(tensor, True)))
    if value in (0, 1):
        return Make(f"torch.{'ones' if value else 'zeros'}", (*shape, *_kind(tensor)))
    empty = Make("torch.empty", (*shape, *_kind(tensor)))
    return Make("nn.init.constant_", (_first(empty), _first(value)))


def _kind(tensor: Tensor, told: bool = False) -> tuple[Field, ...]:
    """Return the type where torch would choose another; ``told``: it sees the values."""
    usual = {torch.float32, torch.int64, torch.bool} if told else {torch.float32}
    return () if tensor.dtype in usual else (Field("dtype", Raw(str(tensor.dtype))),)


def _first(value: Any) -> Field:
    return Field("", value, placed=True)

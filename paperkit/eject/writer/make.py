"""How a module is constructed: a tree of calls, compared and written later."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from .errors import EjectError
from .record import constructed, signature

__all__ = ["Field", "Make", "Param", "as_constructed", "code", "fields", "layer", "same_module"]

BY_PLACE = {  # arguments that the field writes without their names
    *("in_channels", "out_channels", "kernel_size", "num_features", "in_features"),
    *("out_features", "num_groups", "num_channels", "normalized_shape", "output_size", "p"),
    *("num_embeddings", "embedding_dim", "embed_dim", "num_heads", "channels", "upscale_factor"),
}

VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Field:
    """One argument. ``value``: a constant, a Make, or a Param; ``default`` is not written."""

    name: str
    value: Any
    default: Any = inspect.Parameter.empty
    placed: bool = False


@dataclass(frozen=True)
class Param:
    """An argument of the class that is being written, in the place of a constant.

    ``times``: the value is so many times the argument.
    """

    name: str
    times: int = 1


@dataclass(frozen=True)
class Make:
    """A call of a constructor. ``keys``: the names of a container's items, where not 0, 1, ..."""

    head: Any  # text, or the Class that is going to be written
    fields: tuple[Field, ...]
    keys: tuple[str, ...] = ()


def layer(module: nn.Module, path: str, *, head: str = "") -> Make:
    """Return the call that makes a layer of torch.nn.

    Raises:
        EjectError: No call makes the same layer.
    """
    kind = type(module)
    head = head or (f"nn.{kind.__name__}" if hasattr(nn, kind.__name__) else _import_name(kind))
    for given in (_from_attributes(module), as_constructed(module)):
        if given is None:
            continue
        try:
            with torch.device("meta"):
                again = kind(**given)
        except Exception:  # the attributes do not tell enough
            continue
        if same_module(again, module):
            return Make(head, fields(kind, given))
    raise EjectError(
        f"{path} ({kind.__name__}): no call of its constructor makes this layer again; was it "
        "changed after it was made?"
    )


def same_module(one: nn.Module, other: nn.Module) -> bool:
    """Tell whether two modules are built alike: layers, settings, shapes; not their weights."""
    if type(one) is not type(other) or _settings(one) != _settings(other):
        return False
    if _shapes(one) != _shapes(other) or list(one._modules) != list(other._modules):
        return False
    pairs = zip(one._modules.values(), other._modules.values(), strict=True)
    return all(a is b if a is None or b is None else same_module(a, b) for a, b in pairs)


def _settings(module: nn.Module) -> dict[str, Any]:
    return {
        key: _short(value)
        for key, value in vars(module).items()
        if not key.startswith("_")
        and key not in ("training", "forward")
        and isinstance(value, bool | int | float | str | tuple | type(None))
    }


def _shapes(module: nn.Module) -> list[Any]:
    held = (*module._parameters.items(), *module._buffers.items())
    return [(name, None if t is None else (tuple(t.shape), t.dtype)) for name, t in held]


def _from_attributes(module: nn.Module) -> dict[str, Any] | None:
    """Read a constructor's arguments off the attributes of the same names."""
    given: dict[str, Any] = {}
    for name, parameter in signature(type(module)).parameters.items():
        if name in ("device", "dtype") or parameter.kind in VARIABLE:
            continue
        value = getattr(module, name, parameter.default)
        if name == "bias" and not isinstance(value, bool):
            value = value is not None and value is not parameter.empty
        if value is parameter.empty or isinstance(value, torch.Tensor | nn.Module):
            return None
        given[name] = _short(value)
    if given.get("stride") is not None and given.get("stride") == given.get("kernel_size"):
        stride = signature(type(module)).parameters["stride"]
        given["stride"] = None if stride.default is None else given["stride"]
    return given


def as_constructed(module: nn.Module) -> dict[str, Any] | None:
    """Return the arguments that a module was constructed with, defaults included."""
    known = constructed(module)
    if known is None:
        return None
    try:
        bound = signature(type(module)).bind(*known[0], **known[1])
    except TypeError:  # a copy, which was made without arguments
        return None
    bound.apply_defaults()
    for name, parameter in bound.signature.parameters.items():
        if parameter.kind in VARIABLE and not bound.arguments[name]:
            del bound.arguments[name]
    return {k: _short(v) for k, v in bound.arguments.items() if k not in ("device", "dtype")}


def fields(kind: type[nn.Module], given: dict[str, Any]) -> tuple[Field, ...]:
    """Return arguments in the order of the constructor."""
    found, before = [], True
    for name, parameter in signature(kind).parameters.items():
        if name in given:
            before = before and (parameter.default is parameter.empty or name in BY_PLACE)
            found.append(Field(name, given[name], _short(parameter.default), before))
    return tuple(found)


def _short(value: Any) -> Any:
    """Write (3, 3) as 3, as its author did."""
    if isinstance(value, tuple) and len(value) > 1 and len(set(map(repr, value))) == 1:
        return value[0]
    return tuple(value) if isinstance(value, torch.Size) else value


def _import_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def code(value: Any, write: Callable[[Any], str] | None = None) -> str:
    """Return a constant as code."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, type) and value.__module__.startswith("torch.nn"):
        return f"nn.{value.__name__}"
    if isinstance(value, tuple | list) and write is not None:
        inside = ", ".join(map(write, value))
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value)

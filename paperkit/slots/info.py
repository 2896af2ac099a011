"""What a module says about itself: the INFO dictionary of its file, and its constructor.

A class without INFO is taken for what its ``forward`` shows: one tensor in, or a fusion of two.
"""

import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from .errors import SlotError, nearest
from .plug import Call, Combine, Value, show

TWO_WIDTHS = ("conv", "block", "up", "down", "fusion")  # kinds that take two numbers of channels
FACTOR = {"block": "stride", "down": "stride", "up": "scale"}  # what else these take from the place


@dataclass(frozen=True)
class About:
    """A module's class and what is declared about it."""

    name: str
    cls: type[nn.Module]
    info: Mapping[str, Any]

    @property
    def arity(self) -> int:
        """1, or 2 for a fusion of x and a skip."""
        return int(self.info.get("arity") or _arity(self.cls))

    @property
    def kind(self) -> str:
        """What the constructor takes: one of TWO_WIDTHS, or anything else: C."""
        return str(self.info.get("kind") or ("fusion" if self.arity == 2 else "attention"))

    @property
    def fuses(self) -> bool:
        """Whether a fusion returns one fused feature; else it returns a gated skip."""
        return str(self.info.get("returns", "fused")) == "fused"

    def parameters(self) -> dict[str, inspect.Parameter]:
        """Return the constructor's parameters by name, without self."""
        given = inspect.signature(self.cls.__init__)  # an inherited __new__ hides the class's
        return dict(list(given.parameters.items())[1:])

    def options(self) -> dict[str, inspect.Parameter]:
        """Return the parameters that a plug may set: those that the model does not decide."""
        given = self.parameters()
        first = list(given)[: 2 if self.kind in TWO_WIDTHS else 1]
        taken = {*first, *(SPECIFICATION if self.kind == "conv" else (FACTOR.get(self.kind),))}
        named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        return {k: p for k, p in given.items() if k not in taken and p.kind in named}


SPECIFICATION = ("kernel_size", "stride", "padding", "dilation", "groups", "bias")


def about(name: str, find: Callable[[str], type]) -> About:
    """Look a module up by its file's name. Raises what find raises; SlotError for a loss."""
    cls = find(name)
    if not (isinstance(cls, type) and issubclass(cls, nn.Module)):
        raise SlotError(f"{name}: {cls!r} is not a class of torch.nn.Module")
    found = About(name, cls, getattr(sys.modules.get(cls.__module__), "INFO", {}))
    if found.kind == "loss":
        raise SlotError(f"{name} is a loss, no module for a slot; train with it: loss.name={name}")
    return found


def checked(module: About, key: str, value: Value) -> Any:
    """Return an argument's value as the constructor wants it. Raises SlotError."""
    options = module.options()
    if key not in options:
        if key in module.parameters():
            raise SlotError(f"{module.name}: {key} comes from the model; leave it out")
        raise SlotError(f"{module.name} has no argument {key!r}; {_known(key, options)}")
    if isinstance(value, Call) and not value.args:
        value = value.name
    if isinstance(value, Call | Combine):
        parts = ", ".join(module.info.get("components", {})) or "none"
        raise SlotError(
            f"{module.name}: {key} takes no module, but {value} is one; "
            f"arguments of {module.name} that take modules: {parts}"
        )
    wanted = _hints(module.cls).get(key, Any)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not _fits(value, wanted):
        raise SlotError(f"{module.name}: {key} is {show(value)}, but it is {_words(wanted)}")
    return value


def _arity(cls: type[nn.Module]) -> int:
    given = list(inspect.signature(cls.forward).parameters.values())[1:]
    needed = [p for p in given if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    return min(2, max(1, len(needed)))


def _hints(cls: type[nn.Module]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls.__init__)
    except Exception:  # names that only a type checker sees: then nothing is checked
        return {}


def _known(key: str, options: Mapping[str, Any]) -> str:
    return nearest(key, options) or "it has none that can be set"


def _fits(value: object, wanted: Any) -> bool:
    origin, inner = typing.get_origin(wanted), typing.get_args(wanted)
    if wanted is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, choice) for choice in inner)
    if origin is typing.Literal:
        return any(value == choice and type(value) is type(choice) for choice in inner)
    if isinstance(value, tuple):
        each = [choice for choice in inner if choice is not ...] or [Any]
        is_list = (origin or wanted) is not str and hasattr(origin or wanted, "__iter__")
        return is_list and all(any(_fits(item, choice) for choice in each) for item in value)
    if wanted is type(None) or value is None:
        return value is None and wanted is type(None)
    if isinstance(value, bool) or wanted is bool:
        return isinstance(value, bool) and wanted is bool
    if wanted is float:
        return isinstance(value, int | float)
    return isinstance(wanted, type) and isinstance(value, wanted)


def _words(wanted: Any) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    if wanted in names:
        return names[wanted]
    if typing.get_origin(wanted) is typing.Literal:
        return "one of " + ", ".join(str(choice) for choice in typing.get_args(wanted))
    if typing.get_origin(wanted) in (typing.Union, types.UnionType):
        return " or ".join(_words(choice) for choice in typing.get_args(wanted))
    return "none" if wanted is type(None) else str(wanted).replace("collections.abc.", "")

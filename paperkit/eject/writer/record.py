"""Remember the arguments with which modules were constructed: nothing else keeps them."""

import inspect
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

__all__ = ["constructed", "inherit", "recording", "signature"]

_GIVEN: weakref.WeakKeyDictionary[nn.Module, tuple[tuple[Any, ...], dict[str, Any]]] = (
    weakref.WeakKeyDictionary()
)
_ON = [False]


def _new(cls: type, /, *args: Any, **kwargs: Any) -> Any:
    after = super(nn.Module, cls).__new__  # type: ignore[misc]
    made = after(cls) if after is object.__new__ else after(cls, *args, **kwargs)
    if _ON[0]:
        _GIVEN[made] = (args, kwargs)
    return made


def signature(kind: type[nn.Module]) -> inspect.Signature:
    """Return what a class takes; before 3.11.4, inspect would look at an inherited __new__."""
    given = inspect.signature(kind.__init__)
    return given.replace(parameters=list(given.parameters.values())[1:])


@contextmanager
def recording() -> Iterator[None]:
    """Record every nn.Module that is constructed inside.

    ``nn.Module.__new__`` is set once and stays, doing nothing outside: deleting a ``__new__``
    again would make Python refuse constructor arguments.
    """
    if nn.Module.__dict__.get("__new__") is None:
        nn.Module.__new__ = _new  # type: ignore[method-assign,assignment]
    _ON[0] = True
    try:
        yield
    finally:
        _ON[0] = False


def constructed(module: nn.Module) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Return (args, kwargs) of a module's constructor, if it was recorded."""
    return _GIVEN.get(module)


def inherit(model: nn.Module, twin: nn.Module) -> None:
    """Say that the modules of a copy were constructed as those of its original."""
    for module, copied in zip(model.modules(), twin.modules(), strict=True):
        known = _GIVEN.get(module)
        if known is not None:
            _GIVEN[copied] = known

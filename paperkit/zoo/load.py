"""From a name to the class: the only part of the catalogue that imports torch."""

import importlib
from types import ModuleType

from torch import nn

from paperkit.errors import UserError
from paperkit.zoo.catalogue import path

_DIGITS = "0123456789"  # a year that keeps two papers' names apart is not in the class's name

__all__ = ["class_in", "find"]


def find(name: str) -> type[nn.Module]:
    """Import the module of this name alone and return its class. Raises UserError."""
    path(name)
    return class_in(importlib.import_module(f"paperkit.zoo.{name}"), name)


def class_in(module: ModuleType, name: str, *, file: str = "") -> type[nn.Module]:
    """Return the class of a module that has been imported.

    Of several classes it is the one that is called like the file (coord_att: CoordAtt, scconv23:
    SCConv), or the only public one. Raises UserError where that is not one.
    """
    own = {
        key: cls
        for key, cls in vars(module).items()
        if isinstance(cls, type)
        and issubclass(cls, nn.Module)
        and cls.__module__ == module.__name__
    }
    plain = name.replace("_", "").lower()
    alike = [cls for key, cls in own.items() if key.lower() in (plain, plain.rstrip(_DIGITS))]
    public = [cls for key, cls in own.items() if not key.startswith("_")]
    chosen = alike or public
    if len(chosen) != 1:
        raise UserError(
            f"{file or name}: there should be one class of torch.nn.Module, or one that is called "
            f"like the file; there are: {', '.join(cls.__name__ for cls in chosen) or 'none'}; "
            "name it, FILE.py:CLASS"
        )
    return chosen[0]

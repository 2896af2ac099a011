"""From a name to the class: the only part of the catalogue that imports torch."""

import importlib

from torch import nn

from paperkit.zoo.catalogue import path

_DIGITS = "0123456789"  # a year that keeps two papers' names apart is not in the class's name

__all__ = ["find"]


def find(name: str) -> type[nn.Module]:
    """Import the module of this name alone and return its class. Raises UserError.

    Of several classes it is the one that is called like the file (coord_att: CoordAtt, scconv23:
    SCConv), or the only public one.
    """
    path(name)
    module = importlib.import_module(f"paperkit.zoo.{name}")
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
    (chosen,) = alike or public
    return chosen

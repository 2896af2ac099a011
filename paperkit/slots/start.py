"""How a plug starts: as published, or as an exact identity that leaves a trained model alone."""

from collections.abc import Sequence

import torch
from torch import nn

from .combine import Blend, Residual
from .errors import SlotError
from .plug import Plug
from .probe import Shape
from .slot import Way

START = {"identity": 0.0, "small": 1e-3}  # of a in x + a (m(x) - x)


def initialised(plug: Plug, module: nn.Module, way: Way, given: Sequence[Shape]) -> nn.Module:
    """Return the module with the plug's init; given are its inputs' shapes. Raises SlotError."""
    if plug.init in START:
        return Blend(module, start=START[plug.init], way=way)
    if plug.init == "zero_last":
        _zero_last(plug, module, given)
    return module


def _zero_last(plug: Plug, module: nn.Module, given: Sequence[Shape]) -> None:
    """Zero the last layer of a residual's branch, and see whether the claim is true."""
    if not isinstance(module, Residual):
        raise SlotError(
            f"init: zero_last is for residual(E), not for {plug.use}; use init: identity"
        )
    layers = [m for m in module.inner.modules() if getattr(m, "weight", None) is not None]
    if layers:
        for parameter in layers[-1].parameters(recurse=False):
            nn.init.zeros_(parameter)
    x = torch.rand(given[0])
    module.eval()
    with torch.no_grad():
        exact = torch.equal(module(x), x)
    if not exact:
        raise SlotError(
            f"{plug.use} is no identity when the last layer of E is zero (a gate follows it); "
            "use init: identity"
        )

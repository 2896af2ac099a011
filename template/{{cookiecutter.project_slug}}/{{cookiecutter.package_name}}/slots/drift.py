"""What fresh plugs do to the features of trained weights, measured on one batch.

A gate at its published start multiplies by about one half. Behind pretrained weights, sixteen of
them leave little of the features that the head, or fine-tuning, starts from.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .sites import sites


def features(model: nn.Module, batch: Tensor) -> Tensor:
    """Return what enters the head [B, ...], or the output where no head is known; float32.

    The model evaluates for this one forward; its weights, statistics and modes stay as they are.
    """
    modes = {module: module.training for module in model.modules()}
    head = sites(model).get("head")
    taken: list[Tensor] = []

    def take(module: nn.Module, args: tuple[Any, ...]) -> None:  # noqa: ARG001
        taken.append(args[0])

    at = model.get_submodule(head.component) if head and head.component else None
    handle = at.register_forward_pre_hook(take) if at else None
    try:
        with torch.no_grad():
            output = model.eval()(batch)
    finally:
        for module, training in modes.items():
            module.training = training
        if handle:
            handle.remove()
    found: Tensor = taken[0] if taken else output
    return found.float()


def drift(before: Tensor, after: Tensor) -> tuple[float, float]:
    """Return (norm after / norm before, cosine), means over the batch's samples [B, ...]."""
    a, b = before.flatten(1), after.flatten(1)
    ratio = (b.norm(dim=1) / a.norm(dim=1).clamp_min(1e-12)).mean()
    return float(ratio), float(F.cosine_similarity(a, b, dim=1).mean())


def warning(before: Tensor, after: Tensor) -> str:
    """Say what has changed, and the way out; "" where the features are what they were."""
    if torch.equal(before, after):
        return ""
    ratio, cosine = drift(before, after)
    return (
        f"fresh behind trained weights: the features at the head have {ratio:.2f} of their norm, "
        f"cosine {cosine:.2f} to what they were; init: identity or small starts from the "
        "trained model"
    )

"""Focal losses as people write them: which terms, which weights, which mean."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["FocalTerms", "changes", "variants"]

GAMMAS = (2.0, 0.0, 0.5, 1.0, 1.5, 3.0, 4.0, 5.0)
ALPHAS = (None, 0.25, 0.5, 0.75)
MEANS = ("pixels and classes", "pixels", "images", "nothing")


@dataclass(frozen=True)
class FocalTerms:
    """-a (1 - q)^gamma log q; defaults as in the catalogue.

    Attributes:
        rest: Whether each class counts against the rest; else the true class alone.
        gamma: The power.
        alpha: Weight of the true class, or None.
        scales: Whether alpha weighs everything; else the rest has 1 - alpha.
        mean: What the sum is divided by the number of.
    """

    rest: bool = True
    gamma: float = 2.0
    alpha: float | None = None
    scales: bool = False
    mean: str = "pixels and classes"

    def value(self, p: Tensor, g: Tensor) -> float:
        """Return the loss of probabilities and one-hot truth, both [B, K, H, W]."""
        q = torch.where(g > 0, p, 1 - p) if self.rest else (p * g).sum(1, keepdim=True)
        each = -((1 - q) ** self.gamma) * q.log()
        if self.alpha is not None:
            own = self.scales or not self.rest
            each = each * (self.alpha if own else self.alpha * g + (1 - self.alpha) * (1 - g))
        pixels = p[:, 0].numel()
        count = {"pixels": pixels, "images": len(p), "nothing": 1}
        return float(each.sum() / count.get(self.mean, pixels * p.shape[1]))


def variants(ours: FocalTerms) -> list[FocalTerms]:
    """Return what copies make of it, fewest changes first."""
    every = itertools.product((True, False), GAMMAS, ALPHAS, (False, True), MEANS)
    found = [other for other in (FocalTerms(*values) for values in every) if _sensible(other)]
    return sorted(found, key=lambda other: len(changes(ours, other)))


def changes(ours: FocalTerms, other: FocalTerms) -> list[str]:
    """Return a sentence for each change."""
    return list(_changes(ours, other))


def _sensible(other: FocalTerms) -> bool:
    alone = not other.rest and other.mean == "pixels and classes"
    return not alone and (other.alpha is not None or not other.scales)


def _changes(ours: FocalTerms, other: FocalTerms) -> Iterator[str]:
    if other.rest != ours.rest:
        yield (
            "counts the true class of a pixel alone (softmax), where the catalogue adds each "
            "class against the rest (sigmoid)"
        )
    if other.gamma != ours.gamma:
        yield f"gamma is {other.gamma:g}, where the catalogue has {ours.gamma:g}"
    if other.alpha is not None and other.alpha != ours.alpha:
        both = other.scales or not other.rest
        what = "every term" if both else "the true class, and 1 - alpha the rest"
        yield f"alpha of {other.alpha:g} weighs {what}"
    if other.mean != ours.mean and (other.rest or other.mean != "pixels"):
        does = "adds up all terms" if other.mean == "nothing" else f"means over {other.mean}"
        yield f"{does}, where the catalogue means over {ours.mean}"

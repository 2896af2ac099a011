"""Dice, Jaccard and Tversky losses as people write them: what of a formula they change."""

import itertools
import math
from dataclasses import dataclass, fields, replace
from typing import Any

from torch import Tensor

__all__ = ["Overlap", "base", "changes", "variants"]

SMOOTH = (0.0, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 100.0)
RATES = ((0.5, 0.5), (1.0, 1.0))
Counts = tuple[float, float, float]  # true positives, predicted, truth


@dataclass(frozen=True)
class Overlap:
    """(TP + s) / (TP + a FP + b FN + s) and what is made of it; defaults as in the catalogue.

    Attributes:
        rates: a and b.
        power: Of one minus the index, as in the focal Tversky loss.
        outer: "1 -", "" (a similarity), "-" or "-log".
        squared: Whether FP is of squared probabilities, as in V-Net.
        over: What the sums run over: "batch", "image", "batch and classes", "image and classes".
        smooth: s.
        above: Whether s is added above, too.
        background: Whether class 0 counts.
        absent: A class without pixels: "nothing" (adds 0, counts in the mean), "skipped" (is left
            out of the mean) or "counted" (as any other).
        summed: Whether classes are added up instead of averaged.
    """

    rates: tuple[float, float] = (0.5, 0.5)
    power: float = 1.0
    outer: str = "1 -"
    squared: bool = False
    over: str = "batch"
    smooth: float = 0.0
    above: bool = True
    background: bool = True
    absent: str = "nothing"
    summed: bool = False

    def value(self, p: Tensor, g: Tensor) -> float:
        """Return the loss of probabilities and one-hot truth, both [B, K, H, W]."""
        groups = [self._group(counts) for counts in self._counts(p, g)]
        return math.fsum(groups) / len(groups)

    def _counts(self, p: Tensor, g: Tensor) -> list[list[Counts]]:
        """Return the sums of each image (or of the batch) and class (or of all classes)."""
        first = 0 if self.background else 1
        p, g = p[:, first:].flatten(2), g[:, first:].flatten(2)
        parts = [(p * g).sum(2), (p.square() if self.squared else p).sum(2), g.sum(2)]
        if "batch" in self.over:
            parts = [part.sum(0, keepdim=True) for part in parts]
        if "classes" in self.over:
            parts = [part.sum(1, keepdim=True) for part in parts]
        lists = [part.tolist() for part in parts]
        return [list(zip(*rows, strict=True)) for rows in zip(*lists, strict=True)]

    def _group(self, counts: list[Counts]) -> float:
        kept = [c for c in counts if c[2] > 0 or self.absent != "skipped"]
        if not kept:
            return 0.0
        each = [self._one(c) for c in kept]
        return math.fsum(each) / (1 if self.summed else len(each))

    def _one(self, counts: Counts) -> float:
        both, predicted, truth = counts
        if not truth and self.absent == "nothing":
            return 0.0
        a, b = self.rates
        below = both + a * (predicted - both) + b * (truth - both) + self.smooth
        score = (both + (self.smooth if self.above else 0)) / max(below, 1e-7)
        if self.outer == "1 -":
            return math.pow(max(1 - score, 0.0), self.power)
        return {"": score, "-": -score, "-log": -math.log(max(score, 1e-300))}[self.outer]


def base(name: str, options: dict[str, Any]) -> Overlap | None:
    """Return the catalogue's formula with its defaults; None where it is no overlap.

    Args:
        name: Of the loss.
        options: The defaults of its constructor.
    """
    if name in ("dice", "jaccard"):
        return Overlap((0.5, 0.5) if name == "dice" else (1.0, 1.0))
    if name == "tversky":
        return Overlap((options["alpha"], options["beta"]))
    if name == "focal_tversky":
        return Overlap((options["beta"], options["alpha"]), power=1 / options["gamma"])
    return None


def variants(ours: Overlap) -> list[Overlap]:
    """Return what copies make of it, up to four changes at once, fewest first."""
    free: dict[str, tuple[Any, ...]] = {
        "outer": ("1 -", "", "-", "-log"),
        "squared": (False, True),
        "over": ("batch", "image", "batch and classes", "image and classes"),
        "smooth": SMOOTH,
        "above": (True, False),
        "background": (True, False),
        "absent": ("nothing", "counted", "skipped"),
        "summed": (False, True),
        "rates": tuple(dict.fromkeys((ours.rates, ours.rates[::-1], *RATES))),
        "power": tuple(dict.fromkeys((ours.power, 1.0))),
    }
    every = (dict(zip(free, values, strict=True)) for values in itertools.product(*free.values()))
    usual = {key: values[0] for key, values in free.items()}
    few = [(sum(usual[k] != v for k, v in one.items()), one) for one in every]
    found = [replace(ours, **one) for count, one in sorted(few, key=lambda c: c[0]) if count <= 4]
    return [other for other in found if _sensible(other)]


def changes(ours: Overlap, other: Overlap) -> list[str]:
    """Return a sentence for each change."""
    return [
        _sentence(field.name, ours, other)
        for field in fields(ours)
        if getattr(ours, field.name) != getattr(other, field.name)
        and field.name != "above"  # said with smooth
    ]


def _sensible(other: Overlap) -> bool:
    """What cannot be told apart is one variant only."""
    together = "classes" in other.over
    return not (
        (together and (other.summed or other.absent != "nothing"))
        or (other.smooth == 0 and not other.above)
        or (other.outer != "1 -" and other.power != 1)
    )


def _sentence(name: str, ours: Overlap, other: Overlap) -> str:
    where = "below only" if not other.above else "above and below"
    a, b = other.rates
    called = {(0.5, 0.5): ": that is Dice", (1.0, 1.0): ": that is Jaccard"}.get(other.rates, "")
    doubled = f" ({2 * other.smooth:g} where TP is doubled)" if (a, b) == (0.5, 0.5) else ""
    told = {
        "outer": {
            "1 -": "",
            "": "returns the overlap itself, a similarity: the loss is 1 minus it",
            "-": "returns minus the overlap, which is the catalogue's less 1: same gradients",
            "-log": "returns minus the logarithm of the overlap, not 1 minus it",
        }[other.outer],
        "squared": "squares the probabilities in the denominator, as dice does with squared=True",
        "over": {
            "batch": "",
            "image": "has an overlap for each image and means over images, where the catalogue "
            "sums over the batch",
            "batch and classes": "adds up all classes before it divides, where the catalogue "
            "divides for each class: large classes rule",
            "image and classes": "adds up all classes of an image before it divides, and means "
            "over images, where the catalogue divides for each class of the batch",
        }[other.over],
        "smooth": f"adds {other.smooth:g}{doubled} to the true positives, {where}, where the "
        f"catalogue adds {ours.smooth:g}",
        "background": "leaves out class 0, which the catalogue counts",
        "absent": {
            "nothing": "",
            "counted": "a class that the batch lacks counts as any other, where it adds nothing in "
            "the catalogue",
            "skipped": "means over the classes that are there, where the catalogue means over all",
        }[other.absent],
        "summed": "adds up the classes, where the catalogue means over them",
        "rates": f"weighs false positives by {a:g} and false negatives by {b:g}, where the "
        f"catalogue has {ours.rates[0]:g} and {ours.rates[1]:g}{called}",
        "power": f"has no power, where the catalogue has {ours.power:.3g}",
    }
    return told[name]

"""Why a copied loss gives other values: the usual changes, tried in turn, several at once."""

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from paperkit.zoo.foreign import focal_terms, overlap
from paperkit.zoo.foreign.loss_fit import LossFit
from paperkit.zoo.load import find

__all__ = ["CLOSE", "Row", "causes", "close"]

CLOSE = 1e-4  # of the value: a smoothing constant of 1e-5 makes no difference
NUMBERS = (0.0, 0.25, 0.3, 0.5, 0.7, 0.75, 1.0, 2.0, 3.0)
Value = Callable[[Tensor, Tensor], float]


@dataclass(frozen=True)
class Row:
    """Logits and classes, and what the copy and the catalogue's loss give for them."""

    name: str
    logits: Tensor
    truth: Tensor
    yours: float
    ours: float


def causes(rows: Sequence[Row], name: str, ours: LossFit) -> list[str] | None:
    """Return what was changed, where a change or a few give all the values; else None.

    Args:
        rows: Where the copy gives a number.
        name: Of the catalogue's loss.
        ours: How that is called.
    """
    for told, value in itertools.chain(_plain(name, ours), _family(name, ours)):
        if rows and all(close(row.yours, _tried(value, row)) for row in rows):
            return told()
    return None


def close(a: float, b: float) -> bool:
    """Tell whether two values are one for all purposes; NaN is near nothing."""
    return abs(a - b) <= CLOSE * max(abs(a), abs(b), 1e-9)


def _tried(value: Value, row: Row) -> float:
    try:
        return value(row.logits, row.truth)
    except Exception:
        return math.nan


def _plain(name: str, ours: LossFit) -> Iterator[tuple[Callable[[], list[str]], Value]]:
    """The catalogue's loss with other options, over images, turned round, or times something."""
    cls = find(name)
    for (given, option), (image, each) in itertools.product(_options(ours), _REDUCED.items()):
        seen = functools.cache(functools.partial(each, cls, replace(ours, given=given)))
        for outer, after in _OUTER.items():

            def value(
                x: Tensor,
                t: Tensor,
                *,
                seen: Value = seen,
                after: Callable[[float, Tensor], float] = after,
            ) -> float:
                return after(seen(x, t), x)

            yield [sentence for sentence in (option, image, outer) if sentence].copy, value


def _options(ours: LossFit) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the defaults first, then each option with another value."""
    yield {}, ""
    for key, default in ours.options.items():
        usual: tuple[Any, ...] = NUMBERS if isinstance(default, float) else ()
        for value in (not default,) if isinstance(default, bool) else usual:
            if value != default:
                yield (
                    {key: value},
                    f"is the catalogue's with {key}={value!r}, which has {default!r}",
                )


def _whole(cls: type[nn.Module], found: LossFit, x: Tensor, t: Tensor) -> float:
    return float(found.of_probabilities(cls, x, t))


def _by_image(cls: type[nn.Module], found: LossFit, x: Tensor, t: Tensor) -> float:
    each = [_whole(cls, found, x[i : i + 1], t[i : i + 1]) for i in range(len(x))]
    return math.fsum(each) / len(each)


_REDUCED: dict[str, Callable[..., float]] = {
    "": _whole,
    "means over images, where the catalogue sums over the batch": _by_image,
}
_OUTER: dict[str, Callable[[float, Tensor], float]] = {
    "": lambda value, _: value,
    "returns 1 minus the catalogue's: a similarity, not a loss": lambda value, _: 1 - value,
    "returns minus the catalogue's: training would raise it": lambda value, _: -value,
    "returns the catalogue's less 1, with the same gradients": lambda value, _: value - 1,
    "adds up the classes, where the catalogue means over them": lambda v, x: v * x.shape[1],
    "adds up the images, where the catalogue means over them": lambda v, x: v * len(x),
    "adds up the pixels, where the catalogue means over them": lambda v, x: v * x[:, 0].numel(),
    "adds up the pixels of an image, where the catalogue means over them": (
        lambda v, x: v * x[0, 0].numel()
    ),
    "adds up pixels and classes, where the catalogue means over them": lambda v, x: v * x.numel(),
    "is half the catalogue's": lambda value, _: value / 2,
    "is twice the catalogue's": lambda value, _: value * 2,
}


def _family(name: str, ours: LossFit) -> Iterator[tuple[Callable[[], list[str]], Value]]:
    """Formulas of the same family, with several changes at once."""
    hot = functools.cache(_hot)
    known = overlap.base(name, ours.options)
    if known is not None:
        for other in overlap.variants(known):
            told = functools.partial(overlap.changes, known, other)
            yield told, functools.partial(_given, other.value, hot)
    elif name == "focal":
        terms = focal_terms.FocalTerms()
        for one in focal_terms.variants(terms):
            told = functools.partial(focal_terms.changes, terms, one)
            yield told, functools.partial(_given, one.value, hot)


def _given(
    value: Value, hot: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], x: Tensor, t: Tensor
) -> float:
    return value(*hot(x, t))


def _hot(x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Return probabilities and one-hot truth."""
    return x.softmax(1), F.one_hot(t, x.shape[1]).movedim(-1, 1).to(x.dtype)

"""Is a copied loss what the catalogue has? By values and gradients on the same probabilities."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from paperkit.zoo.conform.subject import said
from paperkit.zoo.foreign.loss_causes import CLOSE, Row, causes, close
from paperkit.zoo.foreign.loss_fit import LossFit, fit
from paperkit.zoo.load import find

__all__ = ["compare_losses"]

# name, images, classes, classes that are there
CASES = (
    ("3 images, 4 classes", 3, 4, 4),
    ("one image", 1, 4, 4),
    ("2 classes", 2, 2, 2),
    ("2 images, 5 classes", 2, 5, 5),
    ("a class is missing", 3, 4, 3),
)


def compare_losses(cls: type[nn.Module], name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Compare a class with the catalogue's loss.

    Both get the same probabilities, whether they take logits or not; gradients are with respect to
    logits whose softmax these are.

    Returns:
        {cls, name, kind: "loss", same, values: [[case, yours, catalogue's]] with null for NaN,
        notes: [sentence], differences: [sentence], explained: whether these are all}.
    """
    theirs, ours = fit(cls, given), fit(find(name), {})
    rows = [_row(case, (cls, theirs), (find(name), ours)) for case in CASES]
    told = _squashing(theirs, ours)
    if all(close(row.yours, row.ours) for row in rows):
        apart = _gradients_apart(rows, (cls, theirs), (find(name), ours))
        more: list[str] | None = [apart] if apart else []
    else:
        broken = ", ".join(row.name for row in rows if not math.isfinite(row.yours))
        told += [f"gives NaN or infinity: {broken}"] if broken else []
        more = causes([row for row in rows if math.isfinite(row.yours)], name, ours)
    told += _unexplained(rows) if more is None else more
    return {
        "cls": cls.__name__,
        "name": name,
        "kind": "loss",
        "same": not told,
        "values": [[row.name, _number(row.yours), _number(row.ours)] for row in rows],
        "notes": list(_notes(theirs)),
        "differences": told,
        "explained": more is not None,
    }


def _row(
    case: tuple[str, int, int, int],
    yours: tuple[type[nn.Module], LossFit],
    ours: tuple[type[nn.Module], LossFit],
) -> Row:
    """Compare on 8x9 maps, with other shares of the classes in each image."""
    name, images, classes, there = case
    generator = torch.Generator().manual_seed(7)
    logits = torch.randn((images, classes, 8, 9), generator=generator, dtype=torch.float64)
    drawn = torch.rand((images, 8, 9), generator=generator)
    shares = torch.tensor([0.5, 1.0, 2.5])[:images, None, None]
    truth = (drawn**shares * there).long().clamp_max(there - 1)
    return Row(name, logits, truth, _seen(*yours, logits, truth), _seen(*ours, logits, truth))


def _seen(cls: type[nn.Module], found: LossFit, logits: Tensor, truth: Tensor) -> float:
    try:
        return float(found.of_probabilities(cls, logits, truth))
    except Exception:
        return math.nan


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _unexplained(rows: Sequence[Row]) -> list[str]:
    finite = [row for row in rows if math.isfinite(row.yours)]
    if not finite:
        return []
    worst = max(finite, key=lambda row: abs(row.yours - row.ours))
    return [
        f"values differ by up to {abs(worst.yours - worst.ours):.3g} ({worst.name}); none of the "
        "usual changes explains it: compare the two forwards line by line"
    ]


def _notes(theirs: LossFit) -> Iterator[str]:
    """How it is called, which is no difference in what it computes."""
    if theirs.inside == "none":
        yield "yours takes probabilities, so call it with softmax(logits, dim=1)"
    if theirs.form != "indices":
        yield f"yours takes the truth as {theirs.form}"


def _squashing(theirs: LossFit, ours: LossFit) -> list[str]:
    words = {"softmax": "a softmax over the classes", "sigmoid": "a sigmoid for each class"}
    if theirs.inside in ("none", ours.inside):
        return []
    return [f"has {words[theirs.inside]} inside, where the catalogue has {words[ours.inside]}"]


def _gradients_apart(
    rows: Sequence[Row],
    yours: tuple[type[nn.Module], LossFit],
    ours: tuple[type[nn.Module], LossFit],
) -> str:
    """Return the sentence for gradients that differ although values do not; "" if none does."""
    for row in rows:
        try:
            mine, right = (_gradient(*one, row) for one in (yours, ours))
        except Exception as error:
            return f"{row.name}: no gradient of it: {said(error)}"
        apart = float((mine - right).abs().max() / right.abs().max().clamp_min(1e-12))
        if apart > CLOSE:
            return (
                f"{row.name}: values are equal, but gradients differ by {apart:.2g} of the "
                "largest; is there a detach() or a no_grad()?"
            )
    return ""


def _gradient(cls: type[nn.Module], found: LossFit, row: Row) -> Tensor:
    leaf = row.logits.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(found.of_probabilities(cls, leaf, row.truth), [leaf])
    return gradient

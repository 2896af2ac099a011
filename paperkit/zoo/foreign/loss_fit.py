"""How a copied loss takes logits and truth: by its arguments' names, and by trials."""

import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from paperkit.errors import UserError
from paperkit.zoo.conform.subject import said

__all__ = ["LossFit", "fit", "is_loss"]

NAMED = re.compile(r"loss|criterion|entropy", re.IGNORECASE)
TRUTHS = re.compile(r"^(target|label|gt|y_true|true|truth)s?$|ground_?truth", re.IGNORECASE)
MAYBE = re.compile(r"^(mask|y)s?$", re.IGNORECASE)  # of a loss the truth; else anything
CLASSES = re.compile(r"^(n|num|number_of|nb)?_?(class|classes|cls|labels)$", re.IGNORECASE)
IGNORES = re.compile(r"^ignore", re.IGNORECASE)
FORMS = ("indices", "one-hot", "indices with a channel")
BATCH, COUNT, SIZE = 3, 4, (6, 5)  # none equal, so that nothing fits by accident


@dataclass
class LossFit:
    """What was found.

    Attributes:
        cls: Name of the class.
        given: Values of constructor's arguments, from the user.
        classes: The argument that takes the number of classes; "" if none.
        options: Default of each remaining argument, by name, where it is a plain value.
        form: How it takes the truth, one of FORMS.
        swapped: Whether the truth comes first.
        inside: "softmax", "sigmoid" or "none", of which the last takes probabilities.
        first: Whether it returns a tuple, of which the first is the loss.
        reduction: "batch" where all pixels of the batch are one sum, "image" where it is the mean
            over images, "other" where neither holds.
        pixelwise: Whether pixels may come in any order.
        kind: "loss".
    """

    cls: str
    given: dict[str, Any]
    classes: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    form: str = "indices"
    swapped: bool = False
    inside: str = "none"
    first: bool = False
    reduction: str = "other"
    pixelwise: bool = False
    kind: str = "loss"

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    def build(self, cls: type[nn.Module], count: int) -> nn.Module:
        """Construct for this many classes."""
        width = {self.classes: count} if self.classes else {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls(**width, **self.given)

    def call(self, cls: type[nn.Module], scores: Tensor, truth: Tensor) -> Tensor:
        """Return the value for what the class takes and for int64 [B, H, W]. Raises as it does."""
        count = scores.shape[1]
        if self.form == "one-hot":
            truth = F.one_hot(truth, count).movedim(-1, 1).to(scores.dtype).contiguous()
        elif self.form == "indices with a channel":
            truth = truth[:, None]
        scores = scores.contiguous()  # many copies say view(-1)
        pair = (truth, scores) if self.swapped else (scores, truth)
        out = self.build(cls, count)(*pair)
        self.first = isinstance(out, list | tuple)
        out = out[0] if self.first else out
        if not isinstance(out, Tensor) or out.numel() != 1:
            got = list(out.shape) if isinstance(out, Tensor) else type(out).__name__
            hint = "; --set reduction=mean" if "reduction" in _parameters(cls) else ""
            raise TypeError(f"it returns {got}, not one number{hint}")
        return out.reshape(())

    def of_probabilities(self, cls: type[nn.Module], logits: Tensor, truth: Tensor) -> Tensor:
        """Return the value where softmax(logits) are the probabilities, whatever is inside."""
        log = logits.log_softmax(1)
        if self.inside == "softmax":
            return self.call(cls, log, truth)
        if self.inside == "none":
            return self.call(cls, log.exp(), truth)
        return self.call(cls, log - torch.log(-torch.expm1(log)), truth)


def is_loss(cls: type[nn.Module]) -> bool:
    """Tell by its name, or by what its forward calls an input, whether it is a loss."""
    return bool(NAMED.search(cls.__name__)) or any(map(TRUTHS.search, _needed(cls)))


def fit(cls: type[nn.Module], given: Mapping[str, Any]) -> LossFit:
    """Find out how a loss is built and called.

    Args:
        cls: The class.
        given: Values for arguments that no trial can guess.

    Raises:
        UserError: It cannot be built or run with what was tried; the message says what is missing.
    """
    found = _described(cls, given)
    why = ""
    for form, probabilities in itertools.product(FORMS, (False, True)):
        found.form = form
        error = _tried(cls, found, probabilities)
        if not error:
            found.inside = "none" if probabilities else _inside(cls, found)
            _reduced(cls, found)
            return found
        why = why or error
    raise UserError(
        f"{cls.__name__} runs neither with classes nor with one-hot truth: {why}; write a class "
        "around it whose forward takes logits [B, K, H, W] and classes [B, H, W]"
    )


def _described(cls: type[nn.Module], given: Mapping[str, Any]) -> LossFit:
    needed = _needed(cls)
    if len(needed) != 2:
        names = ", ".join(needed) or "nothing"
        raise UserError(
            f"{cls.__name__}.forward takes {names}; a loss takes logits and truth: write a class "
            "around it that does"
        )
    parameters = _parameters(cls)
    classes = next((n for n in parameters if CLASSES.search(n) and n not in given), "")
    missing = [
        name
        for name, p in parameters.items()
        if p.default is p.empty and name != classes and name not in given
    ]
    if missing:
        listed = " ".join(f"--set {name}=VALUE" for name in missing)
        raise UserError(f"{cls.__name__} needs values for {', '.join(missing)}: {listed}")
    options = {
        name: p.default
        for name, p in parameters.items()
        if name not in (classes, *given)
        and not IGNORES.search(name)
        and isinstance(p.default, bool | int | float | str)
    }
    first, second = (bool(TRUTHS.search(n) or MAYBE.search(n)) for n in needed)
    swapped = first and not second
    return LossFit(cls.__name__, dict(given), classes, options, swapped=swapped)


def _tried(cls: type[nn.Module], found: LossFit, probabilities: bool) -> str:
    """Return why it does not run so; "" if it does, with a gradient, and sees who is right."""
    logits, truth = _noise()
    try:
        scores = logits.softmax(1) if probabilities else logits
        scores = scores.detach().requires_grad_()
        value = found.call(cls, scores, truth)
        (gradient,) = torch.autograd.grad(value, [scores])
    except Exception as error:
        return said(error)
    if not bool(value.isfinite() and gradient.isfinite().all()):
        return "its value or gradient is infinite or NaN"
    if not probabilities and _inside(cls, found) == "none":
        return "it takes probabilities"
    return ""


def _inside(cls: type[nn.Module], found: LossFit) -> str:
    """Return "softmax", "sigmoid" or "none", by what changes the value.

    A constant added to all classes of a pixel leaves a softmax as it is; huge logits saturate a
    sigmoid, each for itself.
    """
    logits, truth = _noise()
    try:
        value = found.call(cls, logits, truth)
        shifted = found.call(cls, logits + torch.linspace(-2, 2, SIZE[1]).double(), truth)
        if torch.allclose(value, shifted, rtol=1e-6, atol=1e-9):
            return "softmax"
        sure = (2 * F.one_hot(truth, COUNT).movedim(-1, 1) - 1).double()
        far, near = (_gradient(cls, found, scale * sure, truth) for scale in (80.0, 0.5))
    except Exception:
        return "none"
    saturates = bool(far.isfinite().all()) and float(far.abs().max()) < 1e-12
    below = near[sure < 0]  # where a clamp to [0, 1] would let nothing through
    return "sigmoid" if saturates and bool((below != 0).all()) else "none"


def _gradient(cls: type[nn.Module], found: LossFit, scores: Tensor, truth: Tensor) -> Tensor:
    leaf = scores.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(found.call(cls, leaf, truth), [leaf])
    return gradient


def _reduced(cls: type[nn.Module], found: LossFit) -> None:
    """Note whether pixels may come in any order, and what is summed before it is divided."""
    logits, truth = _noise()
    turned = torch.randperm(SIZE[1], generator=torch.Generator().manual_seed(2))

    def value(scores: Tensor, classes: Tensor) -> Tensor:
        return found.of_probabilities(cls, scores, classes)

    try:
        whole = value(logits, truth)
        found.pixelwise = _same(whole, value(logits[..., turned], truth[..., turned]))
        each = torch.stack([value(logits[i : i + 1], truth[i : i + 1]) for i in range(BATCH)])
        long = value(logits.movedim(1, -1).reshape(1, -1, 1, COUNT).movedim(-1, 1), _line(truth))
    except Exception:
        return
    found.reduction = (
        "batch" if _same(whole, long) else "image" if _same(whole, each.mean()) else "other"
    )


def _line(truth: Tensor) -> Tensor:
    return truth.reshape(1, -1, 1)


def _same(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=1e-5, atol=1e-9)


def _noise() -> tuple[Tensor, Tensor]:
    """Return logits in float64 and classes; images differ in how often a class is there."""
    generator = torch.Generator().manual_seed(1)
    shape = (BATCH, *SIZE)
    logits = torch.randn((BATCH, COUNT, *SIZE), generator=generator, dtype=torch.float64)
    drawn = torch.rand(shape, generator=generator)
    drawn = drawn ** torch.tensor([0.5, 1.0, 2.0])[:, None, None]
    return logits, (drawn * COUNT).long().clamp_max(COUNT - 1)


def _parameters(cls: type[nn.Module]) -> dict[str, inspect.Parameter]:
    various = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {k: p for k, p in inspect.signature(cls).parameters.items() if p.kind not in various}


def _needed(cls: type[nn.Module]) -> list[str]:
    given: Iterator[inspect.Parameter] = iter(inspect.signature(cls.forward).parameters.values())
    next(given, None)
    return [p.name for p in given if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]

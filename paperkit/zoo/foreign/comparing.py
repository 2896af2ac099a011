"""Is a copied class what the catalogue has? By parameters, layers, operations and outputs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from paperkit.zoo.catalogue import info
from paperkit.zoo.conform.subject import Subject, said, shaken
from paperkit.zoo.conform.values import unseen
from paperkit.zoo.foreign.fitting import Fit, fit
from paperkit.zoo.foreign.layers import Layer, carry, layers, operations, pairs
from paperkit.zoo.load import find

__all__ = ["compare"]

WIDTHS = (16, 64, 256)
CLOSE = 1e-4  # of the largest output


class _Adapted(nn.Module):
    """A foreign module as one that takes and gives [B, C, H, W]."""

    def __init__(self, inner: nn.Module, found: Fit) -> None:
        super().__init__()
        self.inner, self.layout, self.first = inner, found.layout, found.first

    def forward(self, *given: Tensor) -> Tensor:
        shape = given[0].shape
        if self.layout == "NHWC":
            given = tuple(x.permute(0, 2, 3, 1) for x in given)
        elif self.layout == "NLC":
            given = tuple(x.flatten(2).transpose(1, 2) for x in given)
        out = self.inner(*given)
        y: Tensor = out[0] if self.first else out
        if self.layout == "NHWC":
            return y.permute(0, 3, 1, 2)
        return y.transpose(1, 2).reshape(shape) if self.layout == "NLC" else y


@dataclass(frozen=True)
class Two:
    """Both modules at one width, with what both are given."""

    ours: nn.Module
    theirs: nn.Module
    given: Sequence[Tensor]


def compare(cls: type[nn.Module], name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Compare a class with the catalogue's module.

    Returns:
        {cls, name, same, params: [[C, yours, catalogue's]], layers: [[yours, catalogue's]],
        outputs: {"eval": largest difference or null, "train": ...}, differences: [sentence]}.
        Layers and outputs are those of the first width at which something differs.
    """
    subject = Subject(find(name), info(name))
    found = fit(cls, given)
    answer: dict[str, Any] = {
        "cls": cls.__name__,
        "name": name,
        "params": [],
        "layers": [],
        "outputs": {},
    }
    if found.arity != subject.arity:
        inputs = f"yours takes {found.arity} input(s), the catalogue's {name} {subject.arity}"
        return answer | {"same": False, "differences": [inputs]}
    equal: list[int] = []
    answer["params"] = _counted(subject, cls, found)
    for width in WIDTHS:
        try:
            two = _two(subject, cls, found, width)
        except Exception as error:
            why = f"at C = {width} one of them cannot be built or run: {said(error)}"
            return answer | {"same": False, "differences": [why]}
        answer |= _at(two)
        if answer["differences"]:
            where = f" (at C = {width}; equal at {', '.join(map(str, equal))})" if equal else ""
            told = [sentence + where for sentence in answer["differences"]]
            return answer | {"same": False, "differences": told}
        equal.append(width)
    return answer | {"same": True}


def _counted(subject: Subject, cls: type[nn.Module], found: Fit) -> list[list[int | None]]:
    """Return [C, yours, catalogue's] for each width; null where one cannot be built."""
    rows: list[list[int | None]] = []
    for width in WIDTHS:
        row: list[int | None] = [width]
        for build in (lambda c: found.build(cls, c), subject.build):
            try:
                row.append(sum(p.numel() for p in build(width).parameters()))
            except Exception:
                row.append(None)
        rows.append(row)
    return rows


def _two(subject: Subject, cls: type[nn.Module], found: Fit, width: int) -> Two:
    ours = subject.build(width)
    theirs = _Adapted(found.build(cls, width), found)
    fixed = found.size[0] == found.size[1]  # it did not run on the first, oblong size
    height, across = found.size if fixed else (12, 20)
    given = subject.inputs(2, width, max(height, subject.least), max(across, subject.least))
    two = Two(ours, theirs, given)
    with torch.no_grad():
        ours.eval()(*given)
        theirs.eval()(*(x.clone() for x in given))
    return two


def _at(two: Two) -> dict[str, Any]:
    """Compare at one width: layers, outputs and differences."""
    shaken(two.ours, seed=2)
    paired, theirs, outputs = _carried(two, called=True)
    if not _equal(outputs):
        # layers of one shape may be called in another order than they are defined in
        again = _carried(two, called=False)
        if _equal(again[2]):
            paired, theirs, outputs = again
        else:
            _carried(two, called=True)
    told = list(_differences(two, paired, theirs))
    wrong = [mode for mode, apart in outputs.items() if apart is not None and apart > CLOSE]
    if wrong:
        told += list(_causes(two)) or [
            f"outputs under the same weights differ by {outputs[wrong[0]]:.2g} of the largest "
            f"({', '.join(wrong)})"
        ]
    elif None in outputs.values():
        told += list(_operations(two))
    rows = [[str(other or "-"), str(one)] for one, other in paired]
    rows += [[str(o), "-"] for o in theirs if all(o is not other for _, other in paired)]
    return {"layers": rows, "outputs": outputs, "differences": told}


def _carried(
    two: Two, *, called: bool
) -> tuple[list[tuple[Layer, Layer | None]], list[Layer], dict[str, float | None]]:
    """Copy our weights to theirs, and return the pairs, their layers, and how far outputs are."""
    ours = layers(two.ours.eval(), two.given, called=called)
    theirs = layers(two.theirs.eval(), [x.clone() for x in two.given], called=called)
    paired = pairs(ours, theirs)
    for one, other in paired:
        if other is not None:
            carry(one, other)
    if len(ours) != len(theirs) or any(other is None for _, other in paired):
        return paired, theirs, {"eval": None, "train": None}
    return paired, theirs, {mode: _apart(two, mode == "train") for mode in ("eval", "train")}


def _equal(outputs: Mapping[str, float | None]) -> bool:
    return all(apart is not None and apart <= CLOSE for apart in outputs.values())


def _differences(
    two: Two, paired: Sequence[tuple[Layer, Layer | None]], theirs: Sequence[Layer]
) -> Iterator[str]:
    """What the layers say."""
    hidden = unseen(two.theirs.get_submodule("inner"))
    if hidden:
        yield hidden
    taken = [other for _, other in paired if other is not None]
    free = [layer for layer in theirs if all(layer is not other for other in taken)]
    for one, other in paired:
        if other is None:
            instead = f"; yours has {free.pop(0)} instead" if free else "; yours has none"
            yield f"the catalogue has {one}{instead}"
        elif one.has_bias != other.has_bias:
            which = "yours has no bias" if one.has_bias else "yours has a bias"
            yield f"{other}: {which}, where the catalogue has {one}"
    yield from (f"yours has a layer more: {layer}" for layer in free)


def _causes(two: Two) -> Iterator[str]:
    """Why outputs differ although the weights are the same: the usual mistakes, tried in turn."""
    two.ours.eval(), two.theirs.eval()
    x = two.given[-1]
    with torch.no_grad():
        ours, theirs = two.ours(*two.given), two.theirs(*(t.clone() for t in two.given))
    if ours.shape == theirs.shape == x.shape:
        if _close(theirs, ours + x):
            yield "yours adds its input once more: an extra residual"
        elif _close(theirs + x, ours):
            yield "yours lacks the residual: the catalogue adds the input"
        else:
            yield from _ratios(x, ours, theirs)
    yield from _operations(two)


def _ratios(x: Tensor, ours: Tensor, theirs: Tensor) -> Iterator[str]:
    """A gate lies between 0 and 1; without sigmoid it does not."""
    near = x.abs() > 0.1
    mine, right = (theirs / x)[near], (ours / x)[near]
    if right.min() >= 0 and right.max() <= 1 and (mine.min() < 0 or mine.max() > 1):
        yield (
            f"yours multiplies x by {float(mine.min()):.2g} to {float(mine.max()):.2g}, the "
            f"catalogue by {float(right.min()):.2g} to {float(right.max()):.2g}: a gate without "
            "sigmoid?"
        )


def _operations(two: Two) -> Iterator[str]:
    ours = operations(two.ours.eval(), two.given)
    theirs = operations(two.theirs.eval(), [x.clone() for x in two.given])
    missing, extra = ours - theirs, theirs - ours
    for name, count in missing.items():
        instead = next((key for key in extra if key != "sigmoid" and name != "sigmoid"), "")
        if instead:
            by_hand = instead == "ReLU6" and name == "h-swish"
            same = " (the same only as x * ReLU6(x + 3) / 6)" if by_hand else ""
            yield f"{instead} where the catalogue has {name}{same}"
            extra -= type(extra)({instead: count})
        else:
            yield f"no {name} ({ours[name]} in the catalogue's, {theirs[name]} in yours)"
    yield from (f"{name} too much ({n} more than the catalogue)" for name, n in extra.items())


def _apart(two: Two, training: bool) -> float | None:
    """Return the largest difference, relative to the largest output; None if one cannot train."""
    two.ours.train(training), two.theirs.train(training)
    state = [
        {k: v.clone() for k, v in module.state_dict().items()} for module in (two.ours, two.theirs)
    ]
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ours = two.ours(*two.given)
        torch.manual_seed(0)
        theirs = two.theirs(*(x.clone() for x in two.given))
    for module, kept in zip((two.ours, two.theirs), state, strict=True):
        module.load_state_dict(kept)
    if ours.shape != theirs.shape:
        return float("1e9")
    return float((ours - theirs).abs().max() / ours.abs().max().clamp(min=1e-12))


def _close(a: Tensor, b: Tensor) -> bool:
    return bool((a - b).abs().max() <= CLOSE * b.abs().max())

"""Checks of what a loss must keep: it falls towards the truth, ignores what it should, is finite.

Each takes a Criterion and returns what is wrong in a sentence, "" if nothing.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from paperkit.zoo.conform.criterion import CLASSES, IGNORED, Criterion, Result, stripes
from paperkit.zoo.conform.subject import said

__all__ = [
    "absent",
    "batch_of_one",
    "direction",
    "extreme",
    "gradients",
    "half",
    "ignored",
    "mutation",
    "nothing",
    "order",
    "scalar",
    "sizes",
    "tasks",
]

SIZES = [(2, 2), (5, 9), (17, 4), (32, 48)]
SURE = 10.0  # logit of the class that a confident prediction names; the others' is 0
CLOSE = 1e-5


def scalar(subject: Criterion) -> str:
    """It gives one finite number, of the logits' type, and a gradient that is not zero."""
    found = subject.result(*subject.usual())
    if found.gradient is None:
        return "no gradient reaches the logits; is there an argmax, a detach() or a .item()?"
    if not found.finite:
        return "on normal noise its value or gradient is infinite or NaN"
    if not found.gradient.any():
        return "on normal noise its gradient is zero everywhere; is there an argmax or a round()?"
    return ""


def direction(subject: Criterion) -> str:
    """Confidently right costs less than undecided, and that less than confidently wrong.

    Images of a batch are equal and each row, or each column, has one class, so that a softmax over
    a wrong dimension sees no difference. "Wrong" is the mean over all ways to mistake a class for
    another, since losses of distance forgive a near one.
    """
    for classes in CLASSES:
        for across in (False, True):
            right, even, wrong = _three(subject, stripes(classes, across=across), classes)
            if right < even < wrong:
                continue
            values = f"{right:.4g}, {even:.4g} and {wrong:.4g}"
            where = f"{classes} classes in {'rows' if across else 'columns'}"
            return (
                f"for {where}, confidently right, undecided and confidently wrong logits give "
                f"{values}, which should rise; {_reason(right, even, wrong)}"
            )
    return ""


def _three(subject: Criterion, target: Tensor, classes: int) -> tuple[float, float, float]:
    def value(shift: int) -> float:
        sure = F.one_hot((target + shift) % classes, classes).movedim(-1, 1) * SURE
        return float(subject.result(sure, target).value)

    even = subject.result(torch.zeros(2, classes, 16, 16), target).value
    wrong = [value(shift) for shift in range(1, classes)]
    return value(0), float(even), sum(wrong) / len(wrong)


def _reason(right: float, even: float, wrong: float) -> str:
    if right > even > wrong:
        return "is it a similarity? return 1 minus it"
    if abs(right - wrong) <= CLOSE * max(1.0, abs(even)):
        return "is the softmax taken over dimension 1, the classes?"
    return "are the classes' probabilities softmax(logits, dim=1)?"


def ignored(subject: Criterion) -> str:
    """What the logits say at ignored pixels changes nothing, and these get no gradient."""
    logits, target = subject.usual(2)
    target[:, 2:5, 3:7] = IGNORED
    hidden = (target == IGNORED)[:, None].expand_as(logits)
    other = torch.where(hidden, 7 - 3 * logits, logits)
    try:
        first, second = subject.result(logits, target), subject.result(other, target)
    except Exception as error:
        return f"with pixels of class {IGNORED} in the truth, which are ignored: {said(error)}"
    if not first.finite:
        return "with some pixels ignored, its value or gradient is infinite or NaN"
    if not _near(first, second):
        return (
            f"logits at ignored pixels (truth {IGNORED}) change the value from "
            f"{float(first.value):.6g} to {float(second.value):.6g}; multiply by the mask "
            "target != ignore_index, the softmax too"
        )
    grads = [r.gradient for r in (first, second) if r.gradient is not None]
    if any(bool(g[hidden].any()) for g in grads):
        return "ignored pixels get a gradient; mask the softmax with target != ignore_index"
    if any(not torch.allclose(g, grads[0], atol=1e-6) for g in grads):
        return "logits at ignored pixels change the gradient of the others"
    return _chosen(subject, logits, target) or _diluted(subject)


def _chosen(subject: Criterion, logits: Tensor, target: Tensor) -> str:
    """The index of ignored pixels is an argument."""
    want = subject.result(logits, target)
    try:
        other = subject.build(logits.shape[1], ignore_index=255)
        got = subject.result(logits, target.masked_fill(target == IGNORED, 255), twin=other)
    except Exception as error:
        return f"with ignore_index=255: {said(error)}"
    if _near(want, got):
        return ""
    return "with ignore_index=255 it gives another value for the same pixels ignored"


def _diluted(subject: Criterion) -> str:
    """Ignored pixels do not count in a mean: as many again leave more than 3/4 of the value."""
    logits = torch.zeros(2, 4, 16, 16)
    target = stripes(4, across=True)
    want = subject.result(logits, target).value
    more = F.pad(target, (0, 16), value=IGNORED)
    got = subject.result(F.pad(logits, (0, 16)), more).value
    if abs(want - got) <= 0.25 * abs(want):
        return ""
    return (
        f"with as many ignored pixels as others its value falls from {float(want):.4g} to "
        f"{float(got):.4g}; divide by the number of pixels that are not ignored"
    )


def nothing(subject: Criterion) -> str:
    """With all pixels ignored it is zero, and so is its gradient."""
    logits, target = subject.usual(2)
    try:
        found = subject.result(logits, torch.full_like(target, IGNORED))
    except Exception as error:
        return f"with all pixels ignored: {said(error)}"
    got = found.gradient
    if found.value == 0 and got is not None and not got.any():
        return ""
    grad = "no gradient" if got is None else "a gradient" if got.any() else "zero gradients"
    return (
        f"with all pixels ignored it gives {float(found.value):.4g} and {grad}, but 0 and zero "
        "gradients are right: a crop without labels must not stop the training"
    )


def absent(subject: Criterion) -> str:
    """A class that the batch lacks gives no NaN, not even if it lacks all but one."""
    for present in (2, 1):
        logits, target = subject.usual()
        try:
            found = subject.result(logits, target % present)
        except Exception as error:
            return f"with {present} of 4 classes in the batch: {said(error)}"
        if not found.finite:
            return (
                f"with {present} of 4 classes in the batch its value or gradient is infinite or "
                "NaN; is there a division by the number of a class's pixels?"
            )
    return ""


def extreme(subject: Criterion) -> str:
    """Logits of 10,000, right or wrong, give finite values and gradients."""
    logits, target = subject.usual()
    sure = (2e4 * F.one_hot(target, logits.shape[1]) - 1e4).movedim(-1, 1)
    cases = {"right": sure, "wrong": -sure, "mixed": 1e4 * logits.sign()}
    for name, given in cases.items():
        if not subject.result(given, target).finite:
            return (
                f"for logits of +-10,000 ({name}) its value or gradient is infinite or NaN; use "
                "log_softmax, not log(softmax), and clamp what is below a power or a root"
            )
    return ""


def order(subject: Criterion) -> str:
    """The images of a batch may come in any order."""
    logits, target = subject.usual(3)
    turn = torch.tensor([2, 0, 1])
    first, second = subject.result(logits, target), subject.result(logits[turn], target[turn])
    if _near(first, second):
        return ""
    return (
        f"the images of a batch in another order change the value from {float(first.value):.6g} to "
        f"{float(second.value):.6g}"
    )


def tasks(subject: Criterion) -> str:
    """It runs for INFO's tasks: logits [B, K] and classes [B] are maps of one pixel."""
    if "classification" not in (subject.info.get("tasks") or []):
        return ""
    logits, target = subject.inputs(6, 4, 1, 1)
    want = subject.result(logits, target)
    try:
        got = subject.result(logits[:, :, 0, 0], target[:, 0, 0])
    except Exception as error:
        return (
            f"with logits [6, 4] and classes [6]: {said(error)}; or leave classification out of "
            "INFO's tasks"
        )
    if _near(want, got):
        return ""
    return (
        f"logits [6, 4] give {float(got.value):.6g}, the same as maps of one pixel "
        f"{float(want.value):.6g}"
    )


def sizes(subject: Criterion) -> str:
    """Small, odd and long maps, for two and for four classes, give a finite number."""
    for classes in CLASSES:
        for height, across in SIZES:
            here = f"for {classes} classes on a {height}x{across} map"
            given = subject.inputs(2, classes, height, across)
            try:
                found = subject.result(*given)
            except Exception as error:
                return f"{here}: {said(error)}"
            if not found.finite:
                return f"{here} its value or gradient is infinite or NaN"
    return ""


def batch_of_one(subject: Criterion) -> str:
    """One image alone has a loss."""
    try:
        found = subject.result(*subject.usual(1))
    except Exception as error:
        return f"one image alone: {said(error)}; is there a squeeze() without dim?"
    return "" if found.finite else "one image alone gives infinite values or NaN"


def gradients(subject: Criterion) -> str:
    """torch.autograd.gradcheck in float64."""
    logits, target = subject.inputs(2, 3, 5, 6)
    leaf, module = logits.double().requires_grad_(), subject.build(3).double()
    try:
        torch.autograd.gradcheck(lambda x: subject.run(module, [x, target]), [leaf], fast_mode=True)
    except Exception as error:
        return f"gradients in float64 at 2x3x5x6 are not those of the forward: {said(error)}"
    return ""


def half(subject: Criterion) -> str:
    """Logits in half precision, as autocast leaves them, give finite values and gradients."""
    logits, target = subject.usual()
    for dtype in (torch.bfloat16, torch.float16):
        name = str(dtype).removeprefix("torch.")
        try:
            found = subject.result(logits.to(dtype), target)
        except Exception as error:
            return f"logits in {name}: {said(error)}; bring tensors that meet to one type"
        if not found.finite:
            return f"logits in {name} give infinite values or NaN"
    return ""


def mutation(subject: Criterion) -> str:
    """Logits and truth are left as they are, ignored pixels in the truth, too."""
    logits, target = subject.usual()
    target[:, 2:5, 3:7] = IGNORED
    given = {"logits": logits.clone(), "truth": target.clone()}
    with torch.no_grad():
        subject.build(logits.shape[1])(*given.values())
    for (name, now), before in zip(given.items(), (logits, target), strict=True):
        if not torch.equal(now, before):
            return (
                f"it writes into the {name}, which the metrics still need; work on a copy, as in "
                "target.masked_fill(mask, 0) without the underscore"
            )
    return ""


def _near(a: Result, b: Result) -> bool:
    return bool((a.value - b.value).abs() <= CLOSE * max(1.0, float(a.value.abs())))

"""Checks of numbers: gradients, copies, precision, and what must not happen to inputs."""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from paperkit.zoo.conform.subject import Subject, said, shaken

__all__ = [
    "batch",
    "bf16",
    "dead",
    "gradients",
    "mutation",
    "registered",
    "repeats",
    "state",
    "training",
    "unseen",
]

DRAWS = 8  # a ReLU in a narrow layer may be silent in one draw of the weights, not in all


def registered(subject: Subject) -> str:
    """What is learnt or stored is where .to(), state_dict() and the optimiser find it."""
    return unseen(subject.built(subject.footing.width))


def unseen(module: nn.Module) -> str:
    """Return what the module holds where torch does not look, in a sentence; "" if nothing."""
    for path, inner in module.named_modules():
        for key, value in vars(inner).items():
            hidden = "" if key.startswith("_") and key in _TORCHS else _hidden(value)
            if hidden:
                where = f"{type(inner).__name__}{f' ({path})' if path else ''}.{key}"
                return (
                    f"{where} is {hidden}, which torch does not see: not trained, saved or moved; "
                    "use nn.ModuleList, nn.ParameterList, nn.Parameter or register_buffer"
                )
    return ""


def repeats(subject: Subject) -> str:
    """Evaluating twice gives the same."""
    module, given = subject.built(subject.footing.width).eval(), subject.usual()
    with torch.random.fork_rng(devices=[]):
        first, second = module(*_copies(given)), module(*_copies(given))
    if torch.equal(first, second):
        return ""
    apart = _distance(first, second)
    return (
        f"evaluating twice gives outputs {apart:.2g} apart; is there a dropout without "
        "training=self.training, or a random number in forward?"
    )


def gradients(subject: Subject) -> str:
    """torch.autograd.gradcheck in float64, for inputs and parameters."""
    width, least = subject.footing.width, subject.least
    module = shaken(subject.build(width).double().eval(), seed=3)
    images, height, across = _near(subject, max(5, least), max(6, least))
    given = [x.double() for x in subject.inputs(images, width, height, across)]

    def forward(*tensors: Tensor) -> Tensor:
        # the parameters among them are the module's own, which gradcheck moves in place
        return subject.run(module, tensors[: len(given)])

    try:
        leaves = [*(x.requires_grad_() for x in given), *module.parameters()]
        torch.autograd.gradcheck(forward, leaves, fast_mode=True)
    except Exception as error:
        size = f"{images}x{width}x{height}x{across}"
        return f"gradients in float64 at {size} are not those of the forward: {said(error)}"
    return ""


def dead(subject: Subject) -> str:
    """Every parameter gets a gradient, whatever it starts from."""
    silent: set[str] | None = None
    for seed in range(DRAWS):
        module = shaken(subject.build(subject.footing.width, seed=seed).eval(), seed)
        out = subject.run(module, subject.usual(seed=seed))
        if out.requires_grad:
            torch.autograd.backward((out * torch.linspace(-1, 1, out.numel()).view_as(out)).sum())
        unmoved = {n for n, p in module.named_parameters() if p.grad is None or not p.grad.any()}
        silent = unmoved if silent is None else silent & unmoved
        if not silent:
            return ""
    listed = ", ".join(sorted(silent or ())[:4])
    return (
        f"no gradient reaches {listed}: called in forward? behind detach() or no_grad()? "
        "Delete what is not used"
    )


def batch(subject: Subject) -> str:
    """Samples of a batch do not mix while evaluating."""
    module, given = subject.built(subject.footing.width).eval(), subject.usual(3)
    together = subject.run(module, given)
    elsewhere = subject.run(module, _others(given))[1:2]
    apart = _distance(together[1:2], elsewhere)
    if apart <= 1e-4 * max(1.0, float(together.detach().abs().max())):
        return ""
    return (
        f"an image's output depends on the other images of its batch (by {apart:.2g}); is a mean, "
        "softmax or reshape taken over dimension 0?"
    )


def mutation(subject: Subject) -> str:
    """The inputs are left as they are, training and evaluating."""
    for mode in (False, True):
        module = subject.build(subject.footing.width).train(mode)
        given = subject.usual(max(2, int(subject.needs.get("min_train_batch", 1))))
        before = _copies(given)
        with torch.no_grad():
            module(*given)
        for number, (x, old) in enumerate(zip(given, before, strict=True), start=1):
            if not torch.equal(x, old):
                which = f"input {number}" if len(given) > 1 else "its input"
                return (
                    f"it writes into {which}, which others still need (a residual sum gets wrong "
                    "values); avoid x += ..., x[...] = ... and inplace=True on x"
                )
    return ""


def state(subject: Subject) -> str:
    """state_dict carries all that matters from one instance to another; copies are apart."""
    width, given = subject.footing.width, subject.usual()
    first = shaken(subject.build(width, seed=0).eval(), seed=5)
    want = subject.run(first, given)
    other = subject.build(width, seed=9).eval()
    try:
        other.load_state_dict(copy.deepcopy(first.state_dict()))
    except Exception as error:
        return f"its state_dict does not load into another instance: {said(error)}"
    got = subject.run(other, given)
    if not torch.equal(got, want):
        apart = _distance(got, want)
        return (
            f"two instances with the same state_dict give outputs {apart:.2g} apart: something "
            "random is not in it; keep it with register_buffer"
        )
    twin = copy.deepcopy(first)
    if not torch.equal(subject.run(twin, given), want):
        return "a deep copy gives other outputs; does a function or list refer to the original?"
    return _apart(subject, first, shaken(twin, seed=6), want)


def bf16(subject: Subject) -> str:
    """Under autocast to bfloat16, training and evaluating, outputs and gradients are finite."""
    size = max(2, int(subject.needs.get("min_train_batch", 1)))
    for mode in (False, True):
        module = subject.build(subject.footing.width).train(mode)
        try:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                out = subject.run(module, subject.usual(size))
            if out.requires_grad:
                torch.autograd.backward(out.float().sum())
        except Exception as error:
            return (
                f"under bfloat16 autocast: {said(error)}; bring tensors that meet to one type, "
                "y.to(x.dtype)"
            )
        if not all(t.isfinite().all() for t in (out, *_grads(module))):
            return "under bfloat16 autocast it gives infinite values or NaN"
    return ""


def training(subject: Subject) -> str:
    """A step of training works with the smallest batch that INFO's needs allow."""
    size = int(subject.needs.get("min_train_batch", 1))
    module = subject.build(subject.footing.width).train()
    try:
        out = subject.run(module, subject.usual(size))
        if out.requires_grad:
            torch.autograd.backward(out.sum())
    except Exception as error:
        return (
            f"training with a batch of {size}: {said(error)}; declare in INFO "
            f'needs: {{"min_train_batch": {size + 1}}}'
        )
    if not all(t.isfinite().all() for t in (out, *_grads(module))):
        return f"training with a batch of {size} gives infinite values or NaN"
    return ""


_TORCHS = {
    *("_parameters", "_buffers", "_modules", "_forward_hooks", "_forward_pre_hooks"),
    *("_backward_hooks", "_backward_pre_hooks", "_non_persistent_buffers_set"),
}


def _hidden(value: Any) -> str:
    """Return what a plain attribute holds that torch should know of; "" if nothing."""
    if isinstance(value, nn.Parameter | Tensor):
        return "a plain tensor"
    if isinstance(value, list | tuple | dict):
        inside = list(value.values()) if isinstance(value, dict) else list(value)
        for item in inside:
            if isinstance(item, nn.Module | Tensor):
                kind = "modules" if isinstance(item, nn.Module) else "tensors"
                return f"a plain {type(value).__name__} of {kind}"
    return ""


def _near(subject: Subject, height: int, across: int) -> tuple[int, int, int]:
    """Return one image of this size, or what the module runs with if not with that."""
    at = subject.footing
    module = subject.built(at.width).eval()
    for h, w in ((height, across), (at.height, at.across)):
        try:
            subject.run(module, subject.inputs(1, at.width, h, w))
            return 1, h, w
        except Exception:
            continue
    return 2, at.height, at.across


def _apart(subject: Subject, first: nn.Module, twin: nn.Module, want: Tensor) -> str:
    given = subject.usual()
    if not torch.equal(subject.run(first, given), want):
        return "changing a deep copy changes the original; do both hold the same tensors?"
    if list(twin.parameters()) and torch.equal(subject.run(twin, given), want):
        return "a deep copy goes on using the original's weights (a stored function or hook?)"
    return ""


def _others(given: list[Tensor]) -> list[Tensor]:
    """The same images in the middle, other ones around them."""
    return [torch.stack([5 * x[2] + 1, x[1], -3 * x[0]]) for x in given]


def _distance(a: Tensor, b: Tensor) -> float:
    """Return the largest difference of any element."""
    return float((a - b).detach().abs().max())


def _copies(given: list[Tensor]) -> list[Tensor]:
    return [x.clone() for x in given]


def _grads(module: nn.Module) -> Iterator[Tensor]:
    return (p.grad for p in module.parameters() if p.grad is not None)

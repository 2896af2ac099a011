"""Checks of widths, sizes and shapes."""

import inspect
from typing import Any

import torch

from paperkit.errors import UserError
from paperkit.zoo.conform.subject import Subject, said, tensor_of
from paperkit.zoo.formula import evaluate

__all__ = ["batch_of_one", "meta", "parameters", "place", "runs", "sizes", "widths"]

SIZES = [(2, 2), (5, 9), (17, 4), (32, 48)]


def runs(subject: Subject) -> str:
    """It runs somewhere at all; raises Broken."""
    _ = subject.footing
    return ""


def parameters(subject: Subject) -> str:
    """INFO's formula counts the parameters, exactly, at each width."""
    formula = subject.info.get("params")
    if formula is None:
        return "" if subject.info.get("own") else 'INFO has no "params", the formula over C'
    found = []
    for width in _working(subject):
        counted = sum(p.numel() for p in subject.built(width).parameters())
        try:
            value = evaluate(str(formula), C=width)
        except UserError as error:
            return str(error)
        if value != counted:
            found.append(f"{value:,} for C = {width}, where the module has {counted:,}")
    return f"INFO's formula {formula!r} gives {'; '.join(found)}" if found else ""


def widths(subject: Subject) -> str:
    """It is built and runs at every number of channels that INFO's needs allow."""
    at = subject.footing
    for width in subject.widths:
        if subject.emptied(width):
            return (
                f"with {width} channels {subject.emptied(width)} has no element (C // 16 is 0 "
                "there?); use max(1, ...), or declare in INFO needs: "
                '{"min_channels": N}'
            )
        try:
            given = subject.inputs(2, width, at.height, at.across)
            out = subject.run(subject.built(width).eval(), given)
        except Exception as error:
            return (
                f"with {width} channels: {said(error)}; make it fit any C, or declare in INFO "
                'needs: {"min_channels": N, "divisible": N}'
            )
        if out.shape[:2] != (2, width):
            return f"with {width} channels it gives {_x(out.shape)}: other channels, other images"
    return ""


def sizes(subject: Subject) -> str:
    """Small, odd and long maps come out with the shape that the kind promises, and finite."""
    least, width = subject.least, subject.footing.width
    module = subject.built(width).eval()
    for height, across in SIZES:
        given = subject.inputs(2, width, max(height, least), max(across, least))
        here = f"on a {max(height, least)}x{max(across, least)} map"
        try:
            out = subject.run(module, given)
        except Exception as error:
            return (
                f"{here}: {said(error)}; take any size (pad inside), or declare in INFO "
                'needs: {"min_hw": N}'
            )
        want = (2, width, *subject.sized(*given[0].shape[2:]))
        if tuple(out.shape) != want:
            return f"{here} it gives {_x(out.shape)}, but kind {subject.kind!r} gives {_x(want)}"
        if not out.isfinite().all():
            return f"{here} it gives infinite values or NaN"
    return ""


def batch_of_one(subject: Subject) -> str:
    """One image alone can be evaluated."""
    given = subject.usual(1)
    try:
        out = subject.run(subject.built(subject.footing.width).eval(), given)
    except Exception as error:
        return f"one image alone, evaluating: {said(error)}; is there a squeeze() without dim?"
    if out.shape[:2] != given[0].shape[:2]:
        return (
            f"one image alone, evaluating, {_x(given[0].shape)}, gives {_x(out.shape)}; "
            "is there a squeeze() without dim?"
        )
    return ""


def meta(subject: Subject) -> str:
    """Shapes can be followed without numbers: it runs on the meta device."""
    module = subject.build(subject.footing.width).eval()
    want = subject.run(module, subject.usual()).shape
    try:
        out = tensor_of(module.to("meta")(*(x.to("meta") for x in subject.usual())))
    except Exception as error:
        return (
            f"on the meta device: {said(error)}; make tensors in forward with "
            "device=x.device, and do not read values (.item(), if x.sum() > 0)"
        )
    if out.shape != want:
        return f"on the meta device it gives {_x(out.shape)}, but with numbers {_x(want)}"
    return ""


def place(subject: Subject) -> str:
    """With the widths and the stride that a place in a model may have. A ValueError declines."""
    cases = _cases(subject)
    for args, given, want in cases:
        call = ", ".join([*map(str, args), *(f"{k}={v}" for k, v in given.items())])
        call = f"{subject.cls.__name__}({call})"
        scale = max(1, -(-subject.least // 8))
        shape = (2, args[0], 8 * scale, 12 * scale)
        entering = [torch.zeros(shape)]
        if subject.arity == 2:
            entering.append(torch.zeros(2, args[1], *shape[2:]))
        try:
            out = subject.run(subject.cls(*args, **given).eval(), entering)
        except ValueError:
            continue
        except Exception as error:
            return f"{call} on {_x(shape)}: {said(error)}"
        expected = (2, want[0] or out.shape[1], *(int(n * want[1]) for n in shape[2:]))
        if tuple(out.shape) != expected:
            return (
                f"{call} gives {_x(out.shape)} for {_x(shape)}, but its place needs {_x(expected)}"
            )
    return ""


def _cases(subject: Subject) -> list[tuple[tuple[int, int], dict[str, Any], tuple[int, float]]]:
    """Return (widths, options, (channels out or 0 for any, scale of the map)) of each trial."""
    narrow = subject.footing.width
    wide = 2 * narrow
    takes = inspect.signature(subject.cls).parameters
    sampling = {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 1}
    told = {key: value for key, value in sampling.items() if key in takes}
    if subject.kind == "conv":
        return [((narrow, wide), told, (wide, 0.5 if "stride" in takes else 1))]
    if subject.kind == "block":
        strided = {key: told[key] for key in ("stride",) if key in told}
        scale = 0.5 if strided else 1
        return [((narrow, wide), {}, (wide, 1)), ((narrow, wide), strided, (wide, scale))]
    if subject.kind == "fusion":
        out = narrow if subject.info.get("returns") == "skip" else 0
        return [((wide, narrow), {}, (out, 1))]
    scales = {"up": 2.0, "down": 0.5}
    if subject.kind not in scales:
        return []
    return [((wide, narrow), {}, (narrow, scales[subject.kind]))]


def _working(subject: Subject) -> list[int]:
    """Widths at which it can be built; `widths` says that it cannot at others."""
    found = []
    for width in {*subject.widths, subject.footing.width}:
        try:
            subject.built(width)
            found.append(width)
        except Exception:
            continue
    return sorted(found)


def _x(shape: Any) -> str:
    return "x".join(str(int(n)) for n in shape)

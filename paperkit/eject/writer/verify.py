"""Is the written file the same network? Outputs, gradients and statistics, in both modes."""

import copy
import importlib.util
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["difference", "load"]

NEAR = 1e-5  # of the largest value; the same operations in the same order differ by nothing


def load(text: str, top: str) -> tuple[nn.Module, Any]:
    """Run the text of a file and return its network, and its convert (None: nothing to do)."""
    with tempfile.TemporaryDirectory(prefix="paperkit-eject-") as folder:
        file = Path(folder, "ejected.py")
        file.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("paperkit_ejected", file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        try:
            with torch.random.fork_rng(devices=[]):
                spec.loader.exec_module(module)
                return getattr(module, top)(), getattr(module, "convert", None)
        finally:
            del sys.modules[spec.name]


def difference(model: nn.Module, text: str, top: str, size: Sequence[int]) -> str | None:
    """Return what differs between a model and its file at one size, in words.

    None where nothing does, or where the model itself does not take this size.

    Args:
        model: The model; left as it is.
        text: Of the file.
        top: Its class.
        size: Shape of an input.
    """
    try:
        written, convert = load(text, top)
        state = model.state_dict()
        written.load_state_dict(convert(state) if convert else state)
    except Exception as error:
        return f"the file does not run: {type(error).__name__}: {error}"
    counts = [sum(p.numel() for p in m.parameters()) for m in (model, written)]
    if counts[0] != counts[1]:
        return f"it has {counts[1]:,} parameters and the model {counts[0]:,}"
    for training in (False, True):
        found = _compare(model, written, convert, size, training)
        if found:
            mode = "in training" if training else "in evaluation"
            return f"{found}, {mode} at {list(size)}"
    return None


def _compare(
    model: nn.Module,
    written: nn.Module,
    convert: Any,
    size: Sequence[int],
    training: bool,
) -> str | None:
    try:
        expected = _run(model, size, training)
    except Exception:  # the model itself does not take this size
        return None
    try:
        got = _run(written, size, training)
    except Exception as error:
        return f"the file fails with {type(error).__name__}: {error}"
    for what in ("output", "gradient of the input"):
        if not _near(expected[what], got[what]):
            return f"the {what} differs"
    for what in ("gradient", "buffer"):
        names = convert(expected[what]) if convert else expected[what]
        for name, value in names.items():
            if not _near([value], [got[what].get(name)]):
                return f"the {what} of {name} differs"
    return None


def _run(model: nn.Module, size: Sequence[int], training: bool) -> dict[str, Any]:
    """Run a copy forward and backward on fixed noise."""
    model = copy.deepcopy(model).train(training)
    noise = torch.Generator().manual_seed(0)
    x = torch.randn(size, generator=noise).requires_grad_()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.manual_seed(0)
        outputs = list(_tensors(model(x)))
    loss = sum((t * torch.randn(t.shape, generator=noise)).sum() for t in outputs)
    assert isinstance(loss, Tensor)
    loss.backward()  # type: ignore[no-untyped-call]
    return {
        "output": [t.detach() for t in outputs],
        "gradient of the input": [x.grad],
        "gradient": {name: p.grad for name, p in model.named_parameters()},
        "buffer": dict(model.named_buffers()),
    }


def _near(expected: Sequence[Tensor | None], got: Sequence[Tensor | None]) -> bool:
    if len(expected) != len(got):
        return False
    for one, other in zip(expected, got, strict=True):
        if one is None or other is None:
            if one is not other and not _zero(one if other is None else other):
                return False
        elif one.shape != other.shape or not _close(one, other):
            return False
    return True


def _zero(tensor: Tensor | None) -> bool:
    return tensor is None or not tensor.any()


def _close(one: Tensor, other: Tensor) -> bool:
    if torch.equal(one, other) or not one.numel():
        return True
    if not one.is_floating_point():
        return False
    scale = max(one.abs().max().item(), 1e-3)
    return bool(torch.allclose(one, other, rtol=0, atol=NEAR * scale, equal_nan=True))


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)

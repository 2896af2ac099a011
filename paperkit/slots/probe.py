"""What flows where: shapes, calls and multiplications, found by running a copy of the model.

The copy lives on the "meta" device, where tensors have shapes but no numbers: a forward costs
milliseconds and no memory. Code that makes its own CPU tensors cannot run there; it runs on the
CPU instead. The model itself is never run or changed, and no random number is drawn.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

Shape = tuple[int, ...]
T = TypeVar("T")


@dataclass
class Seen:
    """What one module was given and gave, [B, C, H, W] each, in its first call."""

    inputs: tuple[Shape, ...] = ()
    outputs: tuple[Shape, ...] = ()
    calls: int = 0
    bare: bool = True  # it returns a tensor, not a tuple or dictionary of them
    last: bool = False  # what it returns is what the model returns


@dataclass(frozen=True)
class Layer:
    """The innermost layer that was running when something was raised, and what it was given."""

    name: str
    kind: str
    given: tuple[Shape, ...]


@dataclass
class Rehearsal:
    """What a module did in a trial: its outputs' shapes, and what a reviewer would ask.

    ``macs`` for one forward; ``writes``: it changes its input in place; ``dead``: parameters
    that no gradient reaches.
    """

    outputs: tuple[Shape, ...]
    macs: int
    writes: bool = False
    dead: list[str] = field(default_factory=list)


def tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested tuples, lists and dictionaries, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from (tensor for item in value.values() for tensor in tensors(item))
    elif isinstance(value, list | tuple):
        yield from (tensor for item in value for tensor in tensors(item))


def on_copy(model: nn.Module, run: Callable[[nn.Module, str], T]) -> T:
    """Call run(copy, device) with an evaluating copy on "meta"; where that fails, on "cpu".

    A failure on the CPU is a real one and is raised.
    """
    try:
        return run(_meta_copy(model).eval(), "meta")
    except Exception:
        return run(copy.deepcopy(model).cpu().eval(), "cpu")


def layer_of(error: BaseException) -> Layer | None:
    """Return where an error of a run of this file was raised; None where no layer was running."""
    found: Layer | None = getattr(error, "_layer", None)
    return found


@contextmanager
def _locating(twin: nn.Module) -> Iterator[None]:
    """Note in an exception which layer of a throw-away copy raised it."""
    names = {module: name for name, module in twin.named_modules()}
    running: list[tuple[nn.Module, tuple[Shape, ...]]] = []

    def enter(module: nn.Module, args: Any, kwargs: Any) -> None:
        running.append((module, tuple(tuple(t.shape) for t in tensors([args, kwargs]))))

    def leave(module: nn.Module, args: Any, output: Any) -> None:  # noqa: ARG001
        # a model that catches its layers' errors leaves some behind
        while running and running.pop()[0] is not module:
            continue

    for module in names:
        module.register_forward_pre_hook(enter, with_kwargs=True)
        module.register_forward_hook(leave)
    try:
        yield
    except Exception as error:
        if running and layer_of(error) is None:
            module, given = running[-1]
            error._layer = Layer(names[module], type(module).__name__, given)  # type: ignore[attr-defined]
        raise


def probe(model: nn.Module, example: Tensor) -> dict[str, Seen]:
    """Run model(example) once and tell what each module saw, by dotted path, aliases included.

    Args:
        model: Any module that takes one tensor.
        example: [1, C, H, W]; only its shape and type matter.
    """
    return on_copy(model, lambda twin, device: _observe(twin, example.to(device)))


def rehearse(module: nn.Module, shapes: Sequence[Shape], dtype: torch.dtype) -> Rehearsal:
    """Run a module alone on tensors of these shapes; whatever its code raises is raised."""

    def run(twin: nn.Module, device: str) -> Rehearsal:
        given = [torch.zeros(shape, dtype=dtype, device=device) for shape in shapes]
        versions = [tensor._version for tensor in given]
        with FlopCounterMode(display=False) as counter, torch.enable_grad(), _locating(twin):
            outputs = list(tensors(twin(*given)))
        writes = versions != [tensor._version for tensor in given]
        found = tuple(tuple(tensor.shape) for tensor in outputs)
        return Rehearsal(found, counter.get_total_flops() // 2, writes, _dead(twin, outputs))

    return on_copy(module, run)


def unreached(model: nn.Module, example: Tensor, paths: Sequence[str]) -> list[str]:
    """Run forward and backward once; return the modules that the model's output ignores.

    Args:
        model: The whole model.
        example: As in probe.
        paths: Dotted paths of the modules that are asked about.

    What autograd raises (a tensor that was changed in place) is raised.
    """

    def run(twin: nn.Module, device: str) -> list[str]:
        gave: dict[str, list[Tensor]] = {path: [] for path in paths}
        for path in paths:
            twin.get_submodule(path).register_forward_hook(_keep(gave[path]))
        with torch.enable_grad():
            outputs = [t for t in tensors(twin(example.to(device))) if t.requires_grad]
            asked = {id(t): t for given in gave.values() for t in given if t.requires_grad}
            wanted = [*asked.values(), *(p for p in twin.parameters() if p.requires_grad)]
            ones = [torch.ones_like(t) for t in outputs]
            grads = torch.autograd.grad(outputs, wanted, ones, allow_unused=True) if outputs else ()
        found = {key for key, grad in zip(asked, grads, strict=False) if grad is not None}
        return [path for path in paths if not _reached(twin.get_submodule(path), gave[path], found)]

    return on_copy(model, run)


def _keep(given: list[Tensor]) -> Callable[[nn.Module, Any, Any], None]:
    def hook(module: nn.Module, args: Any, output: Any) -> None:  # noqa: ARG001
        given.extend(tensors(output))

    return hook


def _reached(module: nn.Module, given: Sequence[Tensor], found: set[int]) -> bool:
    """Without parameters, before any layer that learns, there is no gradient to look at."""
    learns = any(p.requires_grad for p in module.parameters())
    return any(id(t) in found or not (t.requires_grad or learns) for t in given)


def macs(model: nn.Module, example: Tensor) -> float:
    """Count multiply-adds of one forward (FLOPs / 2): convolutions and matrix products."""

    def run(twin: nn.Module, device: str) -> float:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            twin(example.to(device))
        return float(counter.get_total_flops() / 2)

    return on_copy(model, run)


def _observe(twin: nn.Module, example: Tensor) -> dict[str, Seen]:
    names: dict[nn.Module, list[str]] = {}
    for name, module in twin.named_modules(remove_duplicate=False):
        names.setdefault(module, []).append(name)
    seen: dict[nn.Module, Seen] = {module: Seen() for module in names}
    results: dict[nn.Module, list[Tensor]] = {}

    def record(module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        found = seen[module]
        found.calls += 1
        results[module] = list(tensors(output))
        if found.calls == 1:
            found.inputs = tuple(tuple(t.shape) for t in tensors([args, kwargs]))
            found.outputs = tuple(tuple(t.shape) for t in results[module])
            found.bare = isinstance(output, Tensor)

    for module in names:
        module.register_forward_hook(record, with_kwargs=True)
    with torch.no_grad(), _locating(twin):
        final = {_memory(tensor) for tensor in tensors(twin(example))}
    for module, outputs in results.items():
        seen[module].last = any(_memory(tensor) in final for tensor in outputs)
    return {name: seen[module] for module, all_names in names.items() for name in all_names}


def _memory(tensor: Tensor) -> int:
    """Identify what a tensor looks at: a crop of the head's output is the head's output."""
    return int(tensor.untyped_storage()._cdata)


def _dead(twin: nn.Module, outputs: Sequence[Tensor]) -> list[str]:
    graded = [tensor for tensor in outputs if tensor.requires_grad]
    if not graded:
        return [name for name, p in twin.named_parameters() if p.requires_grad]
    torch.autograd.backward(graded, [torch.ones_like(tensor) for tensor in graded])
    return [name for name, p in twin.named_parameters() if p.requires_grad and p.grad is None]


def _meta_copy(model: nn.Module) -> nn.Module:
    """Copy the structure, but give every parameter and buffer a shape only: no memory is used."""
    memo: dict[int, Any] = {}
    for parameter in model.parameters():
        empty = torch.empty_like(parameter, device="meta")
        memo[id(parameter)] = nn.Parameter(empty, requires_grad=parameter.requires_grad)
    for buffer in model.buffers():
        memo[id(buffer)] = torch.empty_like(buffer, device="meta")
    return copy.deepcopy(model, memo)

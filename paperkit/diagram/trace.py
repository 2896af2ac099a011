"""What a model does with one example: the tree of module calls and the operations between tensors.

This file is loaded by its path in the project's own Python (see paperkit.project.child), so it
imports torch and the standard library and nothing of paperkit. It only records; what is a stage
and what is an arrow is decided later, from the dictionary alone (calls.py gives it types).

`trace` returns JSON:

    {"schema": 1, "model": class name, "input": [C, H, W],
     "calls": [{"id", "parent", "path", "class", "file", "params", "attrs", "slot"}],
     "ops":   [{"id", "parent", "name", "inputs": [op ids], "out": shape without batch}],
     "replaced": [{"path", "slot", "expression"}]}

ids count calls and operations in the order in which they start; operation 0 is the input, call
parents are null at the model itself. `slot` is null or {"name", "labels"} (labels are empty for an
empty slot); `file` is the module file that defines the class. One module called twice is two calls.
`replaced` are plugs that stand in the place of a base module, as the slot engine recorded them.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakIdKeyDictionary

__all__ = ["trace"]

ATTRS = ("kernel_size", "stride", "dilation", "groups", "scale_factor", "mode")


def trace(model: nn.Module, example: Tensor) -> dict[str, Any]:
    """Return what `model` does with `example` [1, C, H, W].

    Runs on the meta device, which costs neither memory nor time; a model whose forward looks at
    values runs on its own device instead. The model is left as it was.
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        return _on_meta(model, example)
    except (RuntimeError, NotImplementedError, ValueError):
        recorder = Recorder(model, example)
        with torch.no_grad(), recorder:
            model(example)
        return recorder.record
    finally:
        for module, training in modes.items():
            module.training = training


def _on_meta(model: nn.Module, example: Tensor) -> dict[str, Any]:
    state = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    ghosts = {name: torch.empty_like(value, device="meta") for name, value in state.items()}
    ghost = torch.empty_like(example, device="meta")
    recorder = Recorder(model, ghost)
    with torch.no_grad(), recorder:
        torch.func.functional_call(model, ghosts, (ghost,))
    return recorder.record


class Recorder(TorchFunctionMode):
    """Sees every torch function, and every `forward` through a wrapper on the instance.

    Forwards are wrapped, not hooked: a Slot that sits in a foreign model runs from a forward hook
    of its host, by its `forward`. So wrapped, it comes after its host, where it belongs.
    """

    def __init__(self, model: nn.Module, example: Tensor) -> None:
        super().__init__()
        self.model = model
        self.stack: list[int] = []
        self.producer: Any = WeakIdKeyDictionary()
        self.calls: list[dict[str, Any]] = []
        self.ops: list[dict[str, Any]] = []
        self.made(example, "input", [])

    @property
    def record(self) -> dict[str, Any]:
        """The trace, as the module's docstring documents it."""
        return {
            "schema": 1,
            "model": type(self.model).__name__,
            "input": self.ops[0]["out"],
            "calls": self.calls,
            "ops": self.ops,
            "replaced": _replaced(self.model),
        }

    def made(self, out: Any, name: str, inputs: list[int]) -> None:
        """Record one operation that produced the tensors in `out`."""
        tensors = list(_tensors(out))
        if not tensors:
            return
        number = self._next()
        parent = self.stack[-1] if self.stack else None
        shape = list(tensors[0].shape[1:])
        row = {"id": number, "parent": parent, "name": name, "inputs": inputs, "out": shape}
        self.ops.append(row)
        for tensor in tensors:
            self.producer[tensor] = number

    def sources(self, values: Any) -> list[int]:
        """Return the operations that made the tensors among `values`; parameters have none."""
        found = (self.producer.get(tensor) for tensor in _tensors(values))
        return list(dict.fromkeys(number for number in found if number is not None))

    def _next(self) -> int:
        return len(self.calls) + len(self.ops)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        inputs = self.sources((args, kwargs))
        out = func(*args, **kwargs)
        name = getattr(func, "__name__", str(func)).strip("_")
        if name not in {"get", "set"}:
            self.made(out, name, inputs)
        return out

    def __enter__(self) -> "Recorder":
        self._undo = contextlib.ExitStack()
        for path, module in self.model.named_modules():
            self._undo.callback(self._wrap(path, module))
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._undo.close()

    def _wrap(self, path: str, module: nn.Module) -> Callable[[], None]:
        """Wrap one forward; return what takes the wrapper away again."""
        forward, own = module.forward, "forward" in vars(module)

        @functools.wraps(forward)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            self.stack.append(self._called(path, module))
            out = forward(*args, **kwargs)
            if _is_plugged(module) and any(out is given for given in _tensors((args, kwargs))):
                # a plug that does nothing would leave no trace of its slot
                out = out.view_as(out)
            self.stack.pop()
            return out

        def undo() -> None:
            if own:
                module.forward = forward
            else:
                del module.forward

        module.forward = recorded
        return undo

    def _called(self, path: str, module: nn.Module) -> int:
        kind, number = type(module), self._next()
        row = {
            "id": number,
            "parent": self.stack[-1] if self.stack else None,
            "path": path,
            "class": kind.__name__,
            "file": kind.__module__.rpartition(".")[2],
            "params": sum(p.numel() for p in module.parameters()),
            "attrs": _attrs(module),
            "slot": _slot(module),
        }
        self.calls.append(row)
        return number


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _tensors(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)


def _attrs(module: nn.Module) -> dict[str, Any]:
    """Settings of a leaf that a caption would name; pairs of equal numbers become one."""
    if any(True for _ in module.children()):
        return {}
    found: dict[str, Any] = {}
    for name in ATTRS:
        value = getattr(module, name, None)
        if isinstance(value, tuple) and len(set(value)) == 1:
            value = value[0]
        if isinstance(value, int | float | str):
            found[name] = value
        elif isinstance(value, tuple):
            found[name] = [float(part) for part in value]
    return found


def _slot(module: nn.Module) -> dict[str, Any] | None:
    # in library models it is one of Slot's children: a list's item, a join, tokens
    kinds = {kind.__name__ for kind in type(module).__mro__}
    if "Slot" not in kinds or not hasattr(module, "plugs"):
        return None
    labels: Any = module.labels
    return {"name": str(module.name), "labels": [str(label) for label in labels]}


def _replaced(model: nn.Module) -> list[dict[str, str]]:
    """Plugs in the place of base modules leave no Slot; the engine's record tells of them."""
    records = [row for row in getattr(model, "plug_records", []) if row["how"] == "replace"]
    return [{key: str(row[key]) for key in ("path", "slot", "expression")} for row in records]


def _is_plugged(module: nn.Module) -> bool:
    slot = _slot(module)
    return slot is not None and bool(slot["labels"])

"""Small questions of the tracer: what is in nested arguments, and who is calling."""

import copy
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .record import inherit
from .sizes import Dim, Sized

HERE, TORCH = (str(Path(file).parent) + os.sep for file in (__file__, torch.__file__))


def has_tensors(thing: Any) -> bool:
    """Tell whether there are tensors in nested containers."""
    return any(isinstance(item, Tensor) for item in things(thing))


def things(tree: Any) -> Iterator[Any]:
    """Yield the tensors and sizes in nested containers."""
    if isinstance(tree, Tensor | Sized):
        yield tree
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from things(item)
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from things(item)


def each(change: Callable[[Any], Any], tree: Any) -> Any:
    """Return nested arguments with every leaf changed."""
    if isinstance(tree, dict):
        return {key: each(change, item) for key, item in tree.items()}
    if isinstance(tree, slice):
        return slice(*(each(change, part) for part in (tree.start, tree.stop, tree.step)))
    if isinstance(tree, list | tuple):
        return like(tree, [each(change, item) for item in tree])
    return change(tree)


def like(pattern: Any, items: list[Any]) -> Any:
    """Return the items in a container of the pattern's kind."""
    if isinstance(pattern, list):
        return items
    if isinstance(pattern, torch.Size):
        plain_ones = all(type(item) in (int, Dim) for item in items)
        return torch.Size(items) if plain_ones else tuple(items)
    return type(pattern)(*items) if hasattr(pattern, "_fields") else tuple(items)


def writes(short: str, kwargs: dict[str, Any]) -> bool:
    """Tell whether a function changes its first argument."""
    in_place = short.endswith("_") and not short.endswith("__")
    return in_place or short == "__setitem__" or bool(kwargs.get("inplace")) or "out" in kwargs


def told(short: str) -> str:
    """Return what the author wrote to get at a value."""
    return {"__bool__": "if or bool()", "__int__": "int()", "__float__": "float()"}.get(
        short, f".{short}()"
    )


def singular(name: str) -> str:
    """Return the name of one item of a list."""
    return name[:-1] if name.endswith("s") and len(name) > 2 else name


def hooked(module: nn.Module) -> bool:
    """Tell whether hooks run before or after a module."""
    return bool(module._forward_hooks or module._forward_pre_hooks)


def has_forward(module: nn.Module) -> bool:
    """Tell whether a module can be called."""
    return type(module).forward is not nn.Module.forward


def is_ours(file: str) -> bool:
    """Tell whether a file is torch's, the engine's or this package's."""
    slots = Path(file).parent.name == "slots" and Path(file).name in ("slot.py", "hooked.py")
    return slots or file.startswith((HERE, TORCH))


def from_hook() -> bool:
    """Tell whether a Slot's hook asked for this, on behalf of hosts that write in place."""
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith((HERE, TORCH)):
        frame = frame.f_back
    return frame is not None and Path(frame.f_code.co_filename).name in ("slot.py", "hooked.py")


def meta_copy(model: nn.Module) -> nn.Module:
    """Copy the structure; parameters and buffers have shapes and no numbers."""
    memo: dict[int, Any] = {}
    for parameter in model.parameters():
        empty = torch.empty_like(parameter, device="meta")
        memo[id(parameter)] = nn.Parameter(empty, requires_grad=parameter.requires_grad)
    for buffer in model.buffers():
        memo[id(buffer)] = torch.empty_like(buffer, device="meta")
    twin = copy.deepcopy(model, memo)
    inherit(model, twin)
    return twin

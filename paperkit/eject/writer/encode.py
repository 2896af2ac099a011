"""What the things in arguments are, seen from one graph: values, sizes, constants."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .errors import EjectError
from .looks import like
from .sizes import Sized, plain, sized
from .values import Graph, Value

__all__ = ["Encoder", "Trace"]

Trace = dict[nn.Module, list[Graph]]
FEW = 64  # values of a tensor that are written out


class Encoder:
    """Knows the model's paths and tensors, and every graph that has been recorded so far."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.paths = {module: path for path, module in model.named_modules()}
        self.quiet = 0
        self.done: Trace = {}
        self.owners: dict[int, tuple[Tensor, nn.Module, str]] = {}
        for module in model.modules():
            held = (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False))
            for name, tensor in held:
                self.owners.setdefault(id(tensor), (tensor, module, name))

    def placed(self, graph: Graph, expr: tuple[Any, ...], given: Any) -> tuple[Any, Value]:
        """Return an object as this graph sees it, and its value."""
        value = Value(expr)
        if isinstance(given, Tensor):
            with self.silence():
                value.shape = tuple(given.shape)
            before = graph.find(given)
            # what is given back as it is: its name is that of what came in
            value.foreign = {*before.foreign, *before.names} if before else set()
            graph.learn(given, value)
            return given, value
        if isinstance(given, Sized):
            value.depends, value.sort = False, type(plain(given)).__name__
            return sized(plain(given), graph, value), value
        if isinstance(given, list | tuple):
            value.items = len(given)
            value.sort = "list[Tensor]" if isinstance(given, list) else "tuple[Tensor, ...]"
            made = [self.placed(graph, ("item", value, n), item)[0] for n, item in enumerate(given)]
            return like(given, made), value
        if isinstance(given, dict):
            value.items, value.sort = len(given), "dict[str, Tensor]"
            return type(given)(
                (key, self.placed(graph, ("item", value, key), item)[0])
                for key, item in given.items()
            ), value
        return given, value

    def encode(self, graph: Graph, thing: Any) -> Any:
        """Return nested arguments with values in the places of tensors and sizes."""
        if isinstance(thing, Tensor):
            return self._tensor(graph, thing)
        if isinstance(thing, Sized):
            return thing.value if thing.graph is graph else plain(thing)
        if isinstance(thing, torch.device):
            return graph.find(thing) or thing
        if isinstance(thing, torch.dtype):
            return graph.dtypes.get(thing, thing)
        if isinstance(thing, slice):
            return slice(*(self.encode(graph, n) for n in (thing.start, thing.stop, thing.step)))
        if isinstance(thing, dict):
            return {key: self.encode(graph, item) for key, item in thing.items()}
        if isinstance(thing, list | tuple):
            return like(thing, [self.encode(graph, item) for item in thing])
        return thing

    def _tensor(self, graph: Graph, tensor: Tensor) -> Value:
        known = graph.find(tensor)
        if known:
            return known
        if id(tensor) in self.owners:
            _, module, name = self.owners[id(tensor)]
            value = Value(("param", module, name), shape=tuple(tensor.shape))
            graph.learn(tensor, value)
            return value
        if any(other.find(tensor) for graphs in self.done.values() for other in graphs):
            raise self.cannot(
                graph.module, "its forward uses a tensor that another module left behind"
            )
        if tensor.device.type == "meta" or tensor.numel() > 64:
            raise self.cannot(
                graph.module,
                f"its forward uses a tensor {list(tensor.shape)} that is no parameter or buffer; "
                "register it with register_buffer",
            )
        kind = "" if tensor.dtype == torch.float32 else f", dtype={tensor.dtype}"
        value = Value(("literal", f"torch.tensor({tensor.tolist()}{kind})"), depends=False)
        graph.learn(tensor, value)
        return value

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Do not record what happens inside."""
        self.quiet += 1
        try:
            yield
        finally:
            self.quiet -= 1

    def cannot(self, module: nn.Module, why: str) -> EjectError:
        """Return the error that names a module."""
        place = self.paths.get(module, "") or "the model"
        return EjectError(f"{place} ({type(module).__name__}): {why}")

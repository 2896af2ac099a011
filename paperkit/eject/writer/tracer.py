"""Run a model once and write down, module by module, what each forward does.

Every forward that is not a layer of torch.nn gets a Graph of its own, in which its children are
single steps. Tensors are real ones (on the meta device where the model allows it), so checks of
sizes and flags run as they always do; sizes are numbers that remember where they come from.
What hooks do happens in the graph of the caller, since that is where it acts. Slots are no
modules here: what they call is called by the module that they sit in.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name

from .encode import Encoder, Trace
from .looks import (
    each,
    from_hook,
    has_forward,
    has_tensors,
    hooked,
    is_ours,
    singular,
    things,
    told,
    writes,
)
from .sizes import Sized, plain, sized
from .values import Graph, Step, Value, values_in

__all__ = ["is_layer", "is_slot", "trace"]

# a number or a truth value taken from a tensor's contents
LOOKS = {
    *("item", "tolist", "numpy", "equal", "allclose", "is_nonzero", "__bool__", "__int__"),
    *("__float__", "__index__", "__complex__", "__contains__", "__array__"),
}
SILENT = {"dim", "is_floating_point", "is_contiguous", "is_complex", "stride", "element_size"}


def is_slot(module: nn.Module) -> bool:
    """Tell whether a module is a Slot of the engine, whichever copy of it made it."""
    named = any(kind.__name__ == "Slot" for kind in type(module).__mro__)
    return named and hasattr(module, "plugs") and hasattr(module, "ways")


def is_layer(module: nn.Module) -> bool:
    """Tell whether a module is written as its constructor: a layer of torch.nn, nothing inside."""
    if isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict):
        return False
    own = type(module).__module__.startswith("torch.nn.")
    return own and not any(hooked(child) for child in module.modules() if child is not module)


def trace(model: nn.Module, example: Tensor, *, training: bool) -> Trace:
    """Return the graphs of every module that a forward of the model reaches.

    Args:
        model: Left as it is, but for the statistics of batch normalisation: give a copy.
        example: [B, C, H, W], on the model's device.
        training: The mode to look at.

    Raises:
        EjectError: A forward looks at the values of tensors, or does what cannot be followed.
    """
    model.train(training)
    tracer = Tracer(model)
    with torch.random.fork_rng(devices=[]), torch.enable_grad(), tracer.wrapped(), tracer:
        tracer.run(example)
    return tracer.done


class Tracer(Encoder, TorchFunctionMode):
    """Sees every torch function, and every forward through a wrapper on the instance."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        self.stack: list[Graph] = []

    def run(self, example: Tensor) -> None:
        """Call the model; hooks on the model itself belong to its own graph."""
        graph = Graph(self.model)
        name = next(iter(inspect.signature(self.model.forward).parameters), "x")
        given = self.placed(graph, ("input", name), example)
        graph.signature.append((name, given[1]))
        self.done[self.model] = [graph]
        self.stack.append(graph)
        out = self.model(given[0])
        self.stack.pop()
        graph.returns = self.encode(graph, out)

    @contextmanager
    def wrapped(self) -> Iterator[None]:
        """Put the wrappers on, and take them off again."""
        changed = []
        for module in self.paths:
            if module is self.model or is_slot(module) or not has_forward(module):
                continue
            changed.append((module, "forward" in vars(module), module.forward))
            module.forward = self._wrapper(module, module.forward)
        try:
            yield
        finally:
            for module, own, forward in changed:
                if own:
                    module.forward = forward
                else:
                    del module.forward

    def _wrapper(self, module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        layer = is_layer(module)

        @functools.wraps(forward)
        def called(*args: Any, **kwargs: Any) -> Any:
            if self.quiet or not self.stack:
                return forward(*args, **kwargs)
            caller = self.stack[-1]
            self._note_names(caller)
            if layer:
                given = self.encode(caller, args), self.encode(caller, kwargs)
                with self.silence():
                    out = forward(*each(plain, args), **each(plain, kwargs))
                return self._step(caller, "module", module, given, out)
            graph = Graph(module)
            self.done.setdefault(module, []).append(graph)
            call, inner_args, inner_kwargs = self._bind(caller, graph, forward, args, kwargs)
            self.stack.append(graph)
            out = forward(*inner_args, **inner_kwargs)
            self._note_names(graph)
            self.stack.pop()
            graph.returns = self.encode(graph, out)
            return self._step(caller, "module", module, (call, {}), each(plain, out))

        return called

    def _bind(
        self, caller: Graph, graph: Graph, forward: Any, args: Any, kwargs: Any
    ) -> tuple[tuple[Any, ...], tuple[Any, ...], dict[str, Any]]:
        """Return the call as the caller writes it, and the arguments as the callee gets them.

        Arguments without tensors or sizes become part of the callee's code.
        """
        bound = inspect.signature(forward).bind(*args, **kwargs)
        kinds = {name: p.kind for name, p in inspect.signature(forward).parameters.items()}
        call: list[Any] = []
        for name, given in list(bound.arguments.items()):
            star = kinds[name] is inspect.Parameter.VAR_POSITIONAL
            if kinds[name] is inspect.Parameter.VAR_KEYWORD:
                if any(True for _ in things(given)):
                    raise self.cannot(graph.module, f"its forward takes **{name}")
                continue
            if not any(True for _ in things(given)):
                continue
            outer = self.encode(caller, given)
            inner, value = self.placed(graph, ("input", name), given)
            graph.signature.append((f"*{name}" if star else name, value))
            call.extend(outer if star and isinstance(outer, tuple) else [outer])
            bound.arguments[name] = inner
        return tuple(call), bound.args, bound.kwargs

    def _step(self, graph: Graph, kind: Any, target: Any, given: tuple[Any, Any], out: Any) -> Any:
        step = Step(kind, target, tuple(given[0]), dict(given[1]))
        depends = kind == "module" or any(value.depends for value in values_in([*given]))
        graph.steps.append(step)
        if not any(True for _ in things(out)):
            return out
        seen, value = self.placed(graph, ("step", step), out)
        step.result = value
        value.depends = depends
        return seen

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self.quiet or not self.stack:
            return func(*args, **kwargs)
        graph = self.stack[-1]
        name = resolve_name(func) or f"torch.{getattr(func, '__name__', func)}"
        self._note_names(graph)
        with self.silence():
            if name.endswith((".__get__", ".__set__")):
                return self._attribute(graph, name, func, args)
            return self._function(graph, name, func, args, kwargs)

    def _function(self, graph: Graph, name: str, func: Any, args: Any, kwargs: Any) -> Any:
        short = name.rpartition(".")[2]
        given = self.encode(graph, args), self.encode(graph, kwargs)
        if short in LOOKS and any(value.depends for value in values_in([*given])):
            raise self.cannot(
                graph.module,
                f"its forward looks at the values of a tensor ({told(short)}), so the code that "
                "runs depends on the data",
            )
        out = func(*each(plain, args), **each(plain, kwargs))
        if short in ("size", "__len__", "numel") and given[0] and isinstance(given[0][0], Value):
            return self._sizes(graph, given[0][0], args, kwargs, out)
        if short in LOOKS | SILENT or (not has_tensors(out) and short != "__setitem__"):
            return out
        if short == "__iter__":
            return iter(self._step(graph, "torch", "torch.Tensor.unbind", given, args[0].unbind()))
        made = self._step(graph, "torch", name, given, out)
        step = graph.steps[-1]
        step.writes = writes(short, kwargs)
        step.glue = short == "clone" and from_hook()
        return made

    def _sizes(self, graph: Graph, of: Value, args: Any, kwargs: Any, out: Any) -> Any:
        if isinstance(out, torch.Size):
            return self._shape(graph, of, out)
        if len(args) > 1 or "dim" in kwargs:
            index = args[1] if len(args) > 1 else kwargs["dim"]
            return self._shape(graph, of, args[0].shape)[plain(index)]
        return out

    def _shape(self, graph: Graph, of: Value, shape: torch.Size) -> torch.Size:
        values = (Value(("shape", of, n), depends=False) for n in range(len(shape)))
        return torch.Size([sized(n, graph, v) for n, v in zip(shape, values, strict=True)])

    def _attribute(self, graph: Graph, name: str, func: Any, args: Any) -> Any:
        attribute = name.split(".")[-2]
        if name.endswith("__set__"):
            raise self.cannot(graph.module, f"its forward sets .{attribute} of a tensor")
        out = func(*args)
        of = self.encode(graph, args[0])
        if not isinstance(of, Value):
            return out
        if attribute == "shape":
            return self._shape(graph, of, out)
        value = Value(("attr", of, attribute), depends=isinstance(out, Tensor))
        if isinstance(out, Tensor):
            value.shape = tuple(out.shape)
            graph.learn(out, value)
        elif isinstance(out, torch.device):
            graph.learn(out, value)
        elif isinstance(out, torch.dtype):
            graph.dtypes[out] = value
        return out

    def _note_names(self, graph: Graph) -> None:
        """Learn what the author's code calls the values: the local names of its frame."""
        frame: Any = sys._getframe(2)
        while frame is not None and is_ours(frame.f_code.co_filename):
            frame = frame.f_back
        for name, thing in list(frame.f_locals.items()) if frame is not None else []:
            if isinstance(thing, Tensor | Sized):
                self._name(graph, thing, name)
            elif isinstance(thing, list | tuple) and len(thing) < 64:
                for number, item in enumerate(thing):
                    if isinstance(item, Tensor):
                        self._name(graph, item, f"{singular(name)}{number}")

    def _name(self, graph: Graph, thing: Any, name: str) -> None:
        if isinstance(thing, Sized):
            value = thing.value if thing.graph is graph else None
        else:
            value = graph.find(thing)
        known = value is None or name in value.names or name in value.foreign
        if value is not None and not known and name.isidentifier():
            value.names.append(name)

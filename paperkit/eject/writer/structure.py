"""From the traced model to what the file holds: kept classes, written classes, constructors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from .body import Body, write_body
from .classes import Class, Instance, classes, settled
from .clean import clean
from .encode import Trace
from .errors import EjectError
from .homes import Homes
from .make import Field, Make, layer
from .modes import merged
from .roll import rolled
from .source import kept
from .tensors import held
from .tracer import is_layer, is_slot
from .values import Graph, Value

__all__ = ["Structure", "structure"]


@dataclass
class Structure:
    """What a file is written from; ``kept`` are types whose code goes into it as it is."""

    top: Make
    classes: list[Class]
    kept: list[type]
    homes: Homes


def structure(
    model: nn.Module, twin: nn.Module, training: Trace, evaluating: Trace, *, copies: bool
) -> Structure:
    """Return the structure of a model.

    Args:
        model: The model itself, for the values of its parameters.
        twin: The copy of it that was traced.
        training: Its graphs in training.
        evaluating: Its graphs otherwise.
        copies: Keep the copies that hooks made.
    """
    builder = _Builder(model, twin, training, evaluating, copies)
    top = builder.make(twin)
    found = classes(builder.instances)
    return Structure(settled(top), found, builder.kept, builder.homes)


class _Builder:
    def __init__(
        self, model: nn.Module, twin: nn.Module, training: Trace, evaluating: Trace, copies: bool
    ) -> None:
        self.twin, self.traces, self.copies = twin, (training, evaluating), copies
        self.original = dict(zip(twin.modules(), model.modules(), strict=True))
        self.homes = Homes(twin, [training, evaluating])
        self.instances: list[Instance] = []
        self.kept: list[type] = []
        self.called = {
            step.target
            for trace in self.traces
            for graphs in trace.values()
            for graph in graphs
            for step in graph.steps
            if step.kind == "module"
        } | {twin}
        self.silent = {module for module in twin.modules() if self._silent(module)}
        loud = (m for m in self.homes.at if m not in self.silent and self._useful(m))
        self.heard = {self._seat(module) for module in loud}

    def make(self, module: nn.Module) -> Make:
        """Return the constructor of a module and, inside it, of all that it holds."""
        place = self.homes.full(module)
        if is_slot(module) or (module in self.silent and module is not self.twin):
            return Make("nn.Identity", ())
        if is_layer(module) and not isinstance(module, nn.ParameterList | nn.ParameterDict):
            return layer(module, place)
        whole = module is not self.twin and kept(module)
        if whole:
            if type(module) not in self.kept:
                self.kept.append(type(module))
            return whole
        children = list(self._children(module))
        body = self._body(module)
        plain = type(module) in (nn.ModuleList, nn.ModuleDict, nn.Sequential)
        if plain and (body is None or self._chain(module, children)):
            return self._container(module, children)
        return self._instance(module, children, body, place)

    def _instance(
        self,
        module: nn.Module,
        children: list[tuple[str, nn.Module]],
        body: Body | None,
        place: str,
    ) -> Make:
        sequence = isinstance(module, nn.Sequential)
        chain = sequence and (body is None or self._chain(module, children))
        name = type(module).__name__
        if type(module) is nn.Sequential:
            name = "".join(part.capitalize() for part in place.replace(".", "_").split("_"))
        found = Instance(
            module,
            name,
            [(key, self.make(child)) for key, child in self._trimmed(module, children)],
            held(module, self.original[module], place),
            body.arguments if body and not chain else [],
            body.lines if body and not chain else None,
            body.returns if body and not chain else "",
            base=_base(module),
            generic=type(module).__module__.endswith(".slots.combine"),
        )
        self.instances.append(found)
        return Make(found, ())

    def _children(self, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
        holder = isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict)
        for key, child in self.homes.children(module):
            if holder or (self._useful(child) and self._seat(child) in self.heard):
                yield key, child

    def _trimmed(
        self, module: nn.Module, children: list[tuple[str, nn.Module]]
    ) -> list[tuple[str, nn.Module]]:
        """Leave out what does nothing at the end, where no number depends on it."""
        if isinstance(module, nn.Sequential | nn.ModuleList):
            while children and not self._does(children[-1][1]):
                children = children[:-1]
        return children

    def _does(self, module: nn.Module) -> bool:
        return not is_slot(module) and module not in self.silent and self._useful(module)

    def _container(self, module: nn.Module, children: list[tuple[str, nn.Module]]) -> Make:
        children = self._in_order(module, self._trimmed(module, children))
        keys = tuple(key for key, _ in children)
        if isinstance(module, nn.ModuleList | nn.Sequential):
            numbers = tuple(map(str, range(len(keys))))
            keys = () if keys == numbers else keys
        given = tuple(Field("", self.make(child), placed=True) for _, child in children)
        return Make(f"nn.{type(module).__name__}", given, keys)

    def _in_order(
        self, module: nn.Module, children: list[tuple[str, nn.Module]]
    ) -> list[tuple[str, nn.Module]]:
        """Put plugs behind what is called before them."""
        if not isinstance(module, nn.Sequential):
            return children
        own = [pair for pair in children if pair[0] in module._modules]
        called = self._calls(module)
        for pair in children:
            if pair not in own:
                before = called[: called.index(pair[1])] if pair[1] in called else called
                places = [n for n, (_, child) in enumerate(own) if child in before]
                own.insert(max(places, default=-1) + 1, pair)
        return own

    def _calls(self, module: nn.Module) -> list[nn.Module]:
        for trace in self.traces:
            for graph in trace.get(module, ()):
                return [s.target for s in graph.steps if s.kind == "module"]
        return []

    def _chain(self, module: nn.Module, children: list[tuple[str, nn.Module]]) -> bool:
        """Tell whether a Sequential does just what a Sequential does."""
        if type(module).forward is not nn.Sequential.forward:
            return False
        every = [graph for trace in self.traces for graph in trace.get(module, ())]
        own = [child for _, child in self._in_order(module, children) if self._does(child)]
        return all(self._is_chain(graph, own) for graph in every)

    def _is_chain(self, graph: Graph, own: list[nn.Module]) -> bool:
        value = graph.signature[0][1]
        called = []
        for step in graph.steps:
            if step.kind != "module" or step.args != (value,) or step.result is None:
                return False
            if step.target not in self.silent:
                called.append(step.target)
            value = step.result
        return called == own and graph.returns is value

    def _body(self, module: nn.Module) -> Body | None:
        bodies = [self._one_body(module, trace.get(module, [])) for trace in self.traces]
        return merged(*bodies)

    def _one_body(self, module: nn.Module, graphs: list[Graph]) -> Body | None:
        found: Body | None = None
        for graph in graphs:
            clean(graph, drop=self._drops, copies=self.copies)
            body = write_body(graph, lambda target, name: self._named(module, target, name))
            body.lines = rolled(body.lines, lambda path: self._length(module, path))
            if found is not None and body != found:
                raise EjectError(
                    f"{self.homes.full(module)} ({type(module).__name__}): it is called twice in "
                    "one forward and does not do the same both times; give each call a module"
                )
            found = body
        return found

    def _length(self, module: nn.Module, path: str) -> int:
        """Return the number of items of a list that the code names: self.blocks."""
        try:
            holder = module.get_submodule(path.removeprefix("self."))
        except AttributeError:
            return 0
        children = self._trimmed(holder, list(self.homes.children(holder)))
        return len(children) if type(holder) is nn.ModuleList else 0

    def _named(self, module: nn.Module, target: nn.Module, name: str) -> str:
        path = self.homes.path(module, target) if target is not module else "self"
        return f"{path}.{name}" if name else path

    def _drops(self, module: nn.Module) -> bool:
        return module in self.silent and self._seat(module) not in self.heard

    def _seat(self, module: nn.Module) -> Any:
        """Return what is the same for one attribute of one class."""
        keys: list[str] = []
        while module in self.homes.at:
            module, key = self.homes.at[module]
            keys.append(key)
            if not isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict):
                break
        return type(module), *keys

    def _useful(self, module: nn.Module) -> bool:
        state = any(True for m in module.modules() for _ in (*m.parameters(), *m.buffers()))
        return state or any(inner in self.called for inner in module.modules())

    def _silent(self, module: nn.Module) -> bool:
        """Tell whether a module is called and gives back what it gets, always."""
        if isinstance(module, nn.Identity):
            return True
        graphs = [graph for trace in self.traces for graph in trace.get(module, ())]
        empty = not any(True for _ in (*module.parameters(), *module.buffers()))
        return bool(graphs) and empty and all(map(self._passes, graphs))

    def _passes(self, graph: Graph) -> bool:
        value: Value = graph.signature[0][1] if graph.signature else Value(("none",))
        for step in graph.steps:
            if step.kind != "module" or step.args != (value,) or not self._silent(step.target):
                return False
            assert step.result is not None
            value = step.result
        return graph.returns is value


def _base(module: nn.Module) -> str:
    """Return what a class is derived from: children that are numbers need a container."""
    if isinstance(module, nn.Sequential):
        return "nn.Sequential"
    return "nn.ModuleList" if isinstance(module, nn.ModuleList) else "nn.Module"

"""Where each module lives in the written model: mostly where it was, plugs where they are used."""

import re
from collections.abc import Iterator

from torch import nn

from .encode import Trace
from .errors import EjectError
from .tracer import is_slot

__all__ = ["Homes"]

PLUGGED = "plugged"  # where the engine keeps what it hooks into models without slots


class Homes:
    """The tree of the written model.

    Attributes:
        at: From a module to its parent and the name that it has there.
    """

    def __init__(self, model: nn.Module, traces: list[Trace]) -> None:
        self.model = model
        self.paths: dict[nn.Module, list[str]] = {}
        for path, module in model.named_modules(remove_duplicate=False):
            self.paths.setdefault(module, []).append(path)
        self.modules = {path: module for module, every in self.paths.items() for path in every}
        self.at: dict[nn.Module, tuple[nn.Module, str]] = {}
        for traced in traces:
            for module, graphs in traced.items():
                for target in (s.target for g in graphs for s in g.steps if s.kind == "module"):
                    self._settle(module, target)
        self._rest()

    def children(self, parent: nn.Module) -> Iterator[tuple[str, nn.Module]]:
        """Yield name and module of what lives in a module: its own, then what is plugged in."""
        adopted = {key: child for child, (home, key) in self.at.items() if home is parent}
        for name, child in parent._modules.items():
            if child is not None and self.at.get(child) == (parent, name):
                yield name, child
            elif child is not None and is_slot(child) and isinstance(parent, nn.Sequential):
                # its number is kept: the layers after it keep theirs
                yield name, adopted.get(name, child)
        for child, (home, name) in self.at.items():
            if home is parent and name not in parent._modules:
                yield name, child

    def path(self, module: nn.Module, target: nn.Module) -> str:
        """Return how the code of one module names another inside it: self.blocks[0].conv."""
        keys: list[tuple[nn.Module, str]] = []
        here = target
        while here is not module:
            if here not in self.at:
                raise EjectError(
                    f"{self._name(module)} calls {self._name(target)}, which lives elsewhere"
                )
            here, key = self.at[here]
            keys.append((here, key))
        return "self" + "".join(_key(home, key) for home, key in reversed(keys))

    def full(self, module: nn.Module) -> str:
        """Return the dotted path of a module in the written model."""
        keys: list[str] = []
        while module is not self.model:
            module, key = self.at[module]
            keys.append(key)
        return ".".join(reversed(keys))

    def _settle(self, parent: nn.Module, target: nn.Module) -> None:
        chain = self._chain(parent, target)
        if chain is None:
            home = self.at.get(target)
            if home is None:
                self.at[target] = (parent, self._free(parent, target))
            elif home[0] is not parent and not self._inside(parent, target):
                raise self._shared(target, parent)
            return
        for child, home in chain:
            if self.at.setdefault(child, home) != home:
                raise self._shared(child, parent)

    def _chain(
        self, parent: nn.Module, target: nn.Module
    ) -> list[tuple[nn.Module, tuple[nn.Module, str]]] | None:
        """Return child and home of every step from a module down to one inside it."""
        found = []
        for above in self.paths[parent]:
            for below in self.paths[target]:
                inside = below.startswith(f"{above}.") if above else bool(below)
                if inside and not self._through_slot(above, below):
                    found.append((above, below))
        if not found:
            return None
        above, below = min(found, key=lambda pair: (not self._settled(pair[1]), len(pair[1])))
        chain, here = [], below
        while here != above:
            outer, _, key = here.rpartition(".")
            chain.append((self.modules[here], (self.modules[outer], key)))
            here = outer
        return chain

    def _settled(self, below: str) -> bool:
        outer, _, key = below.rpartition(".")
        return self.at.get(self.modules[below]) == (self.modules[outer], key)

    def _through_slot(self, above: str, below: str) -> bool:
        inner = below[len(above) + 1 :] if above else below
        parts = inner.split(".")
        walk = [".".join(filter(None, [above, *parts[: n + 1]])) for n in range(len(parts) - 1)]
        return any(is_slot(self.modules[path]) or path == PLUGGED for path in walk)

    def _inside(self, parent: nn.Module, target: nn.Module) -> bool:
        here: nn.Module | None = target
        while here is not None and here is not parent:
            here = self.at[here][0] if here in self.at else None
        return here is parent

    def _free(self, parent: nn.Module, plug: nn.Module) -> str:
        """Name what is plugged in after its place and what it is: branch_coord_att."""
        slot_path, slot = self._slot_of(plug)
        plugs, labels = [*_plugs(slot)], getattr(slot, "labels", [])
        outer, _, key = slot_path.rpartition(".")
        if len(plugs) == 1 and isinstance(parent, nn.Sequential) and self.modules[outer] is parent:
            return key
        label = re.match(r"\w+", str(labels[plugs.index(plug)]))
        what = label.group() if label else _snake(type(plug).__name__)
        where = self._place(parent, slot_path, slot)
        name = f"{what}{where}" if where.isdigit() else "_".join(filter(None, [where, what]))
        taken = {*parent._modules, *(key for home, key in self.at.values() if home is parent)}
        several = (f"{name}_{n}" for n in range(2, 99))
        return name if name not in taken else next(n for n in several if n not in taken)

    def _place(self, parent: nn.Module, slot_path: str, slot: nn.Module) -> str:
        """Return the place of a slot as a name inside a module."""
        above = self.paths[parent][0]
        if not slot_path.startswith(f"{PLUGGED}."):
            inner = slot_path[len(above) + 1 :] if above else slot_path
            return re.sub(r"_?slots?\b|\bslots?_", "", inner).replace(".", "")
        if type(slot).__name__ == "Item":
            return str(slot.name).replace(".", "")
        if type(slot).__name__ == "Join":
            return str(slot.name).partition(".")[0]
        path = str(slot.component)
        return (path[len(above) + 1 :] if above else path).replace(".", "_")

    def _slot_of(self, plug: nn.Module) -> tuple[str, nn.Module]:
        for path in self.paths[plug]:
            slot = path.rpartition(".plugs.")[0]
            if slot in self.modules and is_slot(self.modules[slot]):
                return slot, self.modules[slot]
        raise EjectError(f"{self._name(plug)} is called from outside the module that holds it")

    def _rest(self) -> None:
        """Modules that no forward reaches stay where they are."""
        for path, module in self.model.named_modules():
            inside = any(
                is_slot(self.modules[path[:at]]) or path[:at] == PLUGGED
                for at in (m.start() for m in re.finditer(r"\.|$", path))
            )
            known = module is self.model or module in self.at
            if known or is_slot(module) or (inside and not self._adopted_above(path)):
                continue
            if isinstance(module, nn.ModuleList) and module and all(map(is_slot, module)):
                continue
            outer, _, key = path.rpartition(".")
            self.at[module] = (self.modules[outer], key)

    def _adopted_above(self, path: str) -> bool:
        """Tell whether what a path lies in, up to its slot, has a home."""
        outer = path.rpartition(".")[0]
        if not outer or outer == PLUGGED or is_slot(self.modules[outer]):
            return False
        return self.modules[outer] in self.at or self._adopted_above(outer)

    def _shared(self, module: nn.Module, other: nn.Module) -> EjectError:
        first = self.at[module][0]
        return EjectError(
            f"{self._name(module)} is used in two places, {self._name(first)} and "
            f"{self._name(other)}; one file with one class for each cannot share it"
        )

    def _name(self, module: nn.Module) -> str:
        return self.paths[module][0] or "the model"


def _key(home: nn.Module, key: str) -> str:
    if isinstance(home, nn.Sequential | nn.ModuleList) and key.isdigit():
        return f"[{key}]"
    if type(home) is nn.ModuleDict:
        return f'["{key}"]'
    return f".{key}" if key.isidentifier() else f'._modules["{key}"]'


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _plugs(slot: nn.Module) -> nn.ModuleList:
    plugs = slot.get_submodule("plugs")
    assert isinstance(plugs, nn.ModuleList)
    return plugs

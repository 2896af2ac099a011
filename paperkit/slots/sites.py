"""The places of a model where something can be plugged in, and how it gets there.

A Site has a name and one of two mechanisms. "slot": the model's author put a Slot there. "hook":
any other module, after which a forward hook calls a Slot that is kept in ``model.plugged``; base
state_dict keys stay as they are. Two more kinds of hooks reach tensors between modules: "item",
one of the features that a decoder takes as a list, and "join", the concatenation [x, s] that
enters a module. What a library calls these places is known to its adapter (adapt.py).
"""

import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from torch import nn

from .adapt import adapted, libraries
from .errors import SlotError, nearest
from .plug import Plug
from .selector import Selector, read_selector
from .site import Site, hook_slot, hooked, is_at
from .slot import Slot

HOME = "plugged"  # where a model without slots keeps what is hooked in
__all__ = ["Site", "hits", "hooked", "plugged", "replace_module", "sites", "slot_at"]


State = list[tuple[str, int]]
_KNOWN: weakref.WeakKeyDictionary[nn.Module, tuple[State, Mapping[str, Site]]] = (
    weakref.WeakKeyDictionary()
)  # an adapter may run a forward, and a plan asks many times


def sites(model: nn.Module) -> Mapping[str, Site]:
    """Return the named sites of a model, in the order of its modules. Raises SlotError.

    Slots of the model's author go before names of a library's model that it contains.
    """
    known = _KNOWN.get(model)
    state = [(name, id(module)) for name, module in model.named_modules()]
    if known and known[0] == state:
        return known[1]
    found: dict[str, Site] = {}
    for site in _slots(model):
        if site.name in found:
            raise SlotError(
                f"two slots of this model are called {site.name!r}: "
                f"{found[site.name].path} and {site.path}; rename one"
            )
        found[site.name] = site
    inside = libraries(model)
    if len(inside) == 1:
        ((root, adapter),) = inside.items()
        for site in adapted(adapter, model.get_submodule(root)):
            found.setdefault(site.name, site.below(root))
    _KNOWN[model] = state, found
    return found


def hits(model: nn.Module, plug: Plug) -> list[Site]:
    """Return the places that a plug's selector means. Raises SlotError if there are none."""
    selector, named = read_selector(plug.at), sites(model)
    if selector.path:
        paths = {model.get_submodule(p): p for p in _paths(model) if selector.matches(p)}
        wanted = [_at_path(path, named) for path in paths.values()]
        near = nearest(selector.names, _paths(model))
    else:
        wanted = [site for name, site in named.items() if selector.matches(name)]
        near = _nearest_slots(model, selector.names, named)
    if not wanted:
        raise SlotError(f"{plug.at}: this model has nothing of that name; {near}")
    if selector.kind:
        wanted = _inside(model, wanted, selector)
    elif plug.how == "replace":
        _one_module(wanted)
    else:
        _none_idle(wanted)
    hooks = plug.how == "insert" and any(site.mechanism != "slot" for site in wanted)
    if hooks and isinstance(model, nn.Sequential):
        raise SlotError(
            f"{plug.at}: this model is an nn.Sequential, which would run the plugs that it keeps "
            "as further layers; wrap it in a class with a forward of its own"
        )
    if plug.match is not None and len(wanted) != plug.match:
        names = ", ".join(site.name for site in wanted)
        raise SlotError(f"{plug.at}: match is {plug.match}, but it hits {len(wanted)}: {names}")
    return wanted


def _at_path(path: str, named: Mapping[str, Site]) -> Site:
    """Return the site of a path, in the layout that is known of a slot there."""
    laid = (s for s in named.values() if s.path == path and s.mechanism in ("last", "tokens"))
    site = next(laid, hooked("", path))
    return replace(site, name=f"path:{path}", component=path, parts=())


def plugged(model: nn.Module, site: Site) -> list[str]:
    """Return the expressions that are plugged in at a site, in their order."""
    here = model.get_submodule(site.path)
    kept = [*getattr(model, HOME, [])] if site.mechanism != "slot" else [here]
    return [
        label
        for slot in kept
        if isinstance(slot, Slot) and (slot is here or is_at(slot, site))
        for label in slot.labels
    ]


def slot_at(model: nn.Module, site: Site) -> tuple[str, Slot]:
    """Return the dotted path and the Slot of a site; a hooked one is made on first use."""
    if site.mechanism == "slot":
        slot = model.get_submodule(site.path)
        assert isinstance(slot, Slot)
        return site.path, slot
    home = _home(model)
    for index, slot in enumerate(home):
        if isinstance(slot, Slot) and is_at(slot, site):
            return f"{HOME}.{index}", slot
    slot = hook_slot(model, site)
    home.append(slot.train(model.training))
    return f"{HOME}.{len(home) - 1}", slot


def _home(model: nn.Module) -> nn.ModuleList:
    if not hasattr(model, HOME):
        model.add_module(HOME, nn.ModuleList().train(model.training))
    home = model.get_submodule(HOME)
    assert isinstance(home, nn.ModuleList)
    return home


def replace_module(model: nn.Module, path: str, new: nn.Module) -> None:
    """Put a module in the place of the one at path, under every name that it has in the model."""
    old = model.get_submodule(path)
    names = [n for n, m in model.named_modules(remove_duplicate=False) if m is old]
    for name in names:
        parent, _, child = name.rpartition(".")
        model.get_submodule(parent)._modules[child] = new


def _slots(model: nn.Module) -> Iterator[Site]:
    for path, module in model.named_modules():
        if isinstance(module, Slot) and HOME not in path.split("."):
            _component(model, module)
            yield Site(module.name, path, module.component, module.inputs)


def _component(model: nn.Module, slot: Slot) -> None:
    if slot.component is None:
        return
    try:
        model.get_submodule(slot.component)
    except AttributeError:
        raise SlotError(
            f"Slot({slot.name!r}) says that it names {slot.component!r}, but this model has no "
            f"such module; {nearest(slot.component, _paths(model))}"
        ) from None


def _inside(model: nn.Module, outer: list[Site], selector: Selector) -> list[Site]:
    """Return the layers inside what the outer sites name, for which the predicate holds."""
    found: dict[str, Site] = {}
    for site in outer:
        if not site.within:
            raise SlotError(
                f"{selector}: {site.name} is a joint of tensors and has no layers inside; "
                f"use it without /{selector.kind}"
            )
        for home, path, layer in _layers(model, site):
            if selector.wants(layer):
                short = path.removeprefix(home).strip(".")
                found.setdefault(path, hooked(f"{site.name}/{short}" if short else site.name, path))
    if not found:
        raise SlotError(f"{selector}: no such layer; {_inventory(model, outer, selector)}")
    return list(found.values())


def _layers(model: nn.Module, site: Site) -> Iterator[tuple[str, str, nn.Module]]:
    """Walk (what names are relative to, path, module), but not what is plugged into slots."""
    for part in site.within:
        root = model.get_submodule(part)
        home = part if site.component else part.rpartition(".")[0]
        plugged = [name for name, module in root.named_modules() if isinstance(module, Slot)]
        for name, module in root.named_modules():
            if not any(name == slot or name.startswith(f"{slot}.") for slot in plugged):
                yield home, f"{part}.{name}" if name else part, module


def _none_idle(wanted: list[Site]) -> None:
    for site in wanted:
        if site.idle:
            raise SlotError(f"{site.name}: {site.idle}")


def _one_module(wanted: list[Site]) -> None:
    """Replacing what a slot names needs one module; several do not share a shape."""
    for site in wanted:
        if site.parts:
            every = ", ".join(site.parts)
            raise SlotError(
                f"{site.name}: it is made of {len(site.parts)} modules, {every}; replace one with "
                f"path:{site.parts[-1]}:=..., or layers inside with {site.name}/conv:=..."
            )


def _inventory(model: nn.Module, outer: list[Site], selector: Selector) -> str:
    """List what is there of the wanted kind, with what the conditions speak about."""
    loose = Selector(selector.names, selector.path, selector.kind)
    found = [
        f"{path} ({layer.extra_repr()})"
        for site in outer
        for _, path, layer in _layers(model, site)
        if loose.wants(layer)
    ]
    more = f" and {len(found) - 6} more" if len(found) > 6 else ""
    return "there is " + ", ".join(found[:6]) + more if found else f"there is no {selector.kind}"


def _paths(model: nn.Module) -> list[str]:
    """Return all dotted paths, aliases included, without what is plugged in."""
    every = list(model.named_modules(remove_duplicate=False))
    plugs = tuple(f"{name}." for name, module in every if isinstance(module, Slot))
    return [n for n, _ in every if n not in ("", HOME) and not n.startswith((*plugs, f"{HOME}."))]


def _nearest_slots(model: nn.Module, name: str, known: Mapping[str, Site]) -> str:
    if not known:
        return _no_slots(model)
    near, there = nearest(name, known, most=6), ", ".join(regions(known))
    if all(site.mechanism == "slot" for site in known.values()):
        return near
    return f"{near}; it has {there}" if near.startswith("nearest") else f"known: {there}"


def _no_slots(model: nn.Module) -> str:
    """Say which paths there are instead of slots."""
    inside = [path for path in libraries(model) if path]
    if len(inside) > 1:
        said = f"it contains {len(inside)} models of libraries ({', '.join(inside)})"
        return f"{said}, so no name is unique; use path:MODULE, such as path:{inside[0]}"
    paths = [f"path:{name}" for name, _ in model.named_children()]
    return "it has no slots; use path:MODULE, such as " + ", ".join(paths[:6])


def regions(names: Iterable[str]) -> list[str]:
    """Shorten a list of slots for a message: encoder.0-4, skip.0-3, head; nothing inside blocks."""
    found: dict[str, list[int]] = {}
    for name in names:
        region, _, rest = name.partition(".")
        if not rest or rest.isdecimal():
            found.setdefault(region, []).extend([int(rest)] if rest else [])
        elif "." not in rest:
            found.setdefault(name, [])
    return [_span(region, sorted(numbers)) for region, numbers in found.items()]


def _span(region: str, numbers: list[int]) -> str:
    if len(numbers) < 2:
        return ".".join([region, *map(str, numbers)])
    first, last = numbers[0], numbers[-1]
    if numbers == list(range(first, last + 1)):
        return f"{region}.{first}-{last}"
    return f"{region}.{{{','.join(map(str, numbers))}}}"

"""A Site: one place of a model, how a plug gets there, and which shapes it meets there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from torch import nn

from .errors import SlotError
from .hooked import Grid, Item, Join, Last
from .probe import Seen, Shape
from .slot import Slot

Mechanism = Literal["slot", "hook", "last", "tokens", "item", "join"]
LAYOUTS = {"last": "NHWC", "tokens": "NLC"}


@dataclass(frozen=True)
class Site:
    """A place: its name, the module there (a Slot, or the one hooked), and what it names.

    ``mechanism``: "slot" a Slot of the model's author; "hook" after the module at path, "last"
    the same with channels last, "tokens" with tokens behind ``number`` others, in rows of the map
    that the convolution at ``source`` gives; "item" feature ``number`` of the list that the
    module takes; "join" the concatenation that it takes, whose last ``number`` channels are the
    skip's. ``parts``: the modules that the slot names together where ``component`` is None.
    ``idle``: why a plug after it would change nothing, where it can be searched but not used.
    """

    name: str
    path: str
    component: str | None
    inputs: int = 1
    mechanism: Mechanism = "slot"
    number: int = 0
    source: str = ""
    parts: tuple[str, ...] = ()
    idle: str = ""

    @property
    def layout(self) -> str:
        """How the model lays out what a plug there sees as NCHW: NCHW, NHWC or NLC."""
        return LAYOUTS.get(self.mechanism, "NCHW")

    @property
    def before(self) -> bool:
        """Whether plugs run before the module at path, on what it takes."""
        return self.mechanism in ("item", "join")

    @property
    def within(self) -> tuple[str, ...]:
        """The modules that predicates search."""
        return self.parts if self.component is None else (self.component,)

    def below(self, root: str) -> "Site":
        """Return the same site of a model that contains this one's at a dotted path."""
        if not root:
            return self
        return replace(
            self,
            path=f"{root}.{self.path}",
            component=self.component and f"{root}.{self.component}",
            source=self.source and f"{root}.{self.source}",
            parts=tuple(f"{root}.{part}" for part in self.parts),
        )

    def shapes(self, every: Mapping[str, Seen]) -> tuple[tuple[Shape, ...], Shape]:
        """Return what arrives here [B, C, H, W], and what goes on when nothing is plugged.

        Args:
            every: What each module was given and gave, by its path.
        """
        seen = every[self.path]
        if self.mechanism == "item":
            return (seen.inputs[self.number],), seen.inputs[self.number]
        if self.mechanism == "join":
            b, c, h, w = base = seen.inputs[0]
            return ((b, c - self.number, h, w), (b, self.number, h, w)), base
        into = seen.inputs if self.mechanism == "slot" else seen.outputs
        if not seen.bare or (self.inputs == 1 and len(into) != 1):
            raise SlotError(
                "no single tensor comes from here but a collection; name a module inside"
            )
        if self.mechanism == "last":
            b, h, w, c = seen.outputs[0]
            return ((b, c, h, w),), (b, c, h, w)
        if self.mechanism == "tokens":
            b, _, c = seen.outputs[0]
            _, _, h, w = every[self.source].outputs[0]
            return ((b, c, h, w),), (b, c, h, w)
        return into, seen.outputs[0]


def hooked(name: str, path: str) -> Site:
    """Return the site right after the module at a dotted path."""
    return Site(name, path, path, mechanism="hook")


def hook_slot(model: nn.Module, site: Site) -> Slot:
    """Make the Slot of a hooked site, and hook it; the caller registers it in the model."""
    module = model.get_submodule(site.path)
    if site.before:
        kind = Item if site.mechanism == "item" else Join
        slot = kind(site.name, site.path, site.number)
        module.register_forward_pre_hook(slot.before, with_kwargs=True)
        return slot
    after = _after(site)
    if isinstance(after, Grid):
        model.get_submodule(site.source).register_forward_hook(after.note)
    module.register_forward_hook(after.after)
    return after


def _after(site: Site) -> Slot:
    if site.mechanism == "tokens":
        return Grid(site.name, site.path, site.number)
    return Last(site.name, site.path) if site.mechanism == "last" else Slot(site.name, site.path)


def is_at(slot: Slot, site: Site) -> bool:
    """Tell whether a hooked slot is the one of a site; several names may mean one place."""
    kinds = {"hook": Slot, "last": Last, "tokens": Grid, "item": Item, "join": Join}
    number = getattr(slot, "number", 0)
    same = type(slot) is kinds.get(site.mechanism) and number == site.number
    return same and slot.component == site.path

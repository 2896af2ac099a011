"""A Site: one place of a model, how a plug gets there, and which shapes it meets there."""

from dataclasses import dataclass
from typing import Literal

from torch import nn

from .errors import SlotError
from .hooked import Item, Join, Last
from .probe import Seen, Shape
from .slot import Slot

Mechanism = Literal["slot", "hook", "last", "item", "join"]


@dataclass(frozen=True)
class Site:
    """A place: its name, the module there (a Slot, or the one hooked), and what it names.

    ``mechanism``: "slot" a Slot of the model's author; "hook" after the module at path, "last"
    the same with channels last; "item" feature ``number`` of the list that the module takes;
    "join" the concatenation that it takes, whose last ``number`` channels are the skip's.
    """

    name: str
    path: str
    component: str | None
    inputs: int = 1
    mechanism: Mechanism = "slot"
    number: int = 0

    def shapes(self, seen: Seen) -> tuple[tuple[Shape, ...], Shape]:
        """Return what arrives here [B, C, H, W], and what goes on when nothing is plugged.

        Args:
            seen: What the module at the path was given and gave.
        """
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
        return into, seen.outputs[0]


def hooked(name: str, path: str) -> Site:
    """Return the site right after the module at a dotted path."""
    return Site(name, path, path, mechanism="hook")


def hook_slot(model: nn.Module, site: Site) -> Slot:
    """Make the Slot of a hooked site, and hook it; the caller registers it in the model."""
    module = model.get_submodule(site.path)
    if site.mechanism in ("item", "join"):
        kind = Item if site.mechanism == "item" else Join
        slot = kind(site.name, site.path, site.number)
        module.register_forward_pre_hook(slot.before, with_kwargs=True)
        return slot
    after = Last(site.name, site.path) if site.mechanism == "last" else Slot(site.name, site.path)
    module.register_forward_hook(after.after)
    return after


def is_at(slot: Slot, site: Site) -> bool:
    """Tell whether a hooked slot is the one of a site; several names may mean one place."""
    kinds = {"hook": Slot, "last": Last, "item": Item, "join": Join}
    number = getattr(slot, "number", 0)
    same = type(slot) is kinds.get(site.mechanism) and number == site.number
    return same and slot.component == site.path

"""What can be wrong with a plug. Each message names the place, the values and a way out.

SlotError (ValueError)   a plug that cannot be applied; always raised before training
├── GrammarError         the text cannot be read; shows the position
├── UnknownModule        no module of this name; lists the nearest names
└── Misfit               the module wants other shapes than the slot has

The command line and train.py show them as they are and exit 2.
"""

import difflib
from collections.abc import Iterable

__all__ = ["GrammarError", "Misfit", "SlotError", "UnknownModule", "nearest"]


class SlotError(ValueError):
    """A plug that cannot be applied. The cause is set where a module's own code raised."""


class GrammarError(SlotError):
    """A plug's text cannot be read; the message shows where."""

    def __init__(self, text: str, position: int, wish: str) -> None:
        super().__init__(f"cannot read this plug: {wish}\n    {text}\n    {' ' * position}^")
        self.position = position


class UnknownModule(SlotError):  # noqa: N818 - reads as what it says: an unknown module
    """No module of this name."""


class Misfit(SlotError):  # noqa: N818 - as above
    """The module wants other shapes than the slot has."""


def nearest(name: str, known: Iterable[str], *, most: int = 4) -> str:
    """Return "nearest: a, b", or "known: a, b, c" where nothing is near; "" if nothing is known."""
    choices = sorted(set(known))
    near = difflib.get_close_matches(name, choices, n=most, cutoff=0.5)
    if near:
        return "nearest: " + ", ".join(near)
    return "known: " + ", ".join(choices) if choices else ""

"""Slots in words: after each encoder stage, at each fusion of decoder feature and skip."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from paperkit.latex import Tex, escape, tex
from paperkit.report.text.words import count, listed

__all__ = ["Place", "place_words"]

# region: (insert, one of the things, many of them)
_REGIONS = {
    "encoder": ("after", "encoder stage", "encoder stages"),
    "decoder": ("after", "decoder stage", "decoder stages"),
    "skip": ("on", "skip connection", "skip connections"),
    "fuse": ("at", "fusion of decoder feature and skip", "fusions of decoder feature and skip"),
    "up": ("after", "up-sampling step", "up-sampling steps"),
    "down": ("after", "down-sampling step", "down-sampling steps"),
    "stage": ("after", "stage", "stages"),
    "bottleneck": ("after", "bottleneck", "bottlenecks"),
    "stem": ("after", "stem", "stems"),
    "pool": ("after", "global pooling", "global poolings"),
    "head": ("in", "head", "heads"),
}
_INSIDE = {
    "": ("after", "block", "blocks"),
    "branch": ("at the end of the residual branch of", "block", "blocks"),
    "conv2": ("after the second convolution of", "block", "blocks"),
}
_LAYERS = {
    "conv": "convolution",
    "norm": "normalisation",
    "act": "activation",
    "pool": "pooling",
    "up": "up-sampling",
    "linear": "linear layer",
}
_PREDICATE = re.compile(r"/(\w+)(?:\[[^\]]*?(?:k=(\d+))?[^\]]*\])?$")
_BLOCK = re.compile(r"stage\.(\d+)\.block\.(\d+)(?:\.(\w+))?")
_NUMBERED = re.compile(r"([a-z]+)\.(\d+|full)")


@dataclass(frozen=True)
class Place:
    """Slots of one kind: how to say them, and whether a plug names all of them."""

    preposition: str
    one: str
    many: str
    slots: tuple[str, ...]
    whole: bool


def place_words(slots: Sequence[str], selectors: Sequence[str], *, replace: bool) -> Tex:
    """Return where a plug is: "after each of the four encoder stages (encoder.0 to encoder.3)".

    Args:
        slots: As plugs.json names them.
        selectors: As the configuration names them; encoder.* says that no stage is left out.
        replace: Whether the plug takes the place of what the slot names.
    """
    return listed([_words(place, replace=replace) for place in _places(slots, selectors)])


def _places(slots: Sequence[str], selectors: Sequence[str]) -> list[Place]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for slot in dict.fromkeys(slots):
        groups.setdefault(_kind(slot, selectors), []).append(slot)
    every = {selector.partition(".")[0] for selector in selectors if _is_whole(selector)}
    return [
        Place(*kind, tuple(found), all(slot.partition(".")[0] in every for slot in found))
        for kind, found in groups.items()
    ]


def _is_whole(selector: str) -> bool:
    return all(part == "*" or not re.search(r"[\d*?{]", part) for part in selector.split("."))


def _kind(slot: str, selectors: Sequence[str]) -> tuple[str, str, str]:
    """Preposition, singular and plural of what a slot names; an unknown one is only quoted."""
    region = slot.partition(".")[0]
    if "/" in slot:
        layer = _layer(slot, selectors)
        whose = tex(" of the #1", _REGIONS[region][2]) if region in _REGIONS else Tex("")
        return ("after", tex("#1#2", layer, whose), tex("#1s#2", layer, whose))
    if block := _BLOCK.fullmatch(slot):
        return _INSIDE.get(block[3] or "", ("at", "", ""))
    if region in _REGIONS and (slot == region or _NUMBERED.fullmatch(slot)):
        return _REGIONS[region]
    return ("after", "", "")


def _layer(slot: str, selectors: Sequence[str]) -> Tex:
    """What the selector of a layer inside a slot asks for: "3 x 3 convolution"."""
    region = slot.partition(".")[0]
    asked = [s for s in selectors if "/" in s and s.partition(".")[0] in (region, "*")]
    found = _PREDICATE.search(asked[0]) if len(asked) == 1 else None
    if found is None:
        return Tex("layer")
    kind = _LAYERS.get(found[1], "layer")
    return tex(r"$#1\times#1$ #2", found[2], kind) if found[2] else escape(kind)


def _words(place: Place, *, replace: bool) -> Tex:
    named = _names(place.slots)
    if not place.one:
        return named if replace else tex("#1 #2", place.preposition, named)
    if len(place.slots) == 1:
        what = tex("the #1 (#2)", place.one, named)
        if place.slots[0] == place.slots[0].partition(".")[0]:
            what = tex("the #1", place.one)
    elif place.whole:
        what = tex("each of the #1 (#2)", count(len(place.slots), place.one, place.many), named)
    else:
        what = tex("#1 (#2)", count(len(place.slots), place.one, place.many), named)
    return what if replace else tex("#1 #2", place.preposition, what)


def _names(slots: Sequence[str]) -> Tex:
    r"""Slots as they are typed; a run of numbers as \texttt{encoder.0} to \texttt{encoder.3}."""
    shown = [tex(r"\texttt{#1}", _plain(slot)) for slot in slots]
    numbers = [_NUMBERED.fullmatch(slot) for slot in slots]
    if len(slots) > 2 and all(number and number[2].isdigit() for number in numbers):
        found = sorted(int(number[2]) for number in numbers if number)
        if found == list(range(found[0], found[0] + len(found))):
            ends = (min(slots, key=_number), max(slots, key=_number))
            return tex(r"\texttt{#1} to \texttt{#2}", *ends)
    if len(slots) > 6:
        return tex("#1 to #2", shown[0], shown[-1])
    return listed(shown)


def _number(slot: str) -> int:
    return int(slot.rpartition(".")[2])


def _plain(slot: str) -> Tex:
    return escape(slot.removeprefix("path:"))

"""Which places a plug means. The part before "/" names slots, the part after it their layers.

    encoder.2              one slot
    encoder.*              "*" and "?" stand for letters within one part between dots
    fuse.{0,1}             a set
    encoder.2/conv[k=3]    each convolution with a 3x3 kernel inside what encoder.2 names
    path:layer3.1.bn2      any module of the model, by its dotted path

Kinds of layers: conv, up, pool, norm, act, linear, or the name of a class ("BatchNorm2d").
Conditions: k kernel, s stride, p padding, d dilation, g groups, in, out (channels).
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from torch import nn

from .errors import GrammarError, SlotError, nearest

_PART = r"(?:[\w*?-]|\{[\w*?,\s-]+\})+"
_ITEM = re.compile(r"[^,\s][^,]*")
_LAYER = r"/\w+(?:\[[^\]]*\])?"
SELECTOR = re.compile(rf"(?:path:)?{_PART}(?:\.{_PART})*(?:{_LAYER})?")

KINDS: dict[str, tuple[str, ...]] = {
    "conv": ("_ConvNd",),
    "up": ("ConvTranspose2d", "Upsample", "PixelShuffle"),
    "pool": ("_MaxPoolNd", "_AvgPoolNd", "_AdaptiveAvgPoolNd", "_AdaptiveMaxPoolNd"),
    "norm": ("_NormBase", "GroupNorm", "LayerNorm"),
    "act": ("ReLU", "LeakyReLU", "GELU", "SiLU", "Hardswish", "ELU", "PReLU", "Sigmoid"),
    "linear": ("Linear",),
}
CONDITIONS = {
    "k": "kernel_size",
    "s": "stride",
    "p": "padding",
    "d": "dilation",
    "g": "groups",
    "in": "in_channels",
    "out": "out_channels",
}


@dataclass(frozen=True)
class Selector:
    """A selector that has been read: which names, and which layers inside them.

    ``kind`` is None where the whole slot is meant; ``where`` holds the conditions in order.
    """

    names: str
    path: bool = False
    kind: str | None = None
    where: tuple[tuple[str, int], ...] = ()

    def matches(self, name: str) -> bool:
        """Tell whether a dotted name is meant; "*" does not reach over a dot."""
        parts = name.split(".")
        return any(
            len(pattern) == len(parts) and all(map(fnmatchcase, parts, pattern))
            for pattern in (given.split(".") for given in _expanded(self.names))
        )

    def wants(self, layer: nn.Module) -> bool:
        """Tell whether the predicate holds for a layer."""
        classes = {cls.__name__ for cls in type(layer).__mro__}
        legal = KINDS.get(self.kind or "", (self.kind,))
        if self.kind == "conv" and isinstance(layer, nn.ConvTranspose2d):
            return False
        return not classes.isdisjoint(legal) and all(_holds(layer, *w) for w in self.where)

    def __str__(self) -> str:
        inside = ",".join(f"{key}={value}" for key, value in self.where)
        layer = f"/{self.kind}" + (f"[{inside}]" if inside else "") if self.kind else ""
        return ("path:" if self.path else "") + self.names + layer


def read_selector(text: str) -> Selector:
    """Read a selector. Raises SlotError, with the position where the text is malformed."""
    text = text.strip()
    found = SELECTOR.match(text)
    if found is None or found.end() < len(text):
        raise GrammarError(text, found.end() if found else 0, "this is not a slot's name")
    names, _, layer = text.partition("/")
    kind, _, inside = layer.rstrip("]").partition("[")
    if kind and kind not in KINDS and not kind[0].isupper():
        raise SlotError(f"{text}: no kind of layer is called {kind!r}; {nearest(kind, KINDS)}")
    items = _ITEM.finditer(text, text.find("[") + 1, len(text) - 1) if inside else ()
    where = tuple(_condition(text, item) for item in items)
    return Selector(names.removeprefix("path:"), names.startswith("path:"), kind or None, where)


def _condition(text: str, item: re.Match[str]) -> tuple[str, int]:
    key, _, value = (part.strip() for part in item[0].partition("="))
    if key not in CONDITIONS:
        wish = f"no condition is called {key!r}; {nearest(key, CONDITIONS)}"
        raise GrammarError(text, item.start(), wish)
    if not value.isdecimal():
        wish = f"{key} is compared with a whole number, not with {value!r}"
        raise GrammarError(text, item.start(), wish)
    return key, int(value)


def _holds(layer: nn.Module, key: str, value: int) -> bool:
    has = getattr(layer, CONDITIONS[key], None)
    return set(has) == {value} if isinstance(has, tuple) else has == value


def _expanded(names: str) -> Iterator[str]:
    """Write sets out: "a.{0,1}" gives "a.0", "a.1"."""
    pieces = re.split(r"\{([^}]*)\}", names)
    choices = [[x.strip() for x in p.split(",")] if i % 2 else [p] for i, p in enumerate(pieces)]
    return ("".join(choice) for choice in itertools.product(*choices))

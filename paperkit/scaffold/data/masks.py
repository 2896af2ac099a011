"""What the values in the masks mean: indices, 0 and 255, gray levels, or colours.

The rules, in order: a palette or class list that is given decides. Else at most 64 colours are a
palette. Two gray values are a binary mask. Values without large gaps are class indices (255 beside
them is ignored). Other gray values, at most 64, are a palette.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from paperkit.scaffold.data.classes import ClassList, Colour
from paperkit.scaffold.data.pixels import MOST_COLOURS

_CROWD = (
    f"more than {MOST_COLOURS} different {{}}: a photograph, saved lossy, or resized smoothly? "
    "Export masks without loss, or give the palette"
)
Palette = list[int] | list[Colour]


@dataclass(frozen=True)
class Meaning:
    """values[i] is class i's value in the files, the ignored one last; palette: what to write."""

    names: list[str]
    values: list[int]
    palette: Palette | None
    ignore_index: int | None
    coloured: bool
    note: str


def code(value: int | Colour) -> int:
    """A value as it is counted: a colour is 65536 R + 256 G + B."""
    return value if isinstance(value, int) else value[0] * 65536 + value[1] * 256 + value[2]


def shown(value: int, coloured: bool) -> str:
    """A counted value as people write it."""
    return str([value >> 16, value >> 8 & 255, value & 255]) if coloured else str(value)


def too_many(values: Iterable[int], coloured: bool) -> bool:
    """More values than a palette has; indices without large gaps may be as many as they like."""
    found = sorted(values)
    return len(found) > MOST_COLOURS and (coloured or not _dense(found))


def crowd(coloured: bool) -> str:
    """Why something with too many values is no mask, and the way out."""
    return _CROWD.format("colours" if coloured else "values")


def meaning(
    found: set[int], coloured: bool, *, palette: Palette | None, classes: ClassList | None
) -> Meaning | str:
    """The meaning of all values of the set, or the reason why there is none."""
    if palette is not None:
        return _given(palette, classes, "palette as given")
    if classes is not None:
        return _listed(classes)
    values = sorted(found)
    if len(values) == 1:
        return f"all masks hold only the value {shown(values[0], coloured)}: nothing to learn"
    if too_many(values, coloured):
        return f"all masks together hold {crowd(coloured)}"
    return _colours(values) if coloured else _gray(values)


def _given(palette: Palette, classes: ClassList | None, note: str) -> Meaning:
    coloured = not isinstance(palette[0], int)
    names = classes.names if classes is not None else _names(len(palette))
    ignored = len(names) if len(palette) > len(names) else None
    return Meaning(names, [code(v) for v in palette], palette, ignored, coloured, note)


def _listed(classes: ClassList) -> Meaning:
    """A class list: plain indices if the classes are 0..K-1, else its values are the palette."""
    count, values = len(classes.names), classes.values
    if classes.coloured or list(values[:count]) != list(range(count)):
        return _given(values, classes, f"palette from {classes.file}")
    codes = [code(value) for value in values]
    ignored = codes[-1] if classes.ignored else None
    return Meaning(
        classes.names, codes, None, ignored, False, f"indices, names from {classes.file}"
    )


def _colours(values: list[int]) -> Meaning:
    palette = [(v >> 16, v >> 8 & 255, v & 255) for v in values]
    return Meaning(_names(len(values)), values, palette, None, True, "colours, palette detected")


def _gray(values: list[int]) -> Meaning:
    if values == [0, 1]:
        return Meaning(_names(2), values, None, None, False, "0 and 1: binary")
    if len(values) == 2:
        note = f"{values[0]} and {values[1]}: binary"
        return Meaning(_names(2), values, values, None, False, note)
    inner = values[:-1]
    if values[-1] == 255 and _dense(inner):
        indices = list(range(inner[-1] + 1))
        return Meaning(
            _names(len(indices)), [*indices, 255], None, 255, False, "indices, 255 is ignored"
        )
    if _dense(values):
        indices = list(range(values[-1] + 1))
        return Meaning(_names(len(indices)), indices, None, None, False, "class indices")
    return Meaning(
        _names(len(values)), values, values, None, False, "gray levels, palette detected"
    )


def _dense(values: list[int]) -> bool:
    """Indices may lack rare classes, yet not most of them."""
    return values[0] >= 0 and values[-1] + 1 <= max(2 * len(values), len(values) + 3)


def _names(count: int) -> list[str]:
    if count == 2:
        return ["background", "foreground"]
    return [f"class_{i}" for i in range(count)]

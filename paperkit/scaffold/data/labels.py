"""The classes of a data set and how often they occur, from its masks or its class folders."""

from collections import Counter
from dataclasses import dataclass

from paperkit.scaffold.data import numbers
from paperkit.scaffold.data.classes import ClassList
from paperkit.scaffold.data.masks import Meaning, Palette, crowd, meaning, shown, too_many
from paperkit.scaffold.data.patterns import Found
from paperkit.scaffold.data.pixels import MaskFacts
from paperkit.scaffold.data.problems import Problems

Splits = dict[str, list[Found]]
NO_MEANING = Meaning([], [], None, None, False, "")


@dataclass(frozen=True)
class Labels:
    """Class names, pixels (or images) of each class, ignored pixels, and how masks are read."""

    names: list[str]
    counts: list[int]
    ignored: int
    ignore_index: int | None
    palette: Palette | None
    note: str

    @property
    def frequencies(self) -> list[float]:
        """Share of each class among what is counted."""
        total = max(sum(self.counts), 1)
        return [count / total for count in self.counts]


def of_masks(
    splits: Splits,
    truth: dict[str, Found],
    masks: dict[str, MaskFacts],
    *,
    classes: ClassList | None,
    palette: Palette | None,
    problems: Problems,
) -> Labels:
    """Classes from the values in the masks; values that mean nothing go to `problems`."""
    coloured = _coloured(masks, classes, palette)
    counts: dict[str, dict[int, int]] = {}
    for path, mask in masks.items():
        if mask.lossy:
            continue  # a problem of its own
        if mask.coloured and not coloured:
            problems.add("mask values", f"{path}: colours, but {_source(classes)} has gray values")
        elif not (palette or classes) and too_many(mask.counts, mask.coloured):
            problems.add("mask values", f"{path}: {crowd(mask.coloured)}")
        else:
            counts[path] = numbers.values(mask, coloured)
    found = _meaning(counts, coloured, classes=classes, palette=palette, problems=problems)
    for path, values in counts.items():
        _strangers(path, values, found, problems)
    by_split = {name: _sum(samples, truth, counts, found) for name, samples in splits.items()}
    _absent(found.names, by_split, problems)
    total = [sum(column) for column in zip(*by_split.values(), strict=True)]
    size = len(found.names)
    return Labels(
        found.names,
        total[:size],
        sum(total[size:]),
        found.ignore_index,
        found.palette,
        found.note,
    )


def of_names(
    splits: Splits, classes: ClassList | None, problems: Problems, *, source: str = "class folders"
) -> Labels:
    """Classes as folders or a table name them; the class list decides the order, if it fits."""
    labels = {name: Counter(s.target or "" for s in samples) for name, samples in splits.items()}
    names = sorted(set().union(*labels.values()))
    if classes is not None and set(classes.names) == set(names):
        names = classes.names
    elif classes is not None:
        line = f"{classes.file}: its names are not those of the {source}; it is not used"
        problems.warn("class list", line)
    by_split = {split: [found[name] for name in names] for split, found in labels.items()}
    _absent(names, by_split, problems)
    total = [sum(column) for column in zip(*by_split.values(), strict=True)]
    return Labels(names, total, 0, None, None, source)


def _coloured(
    masks: dict[str, MaskFacts], classes: ClassList | None, palette: Palette | None
) -> bool:
    """Whether values are colours: as said, or as most natural for what is there."""
    if palette is not None:
        return isinstance(palette[0], tuple)
    return classes is None and any(mask.coloured and not mask.lossy for mask in masks.values())


def _source(classes: ClassList | None) -> str:
    return "the palette" if classes is None else classes.file


def _meaning(
    counts: dict[str, dict[int, int]],
    coloured: bool,
    *,
    classes: ClassList | None,
    palette: Palette | None,
    problems: Problems,
) -> Meaning:
    total: set[int] = set().union(*counts.values())
    if not total:
        return NO_MEANING  # no mask could be read: those problems are known already
    found = meaning(total, coloured, palette=palette, classes=classes)
    if isinstance(found, Meaning):
        return found
    problems.add("mask values", found)
    return NO_MEANING


def _strangers(path: str, values: dict[int, int], found: Meaning, problems: Problems) -> None:
    unknown = sorted(values.keys() - set(found.values)) if found.values else []
    if unknown:
        first, rest = unknown[0], len(unknown) - 1
        text = f"value {shown(first, found.coloured)} ({values[first]} pixels)"
        text += f" and {rest} other{'s' * (rest > 1)}" if rest else ""
        problems.add("mask values", f"{path}: {text}; known are {_listed(found)}")


def _listed(found: Meaning) -> str:
    count = len(found.values)
    if not found.coloured and found.values == list(range(count)):
        return f"0..{count - 1}"
    values = ", ".join(shown(value, found.coloured) for value in found.values[:12])
    return values + (", ..." if count > 12 else "")


def _sum(
    samples: list[Found],
    truth: dict[str, Found],
    counts: dict[str, dict[int, int]],
    found: Meaning,
) -> list[int]:
    """Pixels of a split by value, in the order of found.values."""
    total: Counter[int] = Counter()
    for sample in samples:
        partner = truth.get(sample.name)
        total.update(counts.get(partner.path, {}) if partner is not None else {})
    return [total[value] for value in found.values]


def _absent(names: list[str], by_split: dict[str, list[int]], problems: Problems) -> None:
    for split, counts in by_split.items():
        absent = [name for name, count in zip(names, counts, strict=False) if count == 0]
        if absent and any(counts):
            problems.warn("absent classes", f"{split}: never holds {', '.join(absent)}")

"""`inspect_data`: from a folder to a DataReport, or to one error that lists everything wrong."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from paperkit.errors import UserError
from paperkit.scaffold.data import numbers, split
from paperkit.scaffold.data.classes import ClassList, read_classes
from paperkit.scaffold.data.labels import of_folders, of_masks
from paperkit.scaffold.data.masks import Palette
from paperkit.scaffold.data.patterns import Found
from paperkit.scaffold.data.problems import Problems
from paperkit.scaffold.data.report import DataReport, PixelFacts
from paperkit.scaffold.data.samples import collect, empty_folders, listed, paired
from paperkit.scaffold.data.scan import Progress, Scan, scan

SEED = 0  # of the split that is drawn where folders do not give one
Splits = dict[str, list[Found]]


def inspect_data(
    path: Path | str,
    *,
    images: str | None = None,
    masks: str | None = None,
    palette: Sequence[int] | Sequence[Sequence[int]] | None = None,
    task: str | None = None,
    size: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> DataReport:
    """Read a whole data set and say what it is.

    Args:
        path: The folder.
        images: Pattern such as "{split}/images/{id}.jpg"; guessed if None.
        masks: Pattern such as "{split}/masks/{id}_mask.png"; guessed if None.
        palette: Mask value (int or RGB) of each class; found out if None.
        task: "segmentation" or "classification"; masks mean segmentation if None.
        size: (H, W) for training; proposed if None.
        progress: Called with (files read, files in all).

    Raises:
        UserError: Listing every problem, one line each.
    """
    root, problems = Path(path).resolve(), Problems()
    paths = listed(root)
    pairing = paired(root, paths, images=images, masks=masks, task=task)
    classes = read_classes(root)
    known = _palette(palette, classes)
    samples, truth = collect(paths, pairing, problems)
    empty_folders(root, pairing, samples, problems)
    splits, drawn = split.divide(samples, seed=SEED)
    _populated(splits, problems)
    coloured = known is not None and isinstance(known[0], tuple)
    facts = scan(root, samples, truth, as_colours=coloured, problems=problems, progress=progress)
    channels = numbers.channels(facts.images, problems)
    numbers.twins(splits, facts.images, problems)
    if pairing.masks is None:
        labels = of_folders(splits, classes, problems)
    else:
        labels = of_masks(
            splits, truth, facts.masks, classes=classes, palette=known, problems=problems
        )
    problems.raise_if_any(root)
    kept = split.needs_file(splits) or bool(drawn)
    return DataReport(
        root=root.as_posix(),
        name=root.name,
        task="classification" if pairing.masks is None else "segmentation",
        images=pairing.images,
        masks=pairing.masks,
        counts={name: len(members) for name, members in splits.items()},
        pixels=_pixels(splits, facts, channels, size),
        labels=labels,
        split=_told(drawn, kept),
        split_json=split.as_json(splits, seed=SEED, drawn=bool(drawn)) if kept else None,
        warnings=tuple(problems.warnings()),
    )


def _pixels(splits: Splits, facts: Scan, channels: int, size: tuple[int, int] | None) -> PixelFacts:
    train = [facts.images[sample.path] for sample in splits["train"]]
    sizes = Counter((image.size[1], image.size[0]) for image in facts.images.values())
    mean, std = numbers.mean_and_std(train, channels)
    return PixelFacts(
        sizes=dict(sizes),
        bits=tuple(sorted({image.bits for image in facts.images.values()})),
        channels=channels,
        mean=mean,
        std=std,
        size=size or numbers.proposed_size(sizes),
    )


def _told(drawn: list[str], kept: bool) -> str:
    if drawn == ["train", "val", "test"]:
        return f"drawn 70/15/15 with seed {SEED}, in data/split.json"
    if drawn:
        return f"{' and '.join(drawn)} drawn from train with seed {SEED}, in data/split.json"
    return "as the folders say, in data/split.json" if kept else "as the folders say"


def _palette(
    palette: Sequence[int] | Sequence[Sequence[int]] | None, classes: ClassList | None
) -> Palette | None:
    """The palette as given, checked against the class list."""
    if palette is None:
        return classes.values if classes is not None and classes.coloured else None
    if classes is not None and len(palette) < len(classes.names):
        raise UserError(
            f"palette has {len(palette)} entries, but {classes.file} names {len(classes.names)} "
            "classes; give one value per class, the ignored one last"
        )
    ints = [value for value in palette if isinstance(value, int)]
    colours = [tuple(value) for value in palette if not isinstance(value, int)]
    if (ints and colours) or any(len(colour) != 3 for colour in colours) or len(palette) < 2:
        raise UserError(
            f"palette {list(palette)}: give one int, or one [r, g, b], for each class; at least two"
        )
    return ints or [(c[0], c[1], c[2]) for c in colours]


def _populated(splits: Splits, problems: Problems) -> None:
    total = sum(map(len, splits.values()))
    for name in split.SPLITS:
        if not splits[name]:
            line = f"{name}: an empty split; {total} samples cannot fill train, val and test"
            problems.add("empty splits", line)

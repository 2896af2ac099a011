"""`inspect_data`: from a folder to a DataReport, or to one error that lists everything wrong."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from paperkit.errors import UserError
from paperkit.scaffold.data import numbers, split
from paperkit.scaffold.data.classes import ClassList, read_classes
from paperkit.scaffold.data.labels import Labels, of_masks, of_names
from paperkit.scaffold.data.masks import Palette
from paperkit.scaffold.data.pairing import Pairing, guess
from paperkit.scaffold.data.patterns import Found
from paperkit.scaffold.data.problems import Problems
from paperkit.scaffold.data.report import DataReport, PixelFacts
from paperkit.scaffold.data.samples import collect, empty_folders, listed, paired
from paperkit.scaffold.data.scan import Progress, Scan, scan
from paperkit.scaffold.data.table import Table, find_table

SEED = 0  # of the split that is drawn where folders do not give one
Splits = dict[str, list[Found]]


@dataclass(frozen=True)
class _Divided:
    """Samples by split, the splits that chance filled, masks by sample name."""

    splits: Splits
    drawn: list[str]
    truth: dict[str, Found]
    table: Table | None = None


def inspect_data(
    path: Path | str,
    *,
    images: str | None = None,
    masks: str | None = None,
    palette: Sequence[int] | Sequence[Sequence[int]] | None = None,
    labels: str | None = None,
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
        labels: Table of the classes, FILE or FILE:COLUMN below path; found out if None.
        task: "segmentation" or "classification"; masks mean segmentation if None.
        size: (H, W) for training; proposed if None.
        progress: Called with (files read, files in all).

    Raises:
        UserError: Listing every problem, one line each.
    """
    root, problems = Path(path).resolve(), Problems()
    paths = listed(root)
    table = _table(root, paths, labels, task, masks)
    images = images or (table.pairing().images if table else None)
    task = "classification" if table else task
    pairing = paired(root, paths, images=images, masks=masks, task=task, tabled=table is not None)
    classes = read_classes(root)
    known = _palette(palette, classes)
    found = _divided(root, paths, pairing, table, problems)
    facts = _scanned(root, found, known, problems, progress)
    channels = numbers.channels(facts.images, problems)
    numbers.twins(found.splits, facts.images, problems)
    named = _labels(pairing, found, facts, classes, known, problems)
    problems.raise_if_any(root)
    return DataReport(
        root=root.as_posix(),
        name=root.name,
        task="classification" if pairing.masks is None else "segmentation",
        images=pairing.images,
        masks=pairing.masks,
        counts={name: len(members) for name, members in found.splits.items()},
        pixels=_pixels(found.splits, facts, channels, size),
        labels=named,
        split=_told(found),
        split_json=_file(found),
        labels_csv=_rows(found),
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


def _table(
    root: Path, paths: list[str], labels: str | None, task: str | None, masks: str | None
) -> Table | None:
    """A table counts where it is asked for, or where it says more than masks and folders do."""
    guessed = guess(paths, task=task)
    if labels is None and (task == "segmentation" or masks or (guessed and guessed.masks)):
        return None
    table = find_table(root, paths, labels)
    repeats = table and all(
        label in Path(path).parts[:-1] for path, (label, _) in table.labels.items()
    )
    return None if labels is None and repeats else table


def _divided(
    root: Path, paths: list[str], pairing: Pairing, table: Table | None, problems: Problems
) -> _Divided:
    samples, truth = collect(paths, pairing, problems)
    samples = table.label(samples, problems) if table else samples
    empty_folders(root, pairing, samples, problems)
    splits, drawn = split.divide(samples, seed=SEED)
    for name in split.SPLITS:
        if not splits[name]:
            line = f"{name}: an empty split; {len(samples)} samples cannot fill train, val and test"
            problems.add("empty splits", line)
    return _Divided(splits, drawn, truth, table)


def _labels(
    pairing: Pairing,
    found: _Divided,
    facts: Scan,
    classes: ClassList | None,
    palette: Palette | None,
    problems: Problems,
) -> Labels:
    if pairing.masks is None:
        source = found.table.file if found.table else "class folders"
        return of_names(found.splits, classes, problems, source=source)
    return of_masks(
        found.splits, found.truth, facts.masks, classes=classes, palette=palette, problems=problems
    )


def _scanned(
    root: Path,
    found: _Divided,
    palette: Palette | None,
    problems: Problems,
    progress: Progress | None,
) -> Scan:
    samples = [sample for members in found.splits.values() for sample in members]
    coloured = palette is not None and isinstance(palette[0], tuple)
    return scan(
        root,
        sorted(samples, key=lambda sample: sample.path),
        found.truth,
        as_colours=coloured,
        problems=problems,
        progress=progress,
    )


def _told(found: _Divided) -> str:
    if found.drawn == list(split.SPLITS):
        return f"drawn 70/15/15 with seed {SEED}, in data/split.json"
    if found.drawn:
        names = " and ".join(found.drawn)
        return f"{names} drawn from train with seed {SEED}, in data/split.json"
    said = f"as {found.table.file} says" if found.table else "as the folders say"
    return said + (", in data/split.json" if _file(found) else "")


def _file(found: _Divided) -> str | None:
    """The text of split.json, unless folders of the splits' own names say it all."""
    parted = any(s.part for members in found.splits.values() for s in members)
    if not (found.drawn or parted or split.needs_file(found.splits)):
        return None
    return split.as_json(found.splits, seed=SEED, drawn=bool(found.drawn))


def _rows(found: _Divided) -> str | None:
    """The text of labels.csv: what the table says, by sample name."""
    if found.table is None:
        return None
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["id", "label"])
    rows.writerows((s.name, s.target) for name in split.SPLITS for s in found.splits[name])
    return text.getvalue()


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

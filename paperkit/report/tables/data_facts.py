"""What runs and project record about each data set; nothing is read from the data themselves.

Counts come from run.json's `data`, else from the file that data.split names; the test split's from
the results. What a class takes up of the test split follows from cases.csv: tp + fn is the truth.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import fsum
from pathlib import Path
from typing import Any

from paperkit.report.collect import Experiment
from paperkit.report.tables.budget import configuration
from paperkit.runs import Case, Each, Run

__all__ = ["SPLITS", "DataFacts", "counts", "data_facts", "split_file"]

SPLITS = ("train", "val", "test")
LIBRARY = "torchvision:"
TRIED = 10  # runs of a data set that are looked at for its configuration and its cases
MOST = 5_000_000  # bytes of a cases.csv that is read for the classes' shares


@dataclass(frozen=True)
class DataFacts:
    """A data set as runs have seen it; what is not recorded is None or empty.

    Attributes:
        name: Its id in a plan, else data.name of the configuration.
        sha256: Of the manifest of its files and split.
        counts: Images by split.
        size: [H, W] that the images have when they are trained on.
        classes: Names.
        shares: Part of the test split by class: of the pixels, or of the images where `of_images`.
        groups: Number of groups (patients) of the test split; 0 without groups.
        library: Name in torchvision, where it is read from there.
        generated: Whether it has no files: the project's own synthetic set.
        limit: At most so many images of each split were used.
        experiments: Where it is used.
        runs: Some of those that used it.
        ids: Of all that used it.
    """

    name: str
    sha256: str | None
    counts: dict[str, int]
    size: tuple[int, ...]
    classes: tuple[str, ...]
    shares: dict[str, float]
    of_images: bool
    groups: int
    library: str
    generated: bool
    limit: int | None
    experiments: tuple[str, ...]
    runs: list[Run] = field(default_factory=list)
    ids: tuple[str, ...] = ()


def data_facts(experiments: Sequence[Experiment], root: Path) -> list[DataFacts]:
    """Return the data sets of all experiments, in the order of their tables.

    Args:
        experiments: With their runs.
        root: The project's folder, in which data.split lies.
    """
    named: dict[str, str | None] = {}
    used: dict[str, list[tuple[str, Run]]] = {}
    for experiment in experiments:
        for result in experiment.results:
            for run in result.runs:
                key = run.data_sha256 or f"name {result.row.dataset}"
                named[key] = named.get(key) or result.row.dataset
                used.setdefault(key, []).append((experiment.name, run))
    return [_facts(named[key], runs, root) for key, runs in used.items()]


def _facts(name: str | None, used: Sequence[tuple[str, Run]], root: Path) -> DataFacts:
    runs = [run for _, run in used]
    config = next(filter(None, map(configuration, runs[:TRIED])), {})
    limit = config.get("data.limit")
    limit = limit if isinstance(limit, int) else None
    shares, of_images, groups = _of_cases(runs)
    classes = _classes(config.get("data.class_names"), runs)
    images = str(config.get("data.images") or "")
    return DataFacts(
        name=name or str(config.get("data.name") or "data"),
        sha256=runs[0].data_sha256,
        counts=counts(runs, root),
        size=_size(config.get("data.size"), runs),
        classes=classes,
        shares={
            name: shares[name] for name in dict.fromkeys([*classes, *shares]) if name in shares
        },
        of_images=of_images,
        groups=groups,
        library=images.removeprefix(LIBRARY) if images.startswith(LIBRARY) else "",
        generated="data.root" in config and config["data.root"] is None,
        limit=limit,
        experiments=tuple(dict.fromkeys(name for name, _ in used)),
        runs=runs[:TRIED],
        ids=tuple(Each(runs)("id")),
    )


def counts(runs: Sequence[Run], root: Path) -> dict[str, int]:
    """Return the images of each split, as far as runs of one data set know them.

    run.json says it; where an older project's does not, the split file below `root` does, and the
    results say how many were tested.
    """
    config = next(filter(None, map(configuration, runs[:TRIED])), {})
    limit = config.get("data.limit")
    found = _listed(config.get("data.split"), root, limit if isinstance(limit, int) else None)
    found |= {split: n for split, n in runs[0].samples.items() if split in SPLITS}
    for run in runs:
        if run.summary and run.summary.split in SPLITS and run.summary.n_cases:
            found[str(run.summary.split)] = run.summary.n_cases
    return found


def split_file(name: Any, root: Path) -> dict[str, Any]:
    """Return what the file that data.split names holds; nothing where it is not in the project."""
    if not isinstance(name, str) or not (root / name).resolve().is_relative_to(root.resolve()):
        return {}
    return _json(root / name)


def _listed(name: Any, root: Path, limit: int | None) -> dict[str, int]:
    lists = split_file(name, root)
    found = {split: len(lists[split]) for split in SPLITS if isinstance(lists.get(split), list)}
    return {split: min(count, limit or count) for split, count in found.items()}


def _size(given: Any, runs: Sequence[Run]) -> tuple[int, ...]:
    if isinstance(given, list) and all(type(n) is int for n in given):
        return tuple(given)
    return next((run.model.input[1:] for run in runs if run.model.input), ())


def _classes(given: Any, runs: Sequence[Run]) -> tuple[str, ...]:
    if isinstance(given, list):
        return tuple(map(str, given))
    return next((tuple(run.summary.per_class) for run in runs if run.summary), ())


def _of_cases(runs: Sequence[Run]) -> tuple[dict[str, float], bool, int]:
    """({class: share}, whether of images, number of groups) from the first run that has cases."""
    for run in runs[:TRIED]:
        path = run.folder / "cases.csv"
        if path.is_file() and path.stat().st_size <= MOST:
            cases = run.cases()
            of_images = not any("tp" in case.values for case in cases)
            groups = len({case.group for case in cases if case.group})
            return _shares(cases, of_images=of_images), of_images, groups
    return {}, False, 0


def _shares(cases: Sequence[Case], *, of_images: bool) -> dict[str, float]:
    parts: dict[str, list[float]] = {}
    for case in cases:
        truth = [case.values.get("tp") or 0.0, case.values.get("fn") or 0.0]
        parts.setdefault(case.label, []).append(1.0 if of_images else fsum(truth))
    total = fsum(part for of_class in parts.values() for part in of_class)
    return {name: fsum(of_class) / total for name, of_class in parts.items()} if total else {}


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}

"""Read all files of the samples, several at a time, and judge each file and each pair."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from paperkit.scaffold.data.patterns import Found
from paperkit.scaffold.data.pixels import (
    ImageFacts,
    MaskFacts,
    Unreadable,
    read_image,
    read_mask,
)
from paperkit.scaffold.data.problems import Problems

Progress = Callable[[int, int], None]


@dataclass
class Scan:
    """Facts by path; a file that could not be read is missing here and is a problem there."""

    images: dict[str, ImageFacts] = field(default_factory=dict)
    masks: dict[str, MaskFacts] = field(default_factory=dict)


def scan(
    root: Path,
    samples: list[Found],
    truth: dict[str, Found],
    *,
    as_colours: bool,
    problems: Problems,
    progress: Progress | None = None,
) -> Scan:
    """Read every image and every mask that has an image."""
    masks = [truth[sample.name].path for sample in samples if sample.name in truth]
    jobs = [(sample.path, False) for sample in samples] + [(path, True) for path in masks]
    result = Scan()

    def read(job: tuple[str, bool]) -> ImageFacts | MaskFacts | str:
        path, is_mask = job
        try:
            if is_mask:
                return read_mask(root / path, as_colours=as_colours)
            return read_image(root / path)
        except Unreadable as reason:
            return f"{path}: {reason}"
        except OSError as error:
            return f"{path}: {error.strerror or 'cannot be opened'}"

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for done, (job, facts) in enumerate(zip(jobs, pool.map(read, jobs), strict=True), 1):
            if isinstance(facts, str):
                problems.add("unreadable files", facts)
            elif isinstance(facts, MaskFacts):
                result.masks[job[0]] = facts
            else:
                result.images[job[0]] = facts
            if progress is not None:
                progress(done, len(jobs))
    _compare(samples, truth, result, problems)
    return result


def _compare(samples: list[Found], truth: dict[str, Found], read: Scan, problems: Problems) -> None:
    """Sizes of pairs, JPEG masks, and what the images want to be known."""
    for path, mask in read.masks.items():
        if mask.lossy:
            line = f"{path}: a JPEG mask, its compression has changed the values; export it as PNG"
            problems.add("lossy masks", line)
    for sample in samples:
        image = read.images.get(sample.path)
        partner = truth.get(sample.name)
        if image is None or partner is None or partner.path not in read.masks:
            continue
        mask = read.masks[partner.path]
        if image.size == mask.size:
            continue
        sizes = "{}x{} pixels, but {} has {}x{}".format(*mask.size, sample.path, *image.size)
        problems.add("size mismatches", f"{partner.path}: {sizes}")
    for note in sorted({note for facts in read.images.values() for note in facts.notes}):
        paths = [path for path, facts in read.images.items() if note in facts.notes]
        problems.warn("notes", f"{note}: {len(paths)} images, such as {paths[0]}")

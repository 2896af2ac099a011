"""From the facts of single files to the numbers of the set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from paperkit.scaffold.data.patterns import Found
from paperkit.scaffold.data.pixels import ImageFacts, MaskFacts
from paperkit.scaffold.data.problems import Problems

if TYPE_CHECKING:
    import numpy as np

SHORT_SIDE = 256
STEP = 16  # the U-Net halves four times


def channels(images: dict[str, ImageFacts], problems: Problems) -> int:
    """Channels to read all images with; gray among colour images becomes colour."""
    found = Counter(facts.channels for facts in images.values())
    usual = {1, 3, 4}
    if len(found) == 1:
        return next(iter(found))
    text = ", ".join(f"{count} with {n}" for n, count in sorted(found.items()))
    if not found.keys() <= usual:
        problems.add("channels", f"images of different channels cannot be one data set: {text}")
    else:
        problems.warn("channels", f"images of different channels, all read as 3: {text}")
    return 3


def mean_and_std(
    facts: Iterable[ImageFacts], channels: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Per channel over all pixels, in 0..1, four digits; a constant channel has std 1."""
    import numpy as np

    count, total, squares = 0, np.zeros(channels), np.zeros(channels)
    for image in facts:
        count += image.size[0] * image.size[1]
        total += _widened(image.total, channels)
        squares += _widened(image.squares, channels)
    mean = total / max(count, 1)
    std = np.sqrt(np.maximum(squares / max(count, 1) - mean**2, 0))
    rounded = [float(f"{value:.4g}") for value in std]
    return tuple(round(float(m), 4) for m in mean), tuple(value or 1.0 for value in rounded)


def _widened(sums: np.ndarray, channels: int) -> np.ndarray:
    return sums[:channels] if len(sums) >= channels else sums.repeat(channels)[:channels]


def proposed_size(sizes: dict[tuple[int, int], int]) -> tuple[int, int]:
    """(H, W) of the most common size, its short side at most 256, both multiples of 16."""
    height, width = max(sorted(sizes), key=lambda size: sizes[size])
    scale = min(1.0, SHORT_SIDE / min(height, width))
    return _stepped(height * scale), _stepped(width * scale)


def _stepped(length: float) -> int:
    return max(STEP, round(length / STEP) * STEP)


def pixel_counts(masks: Iterable[MaskFacts], coloured: bool) -> Counter[int]:
    """Pixels by value over masks; gray v among colours is (v, v, v)."""
    total: Counter[int] = Counter()
    for mask in masks:
        total.update(values(mask, coloured))
    return total


def values(mask: MaskFacts, coloured: bool) -> dict[int, int]:
    """Pixel counts of one mask in the language of the set."""
    if coloured and not mask.coloured:
        return {value * 0x010101: count for value, count in mask.counts.items()}
    return mask.counts


def twins(
    splits: dict[str, list[Found]], images: dict[str, ImageFacts], problems: Problems
) -> None:
    """Warn of files with the same bytes in different splits: the test would be no test."""
    first: dict[bytes, tuple[str, str]] = {}
    for split, samples in splits.items():
        for sample in samples:
            if sample.path not in images:
                continue
            where, path = first.setdefault(images[sample.path].digest, (split, sample.path))
            if where != split:
                line = f"{path} ({where}) and {sample.path} ({split}) are the same image"
                problems.warn("images in two splits", line)

"""Write small data folders for the tests of the inspection."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (32, 48)  # H, W


def image(path: Path, number: int = 0, size: tuple[int, int] = SIZE) -> Path:
    """A colour image that no other number gives."""
    pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), np.uint8)
    return save(path, pixels)


def mask(path: Path, values: Iterable[object] = (0, 1), size: tuple[int, int] = SIZE) -> Path:
    """A mask of vertical stripes, one per value (int or RGB)."""
    table = np.array(list(values))
    table = table.astype(np.uint8 if table.max() < 256 else np.uint16)
    stripes = np.arange(size[1]) * len(table) // size[1]
    return save(path, np.broadcast_to(table[stripes], (size[0], size[1], *table.shape[1:])).copy())


def save(path: Path, pixels: np.ndarray, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    formats = {".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF"}
    options.setdefault("format", formats.get(path.suffix.lower(), path.suffix[1:].upper()))
    Image.fromarray(pixels).save(path, **options)
    return path


def pairs(root: Path, names: dict[str, str], values: Iterable[object] = (0, 1)) -> Path:
    """Images and their masks; an empty mask name writes none."""
    for number, (photo, truth) in enumerate(names.items()):
        image(root / photo, number)
        if truth:
            mask(root / truth, values)
    return root


def numbered(photo: str, truth: str, count: int = 10) -> dict[str, str]:
    """Names from patterns with {} for the number."""
    return {photo.format(i): truth.format(i) for i in range(count)}

"""Data sets that torchvision reads: `images: torchvision:CIFAR10`, `root`: the folder they are in.

A set without a validation part gets a tenth of each class of its training part, drawn once with a
fixed seed.
"""

import difflib
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .images import DataError

SOURCE = "torchvision:"
SHARE, SEED = 0.1, 0
FLAGGED = ("CIFAR10", "CIFAR100", "FashionMNIST", "KMNIST", "MNIST", "USPS")  # train=True or False
PARTS = {
    **dict.fromkeys((*FLAGGED, "Food101", "GTSRB", "STL10", "SVHN"), ("train", None, "test")),
    **dict.fromkeys(("DTD", "FGVCAircraft", "Flowers102", "PCAM"), ("train", "val", "test")),
    **dict.fromkeys(("ImageNet", "Imagenette"), ("train", None, "val")),
    "Country211": ("train", "valid", "test"),
    "OxfordIIITPet": ("trainval", None, "test"),
}
PLACES = {name: index for index, name in enumerate(("train", "val", "test"))}


def samples(source: str, root: Path, split: str) -> list[tuple[str, int]]:
    """(name, class) of each sample of "train", "val" or "test". Raises DataError."""
    parts = _parts(source)
    own = parts[PLACES[split]] or parts[0]
    labels = _labels(_open(source, root, own))
    chosen = np.arange(len(labels))
    if parts[1] is None and split != "test":
        held = _held_out(labels)
        chosen = chosen[held] if split == "val" else chosen[~held]
    return [(f"{own}-{i:06d}", int(labels[i])) for i in chosen]


def read(source: str, root: Path, name: str, channels: int) -> np.ndarray:
    """The image of a sample as bytes [H,W,channels], 1 or 3."""
    part, _, index = name.rpartition("-")
    image = _open(source, root, part)[int(index)][0]
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(*pixels.shape[:2], -1)


def fingerprint(source: str, root: Path, split: str) -> tuple[str, int, str]:
    """(name, number of samples, sha256) of a split: its labels, and the pixels if in memory."""
    chosen = samples(source, root, split)
    dataset = _open(source, root, chosen[0][0].rpartition("-")[0])
    digest = hashlib.sha256(repr(chosen).encode())
    held = getattr(dataset, "data", None)
    if held is not None:
        digest.update(np.ascontiguousarray(held).tobytes())
    return f"{split}:{source}", len(chosen), digest.hexdigest()


def class_names(source: str, root: Path) -> list[str]:
    """What the set calls its classes; their numbers where it does not say."""
    dataset = _open(source, root, _parts(source)[0])
    count, named = int(_labels(dataset).max()) + 1, getattr(dataset, "classes", None) or []
    # ImageNet lists several words for each class
    words = [name if isinstance(name, str) else name[0] for name in named]
    return words if len(words) >= count else [str(n) for n in range(count)]


def _parts(source: str) -> tuple[str, str | None, str]:
    name = source.removeprefix(SOURCE)
    if name not in PARTS:
        close = difflib.get_close_matches(name, PARTS, n=1)
        near = f"; did you mean '{close[0]}'?" if close else ""
        raise DataError(f"{source}: no such data set{near}; known: {', '.join(sorted(PARTS))}")
    return PARTS[name]


@cache
def _open(source: str, root: Path, part: str) -> Any:
    import torchvision

    name = source.removeprefix(SOURCE)
    given = {"train": part == "train"} if name in FLAGGED else {"split": part}
    try:
        return getattr(torchvision.datasets, name)(root=str(root), **given)
    except (RuntimeError, OSError) as error:
        first = str(error).partition("\n")[0]
        ask = f"torchvision.datasets.{name}(root={str(root)!r}, download=True)"
        raise DataError(
            f"{source} is not in {root} ({first}); fetch it once: "
            f'python -c "import torchvision; {ask}"'
        ) from None


def _labels(dataset: Any) -> np.ndarray:
    for key in ("targets", "labels", "_labels"):
        if getattr(dataset, key, None) is not None:
            return np.asarray(getattr(dataset, key)).astype(np.int64)
    pairs = getattr(dataset, "_samples", None) or getattr(dataset, "samples", None)
    found = [pair[1] for pair in pairs] if pairs else [dataset[i][1] for i in range(len(dataset))]
    return np.asarray(found, np.int64)


def _held_out(labels: np.ndarray) -> np.ndarray:
    held, random = np.zeros(len(labels), bool), np.random.default_rng(SEED)
    for k in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == k))
        held[members[: max(1, round(SHARE * len(members)))]] = True
    return held

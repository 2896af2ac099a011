"""Data sets that torchvision reads: `images: torchvision:CIFAR10`, `root`: the folder they are in.

A set without a validation part gets a tenth of each class of its training part, drawn once with a
fixed seed.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .images import DataError
from .schema import nearest

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
    try:
        image = _open(source, root, part)[int(index)][0]
    except OSError as error:
        raise DataError(f"{source} in {root}: image {name} cannot be read ({error})") from None
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(*pixels.shape[:2], -1)


def fingerprint(source: str, root: Path, split: str) -> tuple[str, int, str]:
    """(name, number of samples, sha256) of a split: its labels, and the pixels if in memory."""
    chosen = samples(source, root, split)
    dataset = _open(source, root, chosen[0][0].rpartition("-")[0])
    digest = hashlib.sha256(repr(chosen).encode())
    if hasattr(dataset, "data"):
        digest.update(np.ascontiguousarray(dataset.data).tobytes())
    return f"{split}:{source}", len(chosen), digest.hexdigest()


def _parts(source: str) -> tuple[str, str | None, str]:
    if (name := source.removeprefix(SOURCE)) not in PARTS:
        known = ", ".join(sorted(PARTS))
        raise DataError(f"{source}: no such data set{nearest(name, PARTS)}; known: {known}")
    return PARTS[name]


@cache
def _open(source: str, root: Path, part: str) -> Any:
    import torchvision

    name = source.removeprefix(SOURCE)
    which = {"train": part == "train"} if name in FLAGGED else {"split": part}
    given = {"root": str(root), **which}
    try:
        return getattr(torchvision.datasets, name)(**given)
    except ImportError as error:
        raise DataError(f"{source}: {error}; python -m pip install {error.name}") from None
    except (RuntimeError, OSError) as error:
        first = str(error).partition("\n")[0]
        if name == "ImageNet" or "pip install" in first:  # these say themselves what to do
            raise DataError(f"{source} in {root}: {first}") from None
        ask = ", ".join(f"{key}={value!r}" for key, value in {**given, "download": True}.items())
        raise DataError(
            f"{source} is not in {root} ({first}); fetch it once: "
            f'python -c "import torchvision; torchvision.datasets.{name}({ask})"'
        ) from None


def _labels(dataset: Any) -> np.ndarray:
    for key in ("targets", "labels", "_labels"):
        if getattr(dataset, key, None) is not None:
            return np.asarray(getattr(dataset, key)).astype(np.int64)
    if hasattr(dataset, "h5py"):  # PCAM: the classes of a part are one file, uint8 [N,1,1,1]
        path = dataset._base_folder / dataset._FILES[dataset._split]["targets"][0]
        with dataset.h5py.File(path) as file:
            return np.ravel(file["y"]).astype(np.int64)
    return np.asarray([label for _, label in dataset._samples], np.int64)


def _held_out(labels: np.ndarray) -> np.ndarray:
    held, random = np.zeros(len(labels), bool), np.random.default_rng(SEED)
    for k in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == k))
        held[members[: max(1, round(SHARE * len(members)))]] = True
    return held

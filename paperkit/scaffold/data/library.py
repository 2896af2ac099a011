"""`paperkit new --data torchvision:CIFAR10`: what a data set of torchvision is.

The project reads it with its own library_data.py; a test holds the two lists of sets equal.
"""

import difflib
from collections import Counter
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.scaffold.data.labels import Labels
from paperkit.scaffold.data.numbers import mean_and_std, proposed_size
from paperkit.scaffold.data.pixels import ImageFacts
from paperkit.scaffold.data.report import DataReport, PixelFacts

__all__ = ["SETS", "SOURCE", "inspect_library"]

SOURCE = "torchvision:"
SHARE = 0.1  # of each class, for validation where the set has no such part
LOOKED_AT = 500  # images, for sizes, mean and std
FLAGGED = {"CIFAR10", "CIFAR100", "FashionMNIST", "KMNIST", "MNIST", "USPS"}  # train=True or False
SETS: dict[str, tuple[str, str | None, str]] = {
    **dict.fromkeys(
        (*sorted(FLAGGED), "Food101", "GTSRB", "STL10", "SVHN"), ("train", None, "test")
    ),
    **dict.fromkeys(("DTD", "FGVCAircraft", "Flowers102", "PCAM"), ("train", "val", "test")),
    **dict.fromkeys(("ImageNet", "Imagenette"), ("train", None, "val")),
    "Country211": ("train", "valid", "test"),
    "OxfordIIITPet": ("trainval", None, "test"),
}


def inspect_library(source: str, root: Path) -> DataReport:
    """Return what the set is; it is fetched into root where it is not there.

    Args:
        source: "torchvision:NAME".
        root: The folder that torchvision reads from.

    Raises:
        UserError: An unknown name, a set that is neither there nor can be fetched, or not whole.
    """
    name = source.removeprefix(SOURCE)
    if name not in SETS:
        spelled = {known.lower(): known for known in SETS}
        close = difflib.get_close_matches(name.lower(), spelled, n=1)
        near = f"; did you mean '{spelled[close[0]]}'?" if close else ""
        raise UserError(f"{source}: no such data set{near}; known: {', '.join(sorted(SETS))}")
    parts = [part and _opened(name, root.absolute(), part) for part in SETS[name]]
    if len({tuple(getattr(part, "classes", None) or ()) for part in parts if part}) > 1:
        raise UserError(
            f"{source} in {root}: its parts do not have the same classes, so that a number means "
            "another class in each; is it unpacked completely?"
        )
    train, val, test = (None if part is None else _labels(part) for part in parts)
    counts = {"train": len(train), "val": len(val or []), "test": len(test)}  # type: ignore[arg-type]
    if val is None:
        held = sum(max(1, round(SHARE * n)) for n in Counter(train).values())
        counts |= {"train": counts["train"] - held, "val": held}
    labels = Counter(label for part in (train, val, test) for label in part or [])
    names = _names(parts[0], max(labels) + 1)
    return DataReport(
        root=root.absolute().as_posix(),
        name=name.lower(),
        task="classification",
        images=source,
        masks=None,
        counts=counts,
        pixels=_pixels(parts[0]),
        labels=Labels(names, [labels[k] for k in range(len(names))], 0, None, None, "torchvision"),
        split="as torchvision has it" if val else "val is a tenth of train, drawn with seed 0",
        split_json=None,
    )


def _opened(name: str, root: Path, part: str) -> Any:
    from torchvision import datasets

    given: dict[str, Any] = {"train": part == "train"} if name in FLAGGED else {"split": part}
    make = getattr(datasets, name)
    try:
        return make(root=str(root), **given)
    except (RuntimeError, OSError) as error:
        if name == "ImageNet" or "pip install" in str(error):  # these say themselves what to do
            raise UserError(f"{SOURCE}{name} in {root}: {error}") from None
    try:
        return make(root=str(root), download=True, **given)
    except Exception as error:  # whatever a hub, a proxy or a full disk may raise
        raise UserError(
            f"{SOURCE}{name} is not in {root}, and cannot be fetched ({error}); give the folder "
            "that holds it: --set data_root=FOLDER"
        ) from None


def _labels(dataset: Any) -> list[int]:
    import numpy as np

    for key in ("targets", "labels", "_labels"):
        if getattr(dataset, key, None) is not None:
            return [int(label) for label in getattr(dataset, key)]
    if hasattr(dataset, "h5py"):  # PCAM: the classes of a part are one file, uint8 [N,1,1,1]
        path = dataset._base_folder / dataset._FILES[dataset._split]["targets"][0]
        with dataset.h5py.File(path) as file:
            return [int(label) for label in np.ravel(file["y"])]
    return [int(label) for _, label in dataset._samples]


def _names(dataset: Any, count: int) -> list[str]:
    """The first word of each class; all its words, then its number, where that is no name yet."""
    named = getattr(dataset, "classes", None) or []
    if len(named) < count:
        return [str(n) for n in range(count)]
    words = [[name] if isinstance(name, str) else [str(word) for word in name] for name in named]
    first = [row[0] for row in words]
    names = [", ".join(row) if first.count(row[0]) > 1 else row[0] for row in words]
    return [f"{name} ({n})" if names.count(name) > 1 else name for n, name in enumerate(names)]


def _pixels(dataset: Any) -> PixelFacts:
    step = max(1, len(dataset) // LOOKED_AT)
    # one at a time: all of them as floats would be gigabytes
    facts = [_facts(dataset[i][0]) for i in range(0, len(dataset), step)]
    channels = max(image.channels for image in facts)
    mean, std = mean_and_std(facts, channels)
    sizes = dict(Counter((height, width) for width, height in (image.size for image in facts)))
    return PixelFacts(sizes, (8,), channels, mean, std, proposed_size(sizes))


def _facts(image: Any) -> ImageFacts:
    import numpy as np

    channels = 1 if image.mode in ("L", "1") else 3
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    unit = pixels.reshape(-1, channels) / 255
    return ImageFacts(image.size, channels, 8, unit.sum(0), (unit**2).sum(0), b"")

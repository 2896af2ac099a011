"""`paperkit new --data torchvision:CIFAR10`: what a data set of torchvision is.

The project reads it with its own library_data.py; a test holds the two lists of sets equal.
"""

import difflib
from collections import Counter
from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.scaffold.data.labels import Labels
from paperkit.scaffold.data.numbers import proposed_size
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
        UserError: An unknown name, or a set that is neither there nor can be fetched.
    """
    name = source.removeprefix(SOURCE)
    if name not in SETS:
        close = difflib.get_close_matches(name, SETS, n=1)
        near = f"; did you mean '{close[0]}'?" if close else ""
        raise UserError(f"{source}: no such data set{near}; known: {', '.join(sorted(SETS))}")
    parts = [part and _opened(name, root.absolute(), part) for part in SETS[name]]
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
    except (RuntimeError, OSError):
        pass
    try:
        return make(root=str(root), download=True, **given)
    except Exception as error:  # whatever a hub, a proxy or a full disk may raise
        raise UserError(
            f"{SOURCE}{name} is not in {root}, and cannot be fetched ({error}); give the folder "
            "that holds it: --set data_root=FOLDER"
        ) from None


def _labels(dataset: Any) -> list[int]:
    for key in ("targets", "labels", "_labels"):
        if getattr(dataset, key, None) is not None:
            return [int(label) for label in getattr(dataset, key)]
    pairs = getattr(dataset, "_samples", None) or getattr(dataset, "samples", None)
    return [int(pair[1]) for pair in pairs or (dataset[i] for i in range(len(dataset)))]


def _names(dataset: Any, count: int) -> list[str]:
    named = getattr(dataset, "classes", None) or []
    words = [str(name if isinstance(name, str) else name[0]) for name in named]
    return words if len(words) >= count else [str(n) for n in range(count)]


def _pixels(dataset: Any) -> PixelFacts:
    import numpy as np

    step = max(1, len(dataset) // LOOKED_AT)
    images = [dataset[i][0] for i in range(0, len(dataset), step)]
    channels = 1 if {image.mode for image in images} <= {"L", "1"} else 3
    pixels = [np.asarray(image.convert("L" if channels == 1 else "RGB")) for image in images]
    flat = np.concatenate([image.reshape(-1, channels) for image in pixels]) / 255
    sizes = Counter((image.shape[0], image.shape[1]) for image in pixels)
    return PixelFacts(
        sizes=dict(sizes),
        bits=(8,),
        channels=channels,
        mean=tuple(round(float(m), 4) for m in flat.mean(axis=0)),
        std=tuple(float(f"{s:.4g}") or 1.0 for s in flat.std(axis=0)),
        size=proposed_size(dict(sizes)),
    )

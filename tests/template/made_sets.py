"""Small sets in the on-disk layouts of torchvision's readers, made of noise with known labels.

The layouts are those of the published archives once unpacked. Files that are called .jpg hold PNG
data: readers go by the content, and only so is every pixel known. Labels are not in order unless
the layout itself orders them.
"""

import bz2
import json
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

Sample = tuple[np.ndarray, int]
DIGITS = [str(n) for n in range(10)]
# these compare md5 sums with the published files' (torchvision.datasets.utils.check_md5)
CHECKED = ("CIFAR10", "CIFAR100", "Flowers102", "STL10", "SVHN")


@dataclass(frozen=True)
class Made:
    """Class names in order, and the samples of each part in the order of the files."""

    classes: list[str]
    parts: dict[str, list[Sample]]


def noise(part: str, labels: list[int], *shape: int) -> list[Sample]:
    """One random picture uint8 of the shape for each label."""
    rng = np.random.default_rng([*part.encode()])
    return [(rng.integers(0, 256, shape, np.uint8), label) for label in labels]


def shuffled(classes: int, each: int, seed: int = 0) -> list[int]:
    """Each class so many times, in no order."""
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(classes), each))
    return [int(label) for label in order]


def png(path: Path, pixels: np.ndarray, kind: str = "PNG") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, format=kind)


def text(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def pickled(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(value, protocol=2))


def planes(samples: list[Sample]) -> np.ndarray:
    """[N,3072]: the red plane row by row, then green, then blue."""
    return np.stack([pixels.transpose(2, 0, 1).ravel() for pixels, _ in samples])


def cifar10(root: Path) -> Made:
    names = [
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ]
    folder = root / "cifar-10-batches-py"
    train = noise("train", shuffled(10, 25), 32, 32, 3)
    test = noise("test", shuffled(10, 3, 1), 32, 32, 3)
    batches = {f"data_batch_{n + 1}": train[50 * n : 50 * n + 50] for n in range(5)}
    for file, samples in {**batches, "test_batch": test}.items():
        given = {"data": planes(samples), "labels": [label for _, label in samples]}
        pickled(folder / file, given)
    pickled(folder / "batches.meta", {"label_names": names, "num_cases_per_batch": 50})
    return Made(names, {"train": train, "test": test})


def cifar100(root: Path) -> Made:
    names = [f"fine {99 - n}" for n in range(100)]
    parts = {
        "train": noise("train", shuffled(100, 4), 32, 32, 3),
        "test": noise("test", shuffled(100, 1, 1), 32, 32, 3),
    }
    for part, samples in parts.items():
        fine = [label for _, label in samples]
        given = {"data": planes(samples), "fine_labels": fine, "coarse_labels": [0] * len(fine)}
        pickled(root / "cifar-100-python" / part, given)
    meta = {"fine_label_names": names, "coarse_label_names": ["all"]}
    pickled(root / "cifar-100-python/meta", meta)
    return Made(names, parts)


def idx(set_name: str, names: list[str]) -> Callable[[Path], Made]:
    """MNIST and its like: a header with the sizes, then the bytes."""

    def make(root: Path) -> Made:
        parts = {
            "train": noise("train", shuffled(10, 14), 28, 28),
            "test": noise("test", shuffled(10, 2, 1), 28, 28),
        }
        raw = root / set_name / "raw"
        raw.mkdir(parents=True)
        for part, samples in parts.items():
            file = "train" if part == "train" else "t10k"
            head = struct.pack(">BBBBIII", 0, 0, 8, 3, len(samples), 28, 28)
            images = head + b"".join(pixels.tobytes() for pixels, _ in samples)
            (raw / f"{file}-images-idx3-ubyte").write_bytes(images)
            head = struct.pack(">BBBBI", 0, 0, 8, 1, len(samples))
            labels = head + bytes(label for _, label in samples)
            (raw / f"{file}-labels-idx1-ubyte").write_bytes(labels)
        return Made(names, parts)

    return make


def usps(root: Path) -> Made:
    """Lines "label 1:value ... 256:value": labels from 1 (the digit 0), values in -1..1."""
    parts = {
        "train": noise("train", shuffled(10, 3), 16, 16),
        "test": noise("test", shuffled(10, 1, 1), 16, 16),
    }
    for part, file in (("train", "usps.bz2"), ("test", "usps.t.bz2")):
        rows = []
        for pixels, label in parts[part]:
            values = (pixels.ravel() + 0.5) / 255 * 2 - 1  # the reader cuts off the half
            row = " ".join(f"{n}:{value:.6f}" for n, value in enumerate(values, 1))
            rows.append(f"{label + 1} {row}\n")
        (root / file).write_bytes(bz2.compress("".join(rows).encode()))
    return Made(DIGITS, parts)


def svhn(root: Path) -> Made:
    from scipy.io import savemat

    parts = {
        "train": noise("train", shuffled(10, 6), 32, 32, 3),
        "test": noise("test", shuffled(10, 2, 1), 32, 32, 3),
    }
    for part, samples in parts.items():
        images = np.stack([pixels for pixels, _ in samples], axis=3)  # [32,32,3,N]
        classes = np.array([[label or 10] for _, label in samples], np.uint8)  # 10: the digit 0
        savemat(root / f"{part}_32x32.mat", {"X": images, "y": classes})
    return Made(DIGITS, parts)


def stl10(root: Path) -> Made:
    names = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"]
    parts = {
        "train": noise("train", shuffled(10, 3), 96, 96, 3),
        "test": noise("test", shuffled(10, 1, 1), 96, 96, 3),
        "unlabeled": noise("unlabeled", [0], 96, 96, 3),
    }
    folder = root / "stl10_binary"
    text(folder / "class_names.txt", names)
    for part, samples in parts.items():
        # each plane column by column, as MATLAB does
        columns = [pixels.transpose(2, 1, 0).tobytes() for pixels, _ in samples]
        (folder / f"{part}_X.bin").write_bytes(b"".join(columns))
        if part != "unlabeled":
            (folder / f"{part}_y.bin").write_bytes(bytes(label + 1 for _, label in samples))
    return Made(names, parts)


def flowers(root: Path) -> Made:
    from scipy.io import savemat
    from torchvision.datasets import Flowers102

    folder = root / "flowers-102"
    parts = {
        part: noise(part, shuffled(102, 1, n), 12, 20, 3)
        for n, part in enumerate(("train", "val", "test"))
    }
    (folder / "jpg").mkdir(parents=True)
    # image numbers start at 1; those of the parts are interleaved
    numbers = {part: 3 * np.arange(102) + n + 1 for n, part in enumerate(parts)}
    labels = np.zeros((1, 306), np.uint8)
    for part, samples in parts.items():
        for number, (pixels, label) in zip(numbers[part], samples, strict=True):
            png(folder / f"jpg/image_{number:05d}.jpg", pixels)
            labels[0, number - 1] = label + 1
    savemat(folder / "imagelabels.mat", {"labels": labels})
    keys = {"train": "trnid", "val": "valid", "test": "tstid"}
    savemat(folder / "setid.mat", {keys[part]: row[None] for part, row in numbers.items()})
    return Made(list(Flowers102.classes), parts)


def food(root: Path) -> Made:
    names = ["apple_pie", "baby_back_ribs", "waffles"]
    parts = {
        # the lists are not sorted, the classes are
        "train": noise("train", [2] * 11 + [0] * 12 + [1] * 13, 12, 20, 3),
        "test": noise("test", [2, 2, 0, 1], 12, 20, 3),
    }
    for part, samples in parts.items():
        listed: dict[str, list[str]] = {}
        for n, (pixels, label) in enumerate(samples):
            file = f"{names[label]}/{part}{n}"
            png(root / "food-101/images" / f"{file}.jpg", pixels)
            listed.setdefault(names[label], []).append(file)
        text(root / f"food-101/meta/{part}.json", [json.dumps(listed)])
    return Made(names, parts)


def gtsrb(root: Path) -> Made:
    folder = root / "gtsrb"
    parts = {
        "train": noise("train", sorted(shuffled(12, 3)), 12, 20, 3),
        "test": noise("test", shuffled(12, 1, 1), 12, 20, 3),
    }
    for n, (pixels, label) in enumerate(parts["train"]):
        png(folder / f"GTSRB/Training/{label:05d}/{n:05d}_00000.ppm", pixels, "PPM")
    rows = ["Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId"]
    for n, (pixels, label) in enumerate(parts["test"]):
        png(folder / f"GTSRB/Final_Test/Images/{n:05d}.ppm", pixels, "PPM")
        rows.append(f"{n:05d}.ppm;20;12;1;1;18;10;{label}")
    text(folder / "GT-final_test.csv", rows)
    return Made([str(n) for n in range(12)], parts)


def dtd(root: Path) -> Made:
    names = ["banded", "blotchy", "zigzagged"]
    folder, parts = root / "dtd/dtd", {}
    for part in ("train", "val", "test"):
        parts[part] = noise(part, shuffled(3, 2, len(part)), 12, 20, 3)
        files = [f"{names[label]}/{part}_{n}.jpg" for n, (_, label) in enumerate(parts[part])]
        for file, (pixels, _) in zip(files, parts[part], strict=True):
            png(folder / "images" / file, pixels)
        text(folder / f"labels/{part}1.txt", files)
    return Made(names, parts)


def aircraft(root: Path) -> Made:
    names = ["707-320", "Cessna 172", "A300B4", "F/A-18"]  # in the file's order
    folder, parts, count = root / "fgvc-aircraft-2013b/data", {}, 0
    text(folder / "variants.txt", names)
    for part in ("train", "val", "test"):
        parts[part], rows = noise(part, shuffled(4, 2, len(part)), 12, 20, 3), []
        for pixels, label in parts[part]:
            count += 1
            png(folder / f"images/{count:07d}.jpg", pixels)
            rows.append(f"{count:07d} {names[label]}")
        text(folder / f"images_variant_{part}.txt", rows)
    return Made(names, parts)


def pcam(root: Path) -> Made:
    import h5py

    (root / "pcam").mkdir()
    parts = {
        part: noise(part, shuffled(2, 4, len(part)), 96, 96, 3) for part in ("train", "val", "test")
    }
    for part, samples in parts.items():
        stem = root / f"pcam/camelyonpatch_level_2_split_{'valid' if part == 'val' else part}"
        with h5py.File(f"{stem}_x.h5", "w") as file:
            file["x"] = np.stack([pixels for pixels, _ in samples])
        with h5py.File(f"{stem}_y.h5", "w") as file:
            labels = np.array([label for _, label in samples], np.uint8)
            file["y"] = labels[:, None, None, None]
    return Made(["0", "1"], parts)


def folders(
    base: str, codes: list[str], names: list[str], sizes: dict[str, int], suffix: str = "jpg"
) -> Callable[[Path], Made]:
    """PART/CODE/FILE; `sizes`: so many of each class in each part."""

    def make(root: Path) -> Made:
        parts = {}
        for part, each in sizes.items():
            parts[part] = noise(part, sorted(shuffled(len(codes), each)), 12, 20, 3)
            for n, (pixels, label) in enumerate(parts[part]):
                png(root / base / part / codes[label] / f"{n:04d}.{suffix}", pixels)
        return Made(names, parts)

    return make


def imagenet(root: Path) -> Made:
    import torch

    words = {
        "n01440764": ("tench", "Tinca tinca"),
        "n02012849": ("crane",),
        "n03126707": ("crane",),
        "n03710637": ("maillot",),
        "n03710721": ("maillot", "tank suit"),
    }
    # what torchvision leaves when it has unpacked the archives
    torch.save((words, ["n01440764"]), root / "meta.bin")
    names = ["tench", "crane (1)", "crane (2)", "maillot", "maillot, tank suit"]
    return folders(".", list(words), names, {"train": 3, "val": 2}, "JPEG")(root)


def pets(root: Path) -> Made:
    # Oxford's numbers, from 1: cats begin with a capital letter, dogs do not
    breeds = ["Abyssinian", "american_bulldog", "Egyptian_Mau"]
    folder, parts = root / "oxford-iiit-pet", {}
    for part, each in (("trainval", 14), ("test", 2)):
        parts[part], rows = noise(part, shuffled(3, each), 12, 20, 3), []
        for n, (pixels, label) in enumerate(parts[part]):
            name = f"{breeds[label]}_{part}{n}"
            png(folder / f"images/{name}.jpg", pixels)
            rows.append(f"{name} {label + 1} {2 if label == 1 else 1} 1")
        text(folder / f"annotations/{part}.txt", rows)
    return Made(["Abyssinian", "American Bulldog", "Egyptian Mau"], parts)


WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
CLOTHES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"]
CLOTHES += ["Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
NETTE = {"n01440764": "tench", "n02102040": "English springer", "n03888257": "parachute"}
COUNTRIES = ["AD", "NO", "ZW"]  # Norway is "false" to YAML, unless it is quoted
SETS: dict[str, Callable[[Path], Made]] = {
    "CIFAR10": cifar10,
    "CIFAR100": cifar100,
    "Country211": folders(
        "country211", COUNTRIES, COUNTRIES, {"train": 3, "valid": 2, "test": 1}, "png"
    ),
    "DTD": dtd,
    "FGVCAircraft": aircraft,
    "FashionMNIST": idx("FashionMNIST", CLOTHES),
    "Flowers102": flowers,
    "Food101": food,
    "GTSRB": gtsrb,
    "ImageNet": imagenet,
    "Imagenette": folders(
        "imagenette2", list(NETTE), list(NETTE.values()), {"train": 12, "val": 2}, "JPEG"
    ),
    "KMNIST": idx("KMNIST", ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]),
    "MNIST": idx("MNIST", [f"{n} - {word}" for n, word in enumerate(WORDS)]),
    "OxfordIIITPet": pets,
    "PCAM": pcam,
    "STL10": stl10,
    "SVHN": svhn,
    "USPS": usps,
}

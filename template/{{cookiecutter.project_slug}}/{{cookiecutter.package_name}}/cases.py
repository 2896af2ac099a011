"""Which files make a sample, which samples make a split, and what is in them (the manifest).

A pattern such as "{split}/images/{id}.jpg" says where things are, below data.root: `{id}` may
contain "/", `*` stands for anything inside a name (as the extension: any image's), the case of the extension does
not matter.
Without split folders, data.split names a JSON file {"train": [id, ...], "val": ..., "test": ...};
a sample's name in it is SPLIT-FOLDER/CLASS/ID, as far as the pattern has them.
"""

import csv
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import library_data, synthetic
from .config import ROOT, Config
from .images import DataError

SPLITS = ("train", "val", "test")
READABLE = "(png|jpe?g|bmp|tiff?|gif|webp|p[gp]m|npy)"
SYNTHETIC_SIZES = {"train": 240, "val": 60, "test": 60}


@dataclass(frozen=True)
class Case:
    """One sample: its name, its files, its class (the synthetic set's: the number it is made of)."""

    name: str
    image: Path | None
    mask: Path | None = None
    target: int | None = None


def cases(config: Config, split: str) -> list[Case]:
    """The samples of a split in their order. Raises DataError for what is missing or empty."""
    data = config.data
    if data.root is None:
        first, count = synthetic.FIRST[split], SYNTHETIC_SIZES[split]
        found = [Case(f"{split}-{i:04d}", None, None, first + i) for i in range(count)]
        return found[: data.limit]
    if data.images.startswith(library_data.SOURCE):
        found = library_data.samples(data.images, ROOT / data.root, split)
        if (count := max(target for _, target in found) + 1) > data.classes:
            given = f"data.class_names has {data.classes}; name them all"
            raise DataError(f"{data.images} has {count} classes, but {given}")
        return [Case(name, None, None, target) for name, target in _limited(found, data.limit)]
    root, chosen = ROOT / data.root, _chosen(config, split)
    masks = _scan(root, data.masks, split, chosen) if data.masks else {}
    images = _scan(root, data.images, split, chosen)
    if data.labels:
        told = _labels(config)
        images = {name: (path, told.get(name)) for name, (path, _) in images.items()}
    # images and masks may share a folder: then a mask is not an image, too
    known = {path for path, _ in masks.values()}
    names = sorted(name for name, (path, _) in images.items() if path not in known)
    names = names if chosen is None else chosen
    if not names:
        where = data.split or f"{data.images} below {root}"
        raise DataError(f"the split {split!r} is empty: {where} has no sample for it")
    return [_case(config, name, images, masks) for name in _limited(names, data.limit)]


def manifest(config: Config) -> list[tuple[str, int, str]]:
    """(SPLIT:path below data.root, bytes, sha256) of every file of every split, for the identity."""
    if config.data.root is None:
        sizes = [len(cases(config, split)) for split in SPLITS]
        text = json.dumps([synthetic.VERSION, sizes, list(config.data.size)])
        return [("synthetic", len(text), hashlib.sha256(text.encode()).hexdigest())]
    root, rows, source = ROOT / config.data.root, [], config.data.images
    if source.startswith(library_data.SOURCE):
        return [library_data.fingerprint(source, root, split) for split in SPLITS]
    with _Hashes(ROOT / ".cache" / "hashes.json") as hashes:
        if config.data.labels:
            rows.append(("labels", *hashes.of(ROOT / config.data.labels)))
        for split in SPLITS:
            for case in cases(config, split):
                for path in filter(None, (case.image, case.mask)):
                    name = f"{split}:{path.relative_to(root).as_posix()}"
                    rows.append((name, *hashes.of(path)))
    return rows


def _limited(found: list[Any], limit: int | None) -> list[Any]:
    """At most so many, of the whole range: sorted names are often sorted classes, too."""
    count = min(limit or len(found), len(found))
    return [found[i * len(found) // count] for i in range(count)]


def _case(config: Config, name: str, images: dict, masks: dict) -> Case:
    data = config.data
    if name not in images:
        raise DataError(f"{data.split}: {name!r} is no file of data.images ({data.images})")
    path, label = images[name]
    if config.task == "classification":
        if label is None:
            where = f"row in {data.labels}" if data.labels else f"{{class}} in {data.images}"
            raise DataError(f"{path}: no {where} says its class")
        if label not in data.class_names:
            known = ", ".join(data.class_names)
            raise DataError(f"{path}: class {label!r} is not in data.class_names ({known})")
        return Case(name, path, None, data.class_names.index(label))
    if name not in masks:
        raise DataError(f"{path}: no mask; expected {data.masks} for {name!r}")
    return Case(name, path, masks[name][0])


def _labels(config: Config) -> dict[str, str]:
    """Sample name -> class, from the CSV that data.labels names."""
    file = config.data.labels
    try:
        with (ROOT / file).open(encoding="utf-8", newline="") as stream:
            return {row["id"]: row["label"] for row in csv.DictReader(stream)}
    except FileNotFoundError:
        message = f"data.labels: {file} does not exist; paths are from the project's root"
        raise DataError(message) from None
    except KeyError as error:
        raise DataError(f"{file}: no column {error}; it needs id and label") from None


def _chosen(config: Config, split: str) -> list[str] | None:
    """The names that data.split lists, or None where folders are the split."""
    file = config.data.split
    if file is None:
        if "{split}" not in config.data.images:
            raise DataError(
                f"data.images ({config.data.images}) has no {{split}}, so data.split must name a "
                'JSON file {"train": [...], "val": [...], "test": [...]}'
            )
        return None
    try:
        return sorted(json.loads((ROOT / file).read_text(encoding="utf-8"))[split])
    except FileNotFoundError:
        message = f"data.split: {file} does not exist; paths are from the project's root"
        raise DataError(message) from None
    except (KeyError, TypeError, ValueError) as error:
        message = f"{file}: no list {split!r} in it ({type(error).__name__}: {error})"
        raise DataError(message) from None


def _scan(
    root: Path, pattern: str, split: str, chosen: list[str] | None
) -> dict[str, tuple[Path, str | None]]:
    """Name -> (file, class) of all files that fit the pattern; of one split, if folders are it."""
    match = _regex(pattern)
    found: dict[str, tuple[Path, str | None]] = {}
    for path in _walk(root):
        hit = match.fullmatch(path.relative_to(root).as_posix())
        if hit is None or (chosen is None and hit["split"] != split):
            continue
        parts = hit.groupdict()
        wanted = ("class", "id") if chosen is None else ("split", "class", "id")
        name = "/".join(parts[key] for key in wanted if parts.get(key))
        if name in found:
            raise DataError(f"{path} and {found[name][0]} are both {name!r}; rename one")
        found[name] = (path, parts.get("class"))
    return found


def _regex(pattern: str) -> re.Pattern:
    stem, dot, suffix = pattern.rpartition(".")
    text, kinds = "", {"{split}": "[^/]+", "{class}": "[^/]+", "{id}": ".+"}
    for piece in re.split(r"(\{split\}|\{class\}|\{id\}|\*)", stem):
        name = piece.strip("{}")
        if piece not in kinds:
            text += "[^/]*" if piece == "*" else re.escape(piece)
        elif f"(?P<{name}>" in text:
            text += f"(?P={name})"  # a placeholder that comes again is the same text again
        else:
            text += f"(?P<{name}>{kinds[piece]})"
    ending = READABLE if suffix == "*" else re.escape(suffix)
    return re.compile(f"{text}(?i:{re.escape(dot)}{ending})")


def _walk(root: Path) -> Iterator[Path]:
    """All files below root, links followed once, in sorted order."""
    seen = set()
    for folder, inner, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        looped = real in seen
        seen.add(real)
        inner[:] = [n for n in sorted(inner) if not looped and not n.startswith((".", "__MACOSX"))]
        files = [] if looped else sorted(name for name in files if not name.startswith("."))
        yield from (Path(folder, name) for name in files)


class _Hashes:
    """Content hashes, remembered by path, size and time of change; the file may be deleted."""

    def __init__(self, file: Path) -> None:
        self.file, self.fresh = file, False

    def __enter__(self) -> "_Hashes":
        try:
            known = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = None
        self.known: dict[str, list[Any]] = known if isinstance(known, dict) else {}
        return self

    def of(self, path: Path) -> tuple[int, str]:
        """(bytes, sha256) of a file."""
        status = path.stat()
        row = self.known.get(str(path))
        if row is None or row[:2] != [status.st_mtime_ns, status.st_size]:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            self.known[str(path)] = row = [status.st_mtime_ns, status.st_size, digest]
            self.fresh = True
        return row[1], row[2]

    def __exit__(self, *_: object) -> None:
        if not self.fresh:
            return
        try:
            self.file.parent.mkdir(exist_ok=True)
            (self.file.parent / ".gitignore").write_text("*\n", encoding="utf-8")
            draft = self.file.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(self.known), encoding="utf-8")
            draft.replace(self.file)
        except OSError:
            return  # a read-only project only hashes again next time

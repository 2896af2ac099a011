"""Which files form samples: images with their masks, or images in class folders."""

from pathlib import Path, PurePosixPath

from paperkit.errors import UserError
from paperkit.scaffold.data.pairing import Pairing, guess
from paperkit.scaffold.data.patterns import Found, listing, matching
from paperkit.scaffold.data.problems import Problems
from paperkit.scaffold.data.split import is_split

LAYOUTS = (
    "images/ beside masks/, with or without train/val/test, one folder per class, or a table of "
    "labels (CSV) beside the images"
)


def listed(root: Path) -> list[str]:
    """All image files below root. Raises UserError where there is nothing to look at."""
    if not root.exists():
        raise UserError(f"{root}: no such folder; give the folder that holds images and masks")
    if not root.is_dir():
        raise UserError(f"{root}: not a folder; unpack it first, then give the folder")
    paths = listing(root)
    if not paths:
        raise UserError(f"{root}: no image files (png, jpg, bmp, tif, gif, webp, npy) below it")
    return paths


def paired(
    root: Path,
    paths: list[str],
    *,
    images: str | None,
    masks: str | None,
    task: str | None,
    tabled: bool = False,
) -> Pairing:
    """The patterns: as given, the rest guessed. Raises UserError where a pattern fits nothing.

    ``tabled``: a table says the classes, so that the images' pattern needs no {class}.
    """
    guessed = None if images and (masks or task == "classification") else guess(paths, task=task)
    if task == "classification":
        masks = None
    elif masks is None and guessed is not None:
        masks = guessed.masks
    images = images or (guessed.images if guessed is not None else None)
    if images is None or (masks is None and "{class}" not in images and not tabled):
        raise UserError(
            f"{root}: {len(paths)} image files, such as {paths[0]}, but no pairs found. Known: "
            f"{LAYOUTS}. Otherwise give the patterns, such as --images 'photos/{{id}}.jpg' "
            "--masks 'truth/{id}_t.png'"
        )
    for key, pattern in (("images", images), ("masks", masks)):
        if pattern is not None and ("{id}" not in pattern or not matching(paths, pattern)):
            reason = "fits no file" if "{id}" in pattern else "has no {id}"
            raise UserError(f"{root}: {key} pattern {pattern!r} {reason}; a file there: {paths[0]}")
    return Pairing(images, masks, guessed.others if guessed and guessed.masks == masks else ())


def collect(
    paths: list[str], pairing: Pairing, problems: Problems
) -> tuple[list[Found], dict[str, Found]]:
    """(images in order, masks by sample name); what does not fit together goes to `problems`."""
    truths = matching(paths, pairing.masks) if pairing.masks else []
    taken = {truth.path for truth in truths}
    images = [image for image in matching(paths, pairing.images) if image.path not in taken]
    _strays(paths, {image.path for image in images} | taken, problems)
    samples = _unique(_in_splits(images, problems), problems)
    by_name = _unique(_in_splits(truths, problems), problems)
    if pairing.masks is not None:
        _partners(samples, by_name, pairing, problems)
    for other in pairing.others:
        problems.warn("choices", f"the masks could also be {other}; --masks chooses")
    return list(samples.values()), by_name


def empty_folders(root: Path, pairing: Pairing, samples: list[Found], problems: Problems) -> None:
    """A split folder without a single image is a mistake, not a wish."""
    parts = PurePosixPath(pairing.images).parts
    level = next((i for i, part in enumerate(parts[:-1]) if part == "{split}"), None)
    if level is None:
        return
    filled = {sample.split for sample in samples}
    for folder in sorted(root.joinpath(*parts[:level]).iterdir()):
        if folder.is_dir() and is_split(folder.name) and folder.name not in filled:
            place = folder.relative_to(root).as_posix()
            problems.add(
                "empty splits", f"{place}: no image fits {pairing.images}; fill or remove it"
            )


def _in_splits(found: list[Found], problems: Problems) -> list[Found]:
    kept = [item for item in found if item.split is None or is_split(item.split)]
    others = sorted({item.split or "" for item in found} - {item.split or "" for item in kept})
    for folder in others:
        problems.warn("folders", f"{folder}: not a split (train, val, test); left out")
    return kept


def _unique(found: list[Found], problems: Problems) -> dict[str, Found]:
    names: dict[str, Found] = {}
    for item in found:
        first = names.setdefault(item.name, item)
        if first is not item:
            line = f"{first.path} and {item.path}: the same id {item.name!r}; rename or remove one"
            problems.add("duplicate ids", line)
    return names


def _partners(
    images: dict[str, Found], masks: dict[str, Found], pairing: Pairing, problems: Problems
) -> None:
    for name in sorted(images.keys() - masks.keys()):
        expected = _filled(pairing.masks or "", images[name])
        line = f"{images[name].path}: no mask; expected {expected}"
        problems.add("images without a mask", line)
    for name in sorted(masks.keys() - images.keys()):
        expected = _filled(pairing.images, masks[name])
        line = f"{masks[name].path}: no image; expected {expected}; left out"
        problems.warn("masks without an image", line)


def _filled(pattern: str, found: Found) -> str:
    for key, value in (("split", found.split), ("class", found.label), ("id", found.id)):
        pattern = pattern.replace("{" + key + "}", value or "")
    return pattern


def _strays(paths: list[str], used: set[str], problems: Problems) -> None:
    strays = [path for path in paths if path not in used]
    if strays:
        line = f"{len(strays)} image files fit no pattern and are left out, such as {strays[0]}"
        problems.warn("files", line)

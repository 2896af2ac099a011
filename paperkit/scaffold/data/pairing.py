"""Guess from the names alone how images and masks belong together, as two patterns.

Folders say what is an image, a mask and a split (words.py). What images and masks add around the
common id (`_mask`, `_manual1`, `gt_`, `_{split}`) is voted for by the files themselves.
"""

from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from pathlib import PurePosixPath

from paperkit.scaffold.data.words import folder_role, role, split_word

SEPARATORS = "_- ."
SAMPLED = 5  # images that vote for affixes
COMPARED = 400  # masks that each of them is compared with


@dataclass(frozen=True)
class Pairing:
    """Two patterns; masks is None for class folders. others: mask patterns that fit as well."""

    images: str
    masks: str | None
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _File:
    """A path, cut into its fixed folders (with {split}) and the rest without extension."""

    folder: str
    rest: str
    extension: str


def guess(paths: list[str], *, task: str | None = None) -> Pairing | None:
    """The pairing that most files support; class folders if there is no mask; None if neither."""
    masks = [_cut(path) for path in paths if role(path) == "mask"]
    images = [_cut(path) for path in paths if role(path) != "mask"]
    if task == "classification" or (not masks and task is None):
        return class_folders(paths)
    votes = [_vote(ours, theirs) for theirs in _by_folder(masks) for ours in _by_folder(images)]
    # the first of equals has the most files
    best, pairing = max(votes, key=lambda vote: vote[0], default=(0, None))
    if pairing is None or best == 0:
        return None
    others = [p.masks for n, p in votes if n == best and p.masks and p.masks != pairing.masks]
    return Pairing(pairing.images, pairing.masks, tuple(others))


def _vote(images: list[_File], masks: list[_File]) -> tuple[int, Pairing]:
    matched, (before, after, mask_before, mask_after) = _affixes(images, masks)
    return matched, Pairing(
        _pattern(before, after, images), _pattern(mask_before, mask_after, masks)
    )


def _cut(path: str) -> _File:
    """Folders up to the last that names a role or a split are fixed; deeper ones are the id's."""
    posix = PurePosixPath(path)
    folders = list(posix.parts[:-1])
    words = [split_word(part) for part in folders]
    level = next((i for i, word in enumerate(words) if word is not None), None)
    fixed = [i for i, part in enumerate(folders) if folder_role(part) or i == level]
    depth = fixed[-1] + 1 if fixed else 0
    rest = str(PurePosixPath(*folders[depth:], posix.stem))
    if level is not None:
        word = words[level] or ""
        folders[level] = folders[level].replace(word, "{split}", 1)
        rest = _without_split(rest, word)
    return _File("/".join(folders[:depth]), rest, posix.suffix.lower())


def _without_split(rest: str, word: str) -> str:
    """`21_training` in the folder `training` is `21_{split}`."""
    folder, slash, name = rest.rpartition("/")
    for separator in "_-":
        if name.endswith(separator + word):
            return f"{folder}{slash}{name.removesuffix(word)}{{split}}"
    return rest


def _by_folder(files: list[_File]) -> list[list[_File]]:
    """Files by folder, the folder with most files first."""
    folders: dict[str, list[_File]] = {}
    for file in files:
        folders.setdefault(file.folder, []).append(file)
    ordered = sorted(folders.items(), key=lambda item: (-len(item[1]), item[0]))
    return [members for _, members in ordered]


def _affixes(images: list[_File], masks: list[_File]) -> tuple[int, tuple[str, str, str, str]]:
    """(matched images, (before, after the id in images, before, after it in masks))."""
    ours, theirs = [file.rest for file in images], [file.rest for file in masks]
    candidates = {("", "", "", "")}
    for rest in ours[:: max(1, len(ours) // SAMPLED)][:SAMPLED]:
        near = max(theirs[:COMPARED], key=lambda other: _common(rest, other).size)
        candidates.add(_around(rest, near))
    # the shorter of two that match equally is the more natural
    scored = [(_matched(ours, theirs, c), -sum(map(len, c)), c) for c in sorted(candidates)]
    matched, _, best = max(scored)
    return matched, best


def _common(one: str, other: str) -> Match:
    return SequenceMatcher(None, one, other, autojunk=False).find_longest_match()


def _around(one: str, other: str) -> tuple[str, str, str, str]:
    """What two names have around their longest common part, separators at its ends included."""
    match = _common(one, other)
    shared = one[match.a : match.a + match.size]
    left = len(shared) - len(shared.lstrip(SEPARATORS))
    right = len(shared.rstrip(SEPARATORS))
    start, end = match.a + left, match.a + right
    other_start, other_end = match.b + left, match.b + right
    return one[:start], one[end:], other[:other_start], other[other_end:]


def _matched(ours: list[str], theirs: list[str], affixes: tuple[str, str, str, str]) -> int:
    before, after, mask_before, mask_after = affixes
    ids = {_stripped(rest, mask_before, mask_after) for rest in theirs} - {None}
    return sum(_stripped(rest, before, after) in ids for rest in ours)


def _stripped(rest: str, before: str, after: str) -> str | None:
    longer = len(rest) > len(before) + len(after)
    if longer and rest.startswith(before) and rest.endswith(after):
        return rest[len(before) : len(rest) - len(after)]
    return None


def _pattern(before: str, after: str, files: list[_File]) -> str:
    folder = files[0].folder
    extension = _extension({file.extension for file in files})
    return f"{folder}{'/' if folder else ''}{before}{{id}}{after}{extension}"


def class_folders(paths: list[str]) -> Pairing | None:
    """`{split}/{class}/{id}.png` if all files are in at least two class folders."""
    folders = [PurePosixPath(path).parts[:-1] for path in paths]
    shared = 0  # outer folders that all files have are no classes
    while (
        folders
        and len({parts[shared : shared + 1] for parts in folders}) == 1
        and folders[0][shared:]
    ):
        shared += 1
    shapes: set[str] = set()
    classes: set[str] = set()
    for parts in folders:
        level = next((i for i in range(shared, len(parts)) if not _is_fixed(parts[i])), None)
        if level is None:
            return None
        head = ["{split}" if split_word(part) == part else part for part in parts[:level]]
        classes.add(parts[level])
        shapes.add("/".join([*head, "{class}", "{id}"]))
    if len(classes) < 2 or len(shapes) != 1:
        return None
    return Pairing(shapes.pop() + _extension({PurePosixPath(path).suffix for path in paths}), None)


def _is_fixed(part: str) -> bool:
    return split_word(part) == part or folder_role(part) == "image"


def _extension(found: set[str]) -> str:
    lowered = {extension.lower() for extension in found}
    return lowered.pop() if len(lowered) == 1 else ".*"

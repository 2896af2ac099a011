"""What the names of folders and files tell: an image, a mask, a split."""

import re
from pathlib import PurePosixPath

IMAGE_WORDS = frozenset(
    word
    for line in (
        "image images img imgs input inputs photo photos picture pictures",
        "jpegimages original originals rgb leftimg8bit",
    )
    for word in line.split()
)
MASK_WORDS = frozenset(
    word
    for line in (
        "mask masks label labels labeled annotation annotations annot annots",
        "gt gts gtfine groundtruth target targets manual manual1",
        "seg segs segmentation segmentations segmentationclass",
    )
    for word in line.split()
)
SPLIT_WORDS = {
    **dict.fromkeys(("train", "training", "trainset"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "valset", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "testset"), "test"),
}
LABEL_WORDS = frozenset(  # of a table's column
    word
    for line in ("label labels class classes category target y", "diagnosis dx species breed")
    for word in line.split()
)
GLUED = re.compile(rf"({'|'.join(sorted(SPLIT_WORDS, key=len, reverse=True))})([a-z]+)", re.I)


def tokens(part: str) -> list[str]:
    """Words of one folder or file name: split at separators, "trainannot" into its two."""
    words: list[str] = []
    joined = re.sub(r"(?i)ground[_ -]?truth", "groundtruth", part)
    for word in re.split(r"[^0-9A-Za-z]+", joined):
        glued = GLUED.fullmatch(word)
        known = glued is not None and glued[2].lower() in MASK_WORDS | IMAGE_WORDS
        words += [glued[1], glued[2]] if glued is not None and known else [word]
    return [word for word in words if word]


def role(path: str) -> str | None:
    """What a file is ("mask", "image", None): by its name, then by its folders, innermost first."""
    posix = PurePosixPath(path)
    words = [word.lower() for word in tokens(posix.stem)]
    if len(words) > 1 and {words[0], words[-1]} & MASK_WORDS:
        return "mask"
    roles = map(folder_role, reversed(posix.parts[:-1]))
    return next((found for found in roles if found is not None), None)


def folder_role(part: str) -> str | None:
    """The role that one folder's name gives; a mask's word wins ("image_labels" are labels)."""
    words = {word.lower() for word in tokens(part)}
    if words & MASK_WORDS:
        return "mask"
    return "image" if words & IMAGE_WORDS else None


def split_word(part: str) -> str | None:
    """The word in a folder's name that means a split, as it is written there."""
    return next((word for word in tokens(part) if word.lower() in SPLIT_WORDS), None)

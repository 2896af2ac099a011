"""Names: the folder as the user wrote it, and an identifier that Python can import.

A folder may carry spaces and any script; what shells, Windows or terminals misread is refused
with the character named. The package's name is made from it and never shadows another package.
"""

import keyword
import re
import sys
import unicodedata

from paperkit.errors import UserError

__all__ = ["check_folder", "package_name", "slug"]

LONGEST = 100
PUNCTUATION = " -_.+,()@"
# COM1 is a device on Windows, with any suffix, too
DEVICES = {"con", "prn", "aux", "nul"} | {f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10)}
# what a project imports, and its own folders and scripts
TAKEN = {
    *("torch", "torchvision", "numpy", "pil", "yaml", "pydantic", "tqdm", "timm", "tensorboard"),
    *("segmentation_models_pytorch", "monai", "scipy", "matplotlib", "paperkit", "pip", "pytest"),
    *("train", "evaluate", "predict", "configs", "experiments", "paper", "tests", "runs", "data"),
}


def check_folder(name: str) -> str:
    """Return the name of a project's folder as it was given.

    Raises:
        UserError: A name that a shell, a terminal or Windows would misread, with the reason.
    """
    reason = _reason(name)
    if reason:
        shown = name if len(name) <= 40 else name[:40] + "..."
        raise UserError(
            f"{shown!r} cannot name a project folder: {reason}; "
            "use letters, digits, spaces and - _ . such as 'my-segmentation'"
        )
    return name


def _reason(name: str) -> str | None:
    if not name.strip(". "):
        return "it is empty or only dots"
    if len(name) > LONGEST:
        return f"it has {len(name)} characters, at most {LONGEST} are allowed"
    if name.startswith("-"):
        return "it starts with '-', which commands read as an option"
    if name[0] in " ." or name[-1] in " .":
        return "it starts or ends with a space or a dot"
    if name.split(".")[0].strip().lower() in DEVICES:
        return "it is a device on Windows"
    strange = next((c for c in name if not _plain(c)), None)
    return None if strange is None else f"it contains {_character(strange)}"


def _plain(character: str) -> bool:
    return character in PUNCTUATION or unicodedata.category(character)[0] in "LMN"


def _character(character: str) -> str:
    code = f"U+{ord(character):04X}"
    if character.isprintable() and character.isascii():
        return repr(character)
    return f"{code} {unicodedata.name(character, 'control character')}"


def slug(name: str) -> str:
    """Return the name in lower-case ASCII words joined by '-'; 'project' if none is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    if not any(character.isalpha() for word in words for character in word):
        return "-".join(["project", *words])[:LONGEST]
    return "-".join(words)[:LONGEST].rstrip("-")


def package_name(name: str) -> str:
    """Return a valid, lower-case identifier for the project's package that shadows no other."""
    package = slug(name).replace("-", "_")
    if package[0].isdigit():
        package = f"project_{package}"
    return f"{package}_project" if shadows(package) else package


def shadows(package: str) -> bool:
    """Say whether a package of this name would hide Python's own, a needed one or a folder."""
    return keyword.iskeyword(package) or package in sys.stdlib_module_names or package in TAKEN

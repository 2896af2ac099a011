"""Patterns such as "{split}/images/{id}.jpg": which files they mean.

The rules are those of the generated project's cases.py; a test holds the two equal.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

READABLE = "(png|jpe?g|bmp|tiff?|gif|webp|p[gp]m|npy)"
PLACEHOLDERS = {
    "{split}": "(?P<split>[^/]+)",
    "{class}": "(?P<class>[^/]+)",
    "{id}": "(?P<id>.+)",
}


@dataclass(frozen=True)
class Found:
    """One file that fits a pattern, and what its placeholders stand for.

    ``tabled`` and ``part``: its class and its split where a table says them, not its folders.
    """

    path: str
    id: str
    split: str | None = None
    label: str | None = None
    tabled: str | None = None
    part: str | None = None

    @property
    def name(self) -> str:
        """SPLIT/CLASS/ID, as far as the pattern has them: the sample's name in split.json."""
        return "/".join(part for part in (self.split, self.label, self.id) if part)

    @property
    def target(self) -> str | None:
        """The class, whoever says it."""
        return self.label or self.tabled


def listing(root: Path) -> list[str]:
    """Relative POSIX paths of all readable image files below root, hidden ones left out, sorted."""
    ending = re.compile(rf".+\.{READABLE}", re.IGNORECASE)
    return sorted(path for path in _walk(root) if ending.fullmatch(PurePosixPath(path).name))


def _walk(root: Path) -> Iterator[str]:
    seen: set[str] = set()
    for folder, inner, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        looped = real in seen
        seen.add(real)
        inner[:] = [n for n in sorted(inner) if not looped and not n.startswith((".", "__MACOSX"))]
        for name in [] if looped else files:
            if not name.startswith("."):
                yield Path(folder, name).relative_to(root).as_posix()


def matching(paths: list[str], pattern: str) -> list[Found]:
    """The files that fit the pattern, in order."""
    expression = _regex(pattern)
    hits = ((path, expression.fullmatch(path)) for path in paths)
    parts = [(path, hit.groupdict()) for path, hit in hits if hit is not None]
    return [Found(path, p.get("id") or "", p.get("split"), p.get("class")) for path, p in parts]


def _regex(pattern: str) -> re.Pattern[str]:
    stem, dot, suffix = pattern.rpartition(".")
    text = ""
    for piece in re.split(r"(\{split\}|\{class\}|\{id\}|\*)", stem):
        name = piece.strip("{}")
        # a placeholder that comes again must be the same text again
        again = piece in PLACEHOLDERS and f"(?P<{name}>" in text
        text += f"(?P={name})" if again else PLACEHOLDERS.get(piece, _literal(piece))
    ending = READABLE if suffix == "*" else re.escape(suffix)
    return re.compile(f"{text}(?i:{re.escape(dot)}{ending})")


def _literal(piece: str) -> str:
    return "[^/]*" if piece == "*" else re.escape(piece)

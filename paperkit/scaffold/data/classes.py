"""`classes.txt` beside the data: names of the classes, and which value is ignored.

0 sky               INDEX NAME [ignore]
11 void ignore
road 128 64 128     NAME R G B [ignore]
cat                 one name per line, from 0
"""

import re
from dataclasses import dataclass
from pathlib import Path

from paperkit.errors import UserError

FILES = ("classes.txt", "labels.txt", "class_names.txt")
INDEXED = re.compile(r"(?P<value>\d+)[\s,:;]+(?P<name>.+)")
COLOURED = re.compile(r"(?P<name>.+?)[\s,;]+(?P<rgb>\d+[\s,;]+\d+[\s,;]+\d+)")
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class ClassList:
    """Names in class order; values in the mask files, the ignored one last; None: the indices."""

    names: list[str]
    values: list[int] | list[Colour]
    ignored: bool
    file: str

    @property
    def coloured(self) -> bool:
        """Whether the values are colours."""
        return isinstance(self.values[0], tuple)


def read_classes(root: Path) -> ClassList | None:
    """The first class list found in root; None without one. Raises UserError with file and line."""
    file = next((root / name for name in FILES if (root / name).is_file()), None)
    if file is None:
        return None
    rows = [
        (number, line.split("#")[0].strip())
        for number, line in enumerate(_text(file).splitlines(), 1)
    ]
    rows = [(number, line) for number, line in rows if line]
    if not rows:
        raise UserError(f"{file}: no class in it; write one name per line, or delete it")
    return _collect(file, rows)


def _collect(file: Path, rows: list[tuple[int, str]]) -> ClassList:
    kept: list[tuple[int | Colour, str]] = []
    ignored: list[int | Colour] = []
    kinds = {_kind(line) for _, line in rows}
    kind = kinds.pop() if len(kinds) == 1 else "plain"
    for position, (number, line) in enumerate(rows):
        text, skip = re.subn(r"[\s,;]+ignored?$", "", line, flags=re.IGNORECASE)
        name, value = _row(text, kind, position, f"{file}:{number}")
        if value in [known for known, _ in kept] + ignored or name in [n for _, n in kept]:
            raise UserError(f"{file}:{number}: {line!r} repeats a class; give each one line")
        if skip:
            ignored.append(value)
        else:
            kept.append((value, name))
    if len(ignored) > 1 or len(kept) < 2:
        raise UserError(
            f"{file}: {len(kept)} classes and {len(ignored)} ignored; "
            "at least two classes and at most one ignored value are possible"
        )
    kept.sort(key=lambda item: item[0] if kind == "indexed" else 0)
    values = [value for value, _ in kept] + ignored
    return ClassList([name for _, name in kept], values, bool(ignored), file.name)  # type: ignore[arg-type]


def _kind(line: str) -> str:
    text = re.sub(r"[\s,;]+ignored?$", "", line, flags=re.IGNORECASE)
    if COLOURED.fullmatch(text):
        return "coloured"
    return "indexed" if INDEXED.fullmatch(text) else "plain"


def _row(text: str, kind: str, position: int, place: str) -> tuple[str, int | Colour]:
    if kind == "indexed":
        hit = INDEXED.fullmatch(text)
        value = int(hit["value"]) if hit else -1
        if not 0 <= value <= 255 or hit is None:
            raise UserError(f"{place}: index {value} is outside 0..255")
        return hit["name"], value
    if kind == "coloured":
        hit = COLOURED.fullmatch(text)
        rgb = [int(number) for number in re.split(r"[\s,;]+", hit["rgb"])] if hit else []
        if hit is None or max(rgb) > 255:
            raise UserError(f"{place}: colour {rgb} is outside 0..255")
        return hit["name"], (rgb[0], rgb[1], rgb[2])
    return text, position


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{file}: not UTF-8 text; save it as UTF-8") from None

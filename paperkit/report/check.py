r"""Do the paper and the runs still agree? Recomputes everything in memory and compares."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paperkit.project import Project
from paperkit.report.build import GENERATED
from paperkit.report.compose import Composed, compose
from paperkit.report.provenance import FILE, Recorded, file_digest, recorded
from paperkit.report.usage import used_keys

__all__ = ["Finding", "check"]


@dataclass(frozen=True)
class Finding:
    """Something in which paper and runs disagree.

    Attributes:
        place: A file (with line), or the key of a number.
        what: One line.
    """

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def check(project: Project, *, venue: str | None = None) -> list[Finding]:
    """Return every disagreement between paper/generated/, the runs and the paper's text.

    Raises:
        UserError: See compose.
    """
    folder = project.root / GENERATED
    if not (folder / FILE).is_file():
        return [Finding(GENERATED.as_posix(), "there is no report yet: paperkit report")]
    before = recorded(folder)
    now = compose(project, venue or before.option)
    return [
        *_numbers(before, now),
        *_texts(folder, before, now),
        *_figures(folder, before, now),
        *_unknown_keys(project.root, now),
        *(Finding("references.bib", line) for line in now.uncited),
    ]


def _numbers(before: Recorded, now: Composed) -> Iterator[Finding]:
    old = {key: str(number.get("display")) for key, number in before.numbers.items()}
    new = {key: str(quantity.display) for key, quantity in now.numbers.items()}
    for key in sorted({*old, *new}):
        was, is_now = old.get(key, "--"), new.get(key, "--")
        if was != is_now:
            yield Finding(key, f"{_plain(was)} -> {_plain(is_now)}")


def _texts(folder: Path, before: Recorded, now: Composed) -> Iterator[Finding]:
    for name, text in sorted(now.texts.items()):
        path = folder / name
        written = before.files.get(name, {}).get("sha256")
        found = file_digest(path)
        if found is None:
            yield Finding(_shown(name), "missing")
        elif written and found != written:
            yield Finding(_shown(name), "edited by hand; paperkit report would overwrite it")
        elif path.read_bytes() != text.encode():
            yield Finding(_shown(name), "out of date")


def _figures(folder: Path, before: Recorded, now: Composed) -> Iterator[Finding]:
    for drawing in now.drawings:
        if before.figures.get(drawing.name) != drawing.inputs:
            yield Finding(_shown(drawing.name), "out of date")
            continue
        for name, record in before.files.items():
            found = file_digest(folder / name)
            if record.get("inputs") == drawing.inputs and found != record.get("sha256"):
                yield Finding(_shown(name), "missing" if found is None else "edited by hand")


def _unknown_keys(root: Path, now: Composed) -> Iterator[Finding]:
    known = {key for key, quantity in now.numbers.items() if quantity.value is not None}
    for path in sorted((root / "paper").glob("*.tex")):
        for key, line in used_keys(path.read_text(encoding="utf-8", errors="replace"), known):
            if key not in known:
                yield Finding(f"paper/{path.name}:{line}", f"\\pk{{{key}}} is no known result")


def _shown(name: str) -> str:
    return (GENERATED / name).as_posix()


def _plain(display: str) -> str:
    return re.sub(r"\$-\$", "-", display)

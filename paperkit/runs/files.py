"""Files of run folders: read once, known by their state from one process to the next.

Two changes within one tick of the file system's clock look alike, so a file that was changed less
than SETTLED before it was read is read again next time (as git does with its index).
"""

# a Path costs as much as opening the file does
# ruff: noqa: PTH113

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.runs.cases import CaseColumns, parse_cases
from paperkit.runs.states import ABSENT, DIGEST, READ, Stamp, Stamps, numbers, state

if TYPE_CHECKING:
    from paperkit.runs.kept import KeptCases

__all__ = ["NOTHING", "SETTLED", "Files", "State", "replace_file"]

SETTLED = 2_000_000_000  # ns; the coarsest clock in use is FAT's
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)
State = tuple[int, int, int, int, str]
NOTHING: State = (*ABSENT, "")


class Files:
    """The files below a folder: their contents, and the sha256 of each.

    Attributes:
        top: The folder, as text without a separator at its end.
        stamps: What an index knows of run folders and their files of READ.
        states: (mtime, ctime, size, inode, sha256) by path, of every other file that was read and
            had settled; NOTHING where there was no file.
        fresh: Whether `states` has something new.
        records: What was made of the files, by folder, for the next process.
        cases: The cases that were read before, see kept.py; None where nothing is kept.
    """

    def __init__(self, top: Path) -> None:
        self.top = str(top)
        self.stamps = Stamps()
        self.states: dict[str, State] = {}
        self.fresh = False
        self.records: dict[str, Any] = {}
        self.cases: KeptCases | None = None
        self._digests: dict[str, str | None] = {}
        self._settled = time.time_ns() - SETTLED

    def stamp(self, folder: str) -> Stamp | None:
        """Return the stamp of a run folder that was read; None where a file had not settled."""
        if (kept := self.stamps.get(folder)) is not None:
            return kept
        states = [self.states.get(f"{folder}{os.sep}{name}") for name in READ]
        if None in states:
            return None
        known = [state for state in states if state is not None]
        digests = (bytes.fromhex(state[4]) or bytes(DIGEST) for state in known)
        return tuple(n for state in known for n in state[:4]), b"".join(digests)

    def unchanged(self, path: str) -> bool:
        """Whether a file is known, and in the state in which it was read."""
        known = self.states.get(path)
        if known is None or known[:-1] != state(path):
            return False
        self._digests[path] = known[-1] or None
        return True

    def read(self, path: str) -> bytes | None:
        """Return a file's content; None where there is no file.

        Raises:
            OSError: It cannot be read.
        """
        try:
            content, found = _content(path)
        except OSError:
            if os.path.isfile(path):
                raise
            self._digests[path], self.states[path] = None, NOTHING
            return None
        digest = self._digests[path] = hashlib.sha256(content).hexdigest()
        if max(found.st_mtime_ns, found.st_ctime_ns) <= self._settled:
            self.states[path] = *numbers(found), digest
            self.fresh = True
        else:
            self.states.pop(path, None)
        return content

    def case_columns(self, path: str) -> CaseColumns:
        """Return the cases of a file: kept ones where it is unchanged, else it is read and parsed.

        Raises:
            UserError: It cannot be understood.
            OSError: It cannot be read.
        """
        content = None if self.unchanged(path) else self.read(path)
        digest = self._digests[path]
        if digest is None:
            return parse_cases(Path(path), None)
        known = None if self.cases is None else self.cases.get(digest)
        if known is None:  # the bytes that are parsed are those of the digest
            known = parse_cases(Path(path), self.read(path) if content is None else content)
        return known

    def digest(self, path: str) -> str | None:
        """Return the sha256 of a file as it was when it was first read; None without one.

        Raises:
            OSError: It cannot be read.
        """
        if path in self._digests:
            return self._digests[path]
        folder, _, name = path.rpartition(os.sep)
        kept = self.stamps.get(folder) if name in READ else None
        if kept is not None:
            at = DIGEST * READ.index(name)
            known = kept[1][at : at + DIGEST]
            return known.hex() if any(known) else None
        if not self.unchanged(path):
            self.read(path)
        return self._digests[path]


def _content(path: str) -> tuple[bytes, os.stat_result]:
    """What a file holds, and its state before it was read: a later change is another state."""
    file = os.open(path, _FLAGS)
    try:
        found = os.fstat(file)
        content = os.read(file, found.st_size + 1)
        if len(content) != found.st_size:
            content = b"".join([content, *iter(lambda: os.read(file, 1 << 20), b"")])
    finally:
        os.close(file)
    return content, found


def replace_file(path: Path, content: bytes) -> None:
    """Write a file of the index; of two processes that write at once, the last one stays."""
    path.parent.mkdir(exist_ok=True)
    ignored = path.parent / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8", newline="\n")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

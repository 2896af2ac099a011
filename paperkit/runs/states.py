"""The state of a file, by which it is known from one process to the next.

It is (mtime, ctime, size, inode). Whoever changes a file changes at least one of the four: the
ctime, too, where somebody sets the mtime back. Windows has no ctime in this sense: there a change
that keeps the size and sets the mtime back goes unseen.
"""

import os
from array import array
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from itertools import compress, product
from operator import attrgetter, eq

__all__ = ["ABSENT", "DIGEST", "READ", "Numbers", "Stamp", "Stamps", "numbers", "state"]

READ = ("run.json", "summary.json", "plugs.json")  # what the record of a run is made of
DIGEST = 32  # bytes of a sha256
Numbers = tuple[int, int, int, int]
Stamp = tuple[tuple[int, ...], bytes]
ABSENT: Numbers = (0, 0, 0, 0)
_EACH = len(ABSENT)
_INODE = (1 << 63) - 1  # the index has numbers of eight bytes; Windows and ZFS use all of them
_NAMES = tuple(os.sep + name for name in READ)
_stat = os.stat
_raw = attrgetter("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino")


def numbers(found: os.stat_result) -> Numbers:
    """Return a file's state."""
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino & _INODE


def state(path: str) -> Numbers:
    """Return the state of the file at a path; ABSENT where there is none."""
    try:
        return numbers(_stat(path))
    except OSError:
        return ABSENT


class Stamps:
    """Of run folders, in which state the files of READ were read, and what they held.

    Args:
        folders: As text.
        states: Four numbers for each file of each folder, ABSENT where there was none.
        digests: The sha256 of each file as bytes, all zero where there was none.
    """

    def __init__(
        self,
        folders: Sequence[str] = (),
        states: "array[int] | None" = None,
        digests: bytes = b"",
    ) -> None:
        self._folders, self._digests = folders, digests
        self._states = array("q") if states is None else states

    @cached_property
    def unchanged(self) -> frozenset[str]:
        """The folders whose files were all in that state when this was first asked."""
        same = _same(self._folders, self._states)
        if 0 not in same:
            return frozenset(self._folders)
        each, all_same = len(READ), b"\1" * len(READ)
        parts = (same[at : at + each] for at in range(0, len(same), each))
        every = zip(self._folders, parts, strict=True)
        return frozenset(folder for folder, part in every if part == all_same)

    def get(self, folder: str) -> Stamp | None:
        """Return states and digests of a folder that is unchanged; None of any other."""
        if folder not in self.unchanged:
            return None
        place = self._places[folder]
        each, size = _EACH * len(READ), DIGEST * len(READ)
        return (
            tuple(self._states[each * place : each * (place + 1)]),
            self._digests[size * place : size * (place + 1)],
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        return {folder: place for place, folder in enumerate(self._folders)}


def _same(folders: Sequence[str], states: "array[int]") -> bytearray:
    """Whether each file is in its state, one byte for each.

    Most are, and are asked without a loop: it would take as long as the asking, and so would the
    memory for what is asked and found.
    """
    there = states[::_EACH]  # a file of 1970, too, is asked once more below
    same = bytearray(len(there))
    paths = compress(map("".join, product(folders, _NAMES)), there)
    then = compress(zip(*[iter(states)] * _EACH, strict=True), there)
    with suppress(OSError):  # one is gone: they are asked one by one
        found = bytes(map(eq, map(_raw, map(_stat, paths)), then))
        places = compress(range(len(there)), there) if 0 in there else range(len(there))
        for place, one in zip(places, found, strict=True):
            same[place] = one
    for place in [place for place, one in enumerate(same) if not one]:
        folder, name = divmod(place, len(READ))
        was = tuple(states[_EACH * place : _EACH * (place + 1)])
        same[place] = state(folders[folder] + _NAMES[name]) == was
    return same

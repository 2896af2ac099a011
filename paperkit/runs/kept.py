"""Cases that were read before, by the sha256 of their file: runs/.index/EXPERIMENT.cases.

It only saves time: what is not in it, or is damaged, is read from cases.csv again.

    one line     {"cases": VERSION, "crc32": of what follows}
    one line     {"texts": [columns of text], "files": {SHA256: [texts, {NAME: [kind, rows]}]}}
    the rest     the columns of numbers one after the other, little-endian: whole numbers as int32,
                 others as doubles; a column without any number takes no room
"""

import contextlib
import json
import zlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperkit.runs.cases import CaseColumns
from paperkit.runs.files import replace_file
from paperkit.runs.pack import joined, parted

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["KeptCases"]

VERSION = 1
MOST = 1 << 28  # bytes; more are read from the files themselves
_TEXTS = ("split", "case", "group", "label", "prediction")
_KINDS = {"i": ("<i4", 4), "d": ("<f8", 8)}


class KeptCases:
    """The cases of an experiment's runs.

    Args:
        path: The file; need not be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, digest: str) -> CaseColumns | None:
        """Return the cases of the file with this sha256; None where they are not known."""
        known = self._files.get(digest)
        return None if known is None else self._columns(*known)

    def keep(self, found: Mapping[str, CaseColumns]) -> None:
        """Write cases by sha256, as a whole, unless all of them are there already.

        Args:
            found: Those that count now; others are forgotten.
        """
        if not found or found.keys() <= self._files.keys():
            return
        content = _packed(found)
        if len(content) <= MOST:
            head = json.dumps({"cases": VERSION, "crc32": zlib.crc32(content)}).encode()
            with contextlib.suppress(OSError):
                replace_file(self.path, head + b"\n" + content)

    @cached_property
    def _content(self) -> tuple[dict[str, Any], bytes]:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            head, content = self.path.read_bytes().split(b"\n", 1)
            if json.loads(head) == {"cases": VERSION, "crc32": zlib.crc32(content)}:
                line, numbers = content.split(b"\n", 1)
                found = json.loads(line)
                found["texts"] = [tuple(parted(texts)) for texts in found["texts"]]
                return found, numbers
        return {"texts": [], "files": {}}, b""

    @cached_property
    def _files(self) -> dict[str, tuple[list[int], dict[str, list[Any]], int]]:
        """By sha256, with the place where the numbers begin."""
        found, at = {}, 0
        for digest, (texts, values) in self._content[0]["files"].items():
            found[digest] = texts, values, at
            at += sum(_KINDS[kind][1] * rows for kind, rows in values.values() if kind in _KINDS)
        return found

    def _columns(self, texts: list[int], values: dict[str, list[Any]], at: int) -> CaseColumns:
        import numpy as np

        known, numbers = self._content
        made: dict[str, Array] = {}
        for name, (kind, rows) in values.items():
            if kind in _KINDS:
                column = np.frombuffer(numbers, dtype=_KINDS[kind][0], count=rows, offset=at)
                made[name] = column.astype(np.float64)
                at += column.nbytes
            else:
                made[name] = np.full(rows, np.nan)
        shared = (known["texts"][place] for place in texts)
        return CaseColumns(**dict(zip(_TEXTS, shared, strict=True)), values=made)


def _packed(found: Mapping[str, CaseColumns]) -> bytes:
    texts: dict[tuple[str, ...], int] = {}
    files: dict[str, Any] = {}
    numbers: list[bytes] = []
    for digest in sorted(found):
        columns, values = found[digest], {}
        places = [texts.setdefault(getattr(columns, name), len(texts)) for name in _TEXTS]
        for name, column in columns.values.items():
            kind, content = _flat(column)
            values[name] = [kind, len(column)]
            numbers.append(content)
        files[digest] = [places, values]
    line = json.dumps({"texts": [joined(of) for of in texts], "files": files})
    return b"".join([line.encode(), b"\n", *numbers])


def _flat(column: "Array") -> tuple[str, bytes]:
    """Kind and bytes; the same numbers to the last bit come back."""
    import numpy as np

    if np.isnan(column).all():
        return "", b""
    with np.errstate(invalid="ignore"):
        whole = column.astype("<i4")
    if np.array_equal(whole, column) and not (np.signbit(column) & (column == 0)).any():
        return "i", whole.tobytes()
    return "d", column.astype("<f8").tobytes()

"""The cells of a CSV file without quotes, found and read as whole columns."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["Cells", "plain_cells"]

_COMMA, _BREAK, _ZERO = ord(","), ord("\n"), ord("0")
_EXACT = 15  # so many digits fit a double


@dataclass(frozen=True)
class Cells:
    """Where the cells are: below the head, in `body`, from `starts` to `ends` [row, column]."""

    names: list[str]
    body: bytes
    starts: "Array"
    ends: "Array"

    def texts(self, places: tuple[int, ...]) -> list[tuple[str, ...]]:
        """Return columns as text; equal columns of two files are one object."""
        import numpy as np

        if not places or not len(self.ends):
            return [() for _ in places]
        where = [(self.starts[:, place], self.ends[:, place] + 1) for place in places]
        starts, ends = (np.stack(side, axis=1).ravel() for side in zip(*where, strict=True))
        widths = ends - starts
        jumps = np.ones(widths.sum(), dtype=np.intp)  # from one byte that is taken to the next
        jumps[0] = starts[0]
        jumps[widths[:-1].cumsum()] = starts[1:] - ends[:-1] + 1
        found = np.frombuffer(self.body, dtype=np.uint8)[jumps.cumsum()]
        return _split(found.tobytes(), len(places))

    def numbers(self, places: list[int]) -> "dict[int, Array]":
        """Return those of the columns that are whole numbers, or empty as a whole (then NaN)."""
        import numpy as np

        widths = (self.ends - self.starts)[:, places]
        narrow, wide = widths.min(axis=0, initial=_EXACT), widths.max(axis=0, initial=0)
        found = {
            place: np.full(len(widths), np.nan)
            for place, most in zip(places, wide, strict=True)
            if most == 0
        }
        kept = (narrow > 0) & (wide <= _EXACT) & (wide > 0)
        asked = [place for place, one in zip(places, kept, strict=True) if one]
        values, whole = self._digits(asked, widths[:, kept])
        return found | {p: values[:, n] for n, p in enumerate(asked) if whole[n]}

    def cells(self, place: int) -> list[str]:
        """Return a column cell by cell."""
        at = zip(self.starts[:, place].tolist(), self.ends[:, place].tolist(), strict=True)
        return [self.body[start:end].decode("utf-8", errors="replace") for start, end in at]

    def _digits(self, places: list[int], widths: "Array") -> "tuple[Array, Array]":
        """Values [row, column], and of each column whether it has nothing but digits."""
        import numpy as np

        body = np.frombuffer(self.body, dtype=np.uint8)
        last, width = self.ends[:, places].ravel() - 1, widths.ravel()
        values = np.zeros(last.size, dtype=np.int64)
        other = np.zeros(last.size, dtype=bool)
        for power in reversed(range(width.max(initial=0))):
            digit = body[last - power] - _ZERO  # what is below 0 wraps
            digit *= width > power
            other |= digit > 9
            values = 10 * values + digit
        shape = widths.shape
        return values.reshape(shape).astype(float), np.asarray(~other.reshape(shape).any(axis=0))


def plain_cells(content: bytes) -> Cells | None:
    """Return the cells of a file whose rows are all as long as its head; None of any other file.

    Args:
        content: Whole lines, with the head.
    """
    import numpy as np

    if b'"' in content or b"\r" in content:
        return None
    head, _, body = content.partition(b"\n")
    names = head.decode("utf-8", errors="replace").split(",")
    letters = np.frombuffer(body, dtype=np.uint8)
    breaks = letters == _BREAK
    ends = np.flatnonzero(breaks | (letters == _COMMA))
    if len(names) < 2 or ends.size % len(names):
        return None
    starts = np.concatenate([[0], ends[:-1] + 1]) if ends.size else ends
    shape = (-1, len(names))
    starts, ends = starts.reshape(shape), ends.reshape(shape)
    if breaks.sum() != len(ends) or not breaks[ends[:, -1]].all():
        return None
    return Cells(names, body, starts, ends)


@lru_cache(maxsize=64)  # most runs of an experiment have the same cases
def _split(found: bytes, count: int) -> list[tuple[str, ...]]:
    cells = found.decode("utf-8", errors="replace").replace("\n", ",").split(",")[:-1]
    return [tuple(cells[place::count]) for place in range(count)]

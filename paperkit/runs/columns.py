"""The runs of an index by column, each column made when somebody asks for it; see pack.py.

A table over ten thousand runs looks at a third of what is known of them.
"""

import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

from paperkit.runs.files import Files
from paperkit.runs.pack import BACK, FIELDS, SUMMARY, parted
from paperkit.runs.record import Run, Summary, filled

__all__ = ["Columns", "Each"]


class Columns:
    """Fields of runs, [run]: those of Run, and `summary.split` and the like of their summaries.

    Args:
        found: As packed.
        later: JSON of what is rarely asked, with the same keys.
        values: Of all summaries.
        folders: Of the runs, as text.
        files: What the runs were read with.

    Raises:
        ValueError, KeyError, TypeError: It was not packed by `pack`.
    """

    def __init__(
        self,
        found: dict[str, Any],
        later: bytes,
        values: "array[float]",
        folders: Sequence[str],
        files: Files,
    ) -> None:
        self._found, self._later, self._values = found, later, values
        self._made: dict[str, Sequence[Any]] = {"place": folders}
        self._pools: dict[str, Sequence[Any]] = {}
        self._count, self._files = len(folders), files
        shapes = found["pools"]["summary"]
        self._sizes = [len(shape[3]) + sum(len(of) for _, of in shape[4]) for shape in shapes]
        self._shapes = [(*shape[:3], {k: i for i, k in enumerate(shape[3])}, shape[4])
                        for shape in shapes]  # fmt: skip
        of = found["columns"]["summary"]
        self._of = [of] * self._count if isinstance(of, int) else self._whole(of)
        if sum(self._sizes[shape] for shape in self._of if shape >= 0) != len(values):
            raise ValueError("the values are not those of the summaries")

    def runs(self) -> list[Run]:
        """Return the runs, which ask for their fields."""
        every = zip(self.get("id"), range(self._count), strict=True)
        files = self._files
        return [
            filled(Run, {"id": name, "files": files, "_at": at, "_columns": self})
            for name, at in every
        ]

    def row(self, at: int, name: str) -> dict[str, Any]:
        """Return fields of one run, at least the one that is asked; most ask for many."""
        if name == "summary":
            return {name: self._summary(at)}
        if name not in FIELDS:
            return {name: self.get(name)[at]}
        return {
            field: pool[places if isinstance(places, int) else places[at]]
            for field, pool, places in self._fields
        }

    @cached_property
    def _fields(self) -> list[tuple[str, Sequence[Any], int | Sequence[int]]]:
        return [(name, *self._pool(name)) for name in FIELDS]

    def get(self, name: str) -> Sequence[Any]:
        """Return a column."""
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def metric(self, name: str) -> Sequence[float | None]:
        """Return a metric of every run; None where a run has none."""
        key = f"metrics.{name}"
        if key not in self._made:
            self._made[key] = list(self._metric(name))
        return self._made[key]

    def _make(self, name: str) -> Sequence[Any]:
        if name == "summary":
            return [self._summary(at) for at in range(self._count)]
        if name == "folder":
            return [Path(place) for place in self.get("place")]
        if name in SUMMARY:
            place = SUMMARY.index(name)
            return [None if shape < 0 else self._shapes[shape][place] for shape in self._of]
        if name in self._found["texts"]:
            return self._whole(parted(self._found["texts"][name]))
        if name not in self._found["columns"] and self._later:
            self._found, self._later = _merged(self._found, json.loads(self._later)), b""
            return self._make(name)
        pool, places = self._pool(name)
        if isinstance(places, int):
            return [pool[places]] * self._count
        return [pool[place] for place in places]

    def _pool(self, name: str) -> tuple[Sequence[Any], int | Sequence[int]]:
        """The values of a column, and the place of each run's value, one where it is the same."""
        if name not in self._pools:  # made once: runs share what is equal
            back, pool = BACK.get(name), self._found["pools"][name]
            self._pools[name] = pool if back is None else [back(item) for item in pool]
        places = self._found["columns"][name]
        return self._pools[name], places if isinstance(places, int) else self._whole(places)

    def _whole(self, column: Sequence[Any]) -> Sequence[Any]:
        if len(column) != self._count:
            raise ValueError("a column has not a value of each run")
        return column

    @cached_property
    def _starts(self) -> list[int]:
        """Where the values of each run begin."""
        sizes = [*self._sizes, 0]  # -1 is no summary
        return list(accumulate((sizes[shape] for shape in self._of), initial=0))[:-1]

    def _metric(self, name: str) -> Iterator[float | None]:
        places = [shape[3].get(name) for shape in self._shapes]
        for shape, at in zip(self._of, self._starts, strict=True):
            place = places[shape] if shape >= 0 else None
            value = None if place is None else self._values[at + place]
            yield None if value != value else value

    def _summary(self, at: int) -> Summary | None:
        shape = self._of[at]
        if shape < 0:
            return None
        split, spec, n_cases, names, classes = self._shapes[shape]
        return filled(Summary, {
            "split": split, "metric_spec": spec, "n_cases": n_cases,
            "_values": (self._values, self._starts[at], names, classes),
            "_checkpoint": (self, at),
        })  # fmt: skip


class Each:
    """Fields of runs: `Each(runs)("seed")` is [run.seed for run in runs].

    Where the runs come from one index it takes a column of it, and fills no run.

    Attributes:
        runs: The runs.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        held = [run.__dict__ for run in runs]
        columns = held[0].get("_columns") if held else None
        at = (
            [values["_at"] for values in held if values.get("_columns") is columns]
            if columns
            else []
        )
        self.runs, self._at = runs, at
        self._columns: Columns | None = columns if len(at) == len(runs) else None
        self._pick = itemgetter(*at) if len(at) > 1 else None

    def __call__(self, name: str) -> Sequence[Any]:
        """Return a field of each run; a dot leads into a record, which all must have."""
        if self._columns is None:
            return list(map(attrgetter(name), self.runs))
        first, _, rest = name.partition(".")
        if not rest or name in SUMMARY:
            return self._picked(self._columns.get(name))
        of: Callable[[Any], Any] = attrgetter(rest)
        return [of(record) for record in self._picked(self._columns.get(first))]

    def metric(self, name: str) -> Sequence[float | None]:
        """Return a metric of each run's summary; None where it has none."""
        if self._columns is None:
            summaries = (run.summary for run in self.runs)
            return [None if one is None else one.value(name) for one in summaries]
        return self._picked(self._columns.metric(name))

    def _picked(self, column: Sequence[Any]) -> Sequence[Any]:
        return [column[at] for at in self._at] if self._pick is None else self._pick(column)


def _merged(found: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    return {key: {**of, **later[key]} if key in later else of for key, of in found.items()}

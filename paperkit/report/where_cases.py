"""The test cases of runs as arrays on common axes: cases by name, classes by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paperkit.runs import Run

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["CaseTable", "labels_of", "over_runs", "read_table", "stacked"]

_COUNTS = ("tp", "fp", "fn", "tn")


@dataclass(frozen=True)
class CaseTable:
    """The test cases of one run.

    Attributes:
        cases: Place of each case.
        groups: Group of each case, empty where none is given.
        labels: Place of each class; of a classification, those that its cases name.
        counts: Segmentation: tp, fp, fn and tn as [4, case, class], NaN where not known.
        guesses: Classification: true class, predicted class and rank of the true one [3, case].
    """

    cases: dict[str, int]
    groups: dict[str, str]
    labels: dict[str, int]
    counts: "Array | None" = None
    guesses: "Array | None" = None


def read_table(run: Run) -> CaseTable:
    """Return the test cases of a run; without cases where cases.csv has none or is missing.

    Raises:
        UserError: The file cannot be understood.
    """
    import numpy as np

    rows = [row for row in run.cases() if row.split == "test"]
    dense = any("tp" in row.values for row in rows[:1])
    rows = rows if dense else [row for row in rows if row.prediction]
    cases = {name: n for n, name in enumerate(dict.fromkeys(row.case for row in rows))}
    groups = {row.case: row.group for row in rows}
    at = [cases[row.case] for row in rows]
    if dense:
        labels = {name: n for n, name in enumerate(dict.fromkeys(row.label for row in rows))}
        counts = np.full((len(_COUNTS), len(cases), len(labels)), np.nan)
        values = [[row.values.get(name) for name in _COUNTS] for row in rows]
        counts[:, at, [labels[row.label] for row in rows]] = np.array(values, dtype=float).T
        return CaseTable(cases, groups, labels, counts=counts)
    named = sorted({name for row in rows for name in (row.label, row.prediction)})
    labels = {name: n for n, name in enumerate(named)}
    guesses = np.full((3, len(cases)), np.nan)
    for place, row in zip(at, rows, strict=True):
        guesses[:, place] = _guess(labels[row.label], labels[row.prediction], row.values)
    return CaseTable(cases, groups, labels, guesses=guesses)


def _guess(truth: int, taken: int, values: dict[str, float | None]) -> tuple[float, float, float]:
    rank = values.get("rank")
    return truth, taken, float("nan") if rank is None else rank


def labels_of(tables: Sequence[CaseTable]) -> list[str]:
    """Return the classes that the tables name, in their order."""
    return list(dict.fromkeys(name for table in tables for name in table.labels))


def stacked(tables: Sequence[CaseTable], cases: Sequence[str], labels: Sequence[str]) -> "Array":
    """Return counts [run, 4, case, class] or guesses [run, 3, case] on these cases and classes.

    What a table lacks is NaN. In guesses, classes are places in `labels`.
    """
    import numpy as np

    if any(table.guesses is not None for table in tables):
        return np.stack([_guesses(table, cases, labels) for table in tables])
    found = np.full((len(tables), len(_COUNTS), len(cases), len(labels)), np.nan)
    for n, table in enumerate(tables):
        rows, there = _places(table.cases, cases)
        columns, known = _places(table.labels, labels)
        if table.counts is not None:
            found[np.ix_([n], range(len(_COUNTS)), there, known)] = table.counts[
                np.ix_(range(len(_COUNTS)), rows, columns)
            ]
    return found


def _guesses(table: CaseTable, cases: Sequence[str], labels: Sequence[str]) -> "Array":
    import numpy as np

    found = np.full((3, len(cases)), np.nan)
    if table.guesses is not None:
        rows, there = _places(table.cases, cases)
        place = np.array([list(labels).index(name) for name in table.labels], dtype=float)
        found[:, there] = table.guesses[:, rows]
        found[:2, there] = place[table.guesses[:2, rows].astype(int)]
    return found


def _places(known: dict[str, int], wanted: Sequence[str]) -> tuple[list[int], list[int]]:
    """Where those of `wanted` that are known stand: in the table, and in `wanted`."""
    there = [n for n, name in enumerate(wanted) if name in known]
    return [known[wanted[n]] for n in there], there


def over_runs(values: "Array", axis: int = 0) -> "Array":
    """Average over the entries that are there (NaN is not); NaN where none is."""
    import numpy as np

    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, values, 0.0).sum(axis) / there.sum(axis))

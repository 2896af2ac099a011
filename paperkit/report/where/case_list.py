"""The test cases of runs as arrays on common axes: cases by name, classes by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from paperkit.runs import CaseColumns, Run

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["CaseTable", "labels_of", "over_runs", "read_table", "stacked"]

_COUNTS = ("tp", "fp", "fn", "tn")
Texts = tuple[str, ...]


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
    columns = run.case_columns
    if columns not in _KNOWN:
        _KNOWN[columns] = _dense(columns) if "tp" in columns.values else _guesses_of(columns)
    return _KNOWN[columns]


# a run is asked for by every table and figure that it is in
_KNOWN: WeakKeyDictionary[CaseColumns, CaseTable] = WeakKeyDictionary()


def _dense(columns: CaseColumns) -> CaseTable:
    import numpy as np

    axes = _axes(columns.split, columns.case, columns.group, columns.label)
    shape = len(_COUNTS), len(axes.cases), len(axes.labels)
    if axes.whole and columns.values.keys() >= set(_COUNTS):
        counts = np.stack([columns.values[name] for name in _COUNTS]).reshape(shape)
        return CaseTable(axes.cases, axes.groups, axes.labels, counts=counts)
    counts = np.full(shape, np.nan)
    for n, name in enumerate(_COUNTS):
        if name in columns.values:
            counts[n, axes.case, axes.label] = columns.values[name][axes.rows]
    return CaseTable(axes.cases, axes.groups, axes.labels, counts=counts)


def _guesses_of(columns: CaseColumns) -> CaseTable:
    import numpy as np

    both = zip(columns.split, columns.prediction, strict=True)
    split = tuple(name if guess else "" for name, guess in both)
    axes = _axes(split, columns.case, columns.group, columns.label)
    rows = axes.rows.tolist()
    texts = [[column[row] for row in rows] for column in (columns.label, columns.prediction)]
    labels = {name: n for n, name in enumerate(sorted({*texts[0], *texts[1]}))}
    guesses = np.full((3, len(axes.cases)), np.nan)
    for n, names in enumerate(texts):
        guesses[n, axes.case] = [labels[name] for name in names]
    if "rank" in columns.values:
        guesses[2, axes.case] = columns.values["rank"][axes.rows]
    return CaseTable(axes.cases, axes.groups, labels, guesses=guesses)


@dataclass(frozen=True)
class _Axes:
    """The test rows; for each the place of its case and of its class; what the places are.

    They are `whole` where every row counts and the rows are all classes of a case after another.
    """

    rows: "Array"
    case: "Array"
    label: "Array"
    cases: dict[str, int]
    groups: dict[str, str]
    labels: dict[str, int]
    whole: bool


@lru_cache(maxsize=64)  # the runs on one data set have the same rows
def _axes(split: Texts, case: Texts, group: Texts, label: Texts) -> _Axes:
    import numpy as np

    rows = [row for row, name in enumerate(split) if name == "test"]
    cases = {name: n for n, name in enumerate(dict.fromkeys(case[row] for row in rows))}
    labels = {name: n for n, name in enumerate(dict.fromkeys(label[row] for row in rows))}
    of_case = np.array([cases[case[row]] for row in rows], dtype=int)
    of_label = np.array([labels[label[row]] for row in rows], dtype=int)
    whole = len(split) == len(rows) == len(cases) * len(labels)
    whole = whole and np.array_equal(of_case * len(labels) + of_label, np.arange(len(rows)))
    groups = {case[row]: group[row] for row in rows}
    return _Axes(np.array(rows, dtype=int), of_case, of_label, cases, groups, labels, whole)


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
    alike: dict[tuple[int, int], list[int]] = {}
    for n, table in enumerate(tables):  # most share their axes
        if table.counts is not None:
            alike.setdefault((id(table.cases), id(table.labels)), []).append(n)
    for runs in alike.values():
        rows, there = _places(tables[runs[0]].cases, cases)
        columns, known = _places(tables[runs[0]].labels, labels)
        counts = np.stack([tables[n].counts for n in runs])  # type: ignore[misc]
        counts = counts[:, :, rows][..., columns]
        found[np.ix_(runs, range(len(_COUNTS)), there, known)] = counts
    return found


def _guesses(table: CaseTable, cases: Sequence[str], labels: Sequence[str]) -> "Array":
    import numpy as np

    found = np.full((3, len(cases)), np.nan)
    if table.guesses is not None:
        rows, there = _places(table.cases, cases)
        places = {name: n for n, name in enumerate(labels)}
        place = np.array([places[name] for name in table.labels], dtype=float)
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

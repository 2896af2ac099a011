"""What a run folder says, as frozen records."""

import math
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from paperkit.runs.cases import Case, CaseColumns, read_cases
from paperkit.runs.files import Files
from paperkit.runs.history import Entry, read_history

__all__ = ["DAMAGED", "Cite", "Model", "Run", "Selection", "Summary", "filled"]

DAMAGED = "damaged"
Record = TypeVar("Record")


@dataclass(frozen=True)
class Cite:
    """Something borrowed: the BibTeX key, the entry, and what it is for. Untrusted text."""

    key: str
    bibtex: str
    used_for: str


@dataclass(frozen=True)
class Model:
    """What was trained: name, number of parameters, GMACs at the input [C, H, W]."""

    name: str | None = None
    params: int | None = None
    gmacs: float | None = None
    input: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Selection:
    """How the checkpoint was chosen: by `metric` on `split`, at `epoch` (from 1)."""

    metric: str | None = None
    mode: str | None = None
    split: str | None = None
    epoch: int | None = None
    value: float | None = None


@dataclass(frozen=True)
class Summary:
    """The result of one evaluation; values are fractions 0..1, None where undefined."""

    split: str | None
    metric_spec: str | None
    n_cases: int | None
    metrics: dict[str, float | None]
    per_class: dict[str, dict[str, float | None]]
    checkpoint: dict[str, Any] = field(default_factory=dict)

    def value(self, metric: str) -> float | None:
        """Return one of `metrics`; None where there is none."""
        packed = self.__dict__.get("_values")  # a dictionary of each summary takes longer
        if packed is None:
            return self.metrics.get(metric)
        values, at, names, _ = packed
        place = names.get(metric)
        found = math.nan if place is None else values[at + place]
        return None if found != found else found

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """What comes from an index, see columns.py: numbers as dictionaries, the checkpoint."""
            if name not in ("metrics", "per_class", "checkpoint") or "_values" not in self.__dict__:
                raise AttributeError(name)
            if name == "checkpoint":
                columns, place = self._checkpoint
                return self.__dict__.setdefault(name, columns.get(name)[place])
            values, at, names, classes = self.__dict__["_values"]
            if name == "metrics":
                found = _named(values, at, names)
            else:
                found, at = {}, at + len(names)
                for label, inner in classes:
                    found[label] = _named(values, at, inner)
                    at += len(inner)
            return self.__dict__.setdefault(name, found)


def _named(values: Sequence[float], at: int, names: Collection[str]) -> dict[str, float | None]:
    found = zip(names, values[at : at + len(names)], strict=True)
    return {name: None if value != value else value for name, value in found}


@dataclass(frozen=True)
class Run:
    """One run. Keys that its run.json lacks are None; docs/reference/run-folder.md has them all.

    Attributes:
        folder: Where it lies.
        id: EXPERIMENT/VARIANT[/DATASET]/seed<k>[-fold<j>].
        status: queued, running, done, failed, diverged, stopped, imported, or damaged (a file in
            the folder cannot be understood; `error` says which).
        samples: How many each split has.
        plugs: The records of plugs.json.
        summary: The test result; None before it is there.
        files: What the folder's files were read with.
    """

    folder: Path
    id: str
    experiment: str
    variant: str
    status: str
    method: str | None = None
    dataset: str | None = None
    seed: int | None = None
    fold: int | None = None
    attempt: int | None = None
    started: str | None = None
    ended: str | None = None
    seconds: float | None = None
    command: str | None = None
    config_sha256: str | None = None
    code_sha256: str | None = None
    data_sha256: str | None = None
    samples: dict[str, int] = field(default_factory=dict)
    git: dict[str, Any] = field(default_factory=dict)
    env: dict[str, Any] = field(default_factory=dict)
    model: Model = field(default_factory=Model)
    throughput: float | None = None
    peak_mib: float | None = None
    selection: Selection | None = None
    metric_spec: str | None = None
    cites: tuple[Cite, ...] = ()
    error: str | None = None
    plugs: tuple[dict[str, Any], ...] = ()
    summary: Summary | None = None
    files: Files | None = field(default=None, repr=False, compare=False)

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """Fields of a run that comes from an index, see columns.py; a Path takes long."""
            columns = self.__dict__.get("_columns")
            if name == "folder" and (columns is not None or "_place" in self.__dict__):
                return self.__dict__.setdefault(name, Path(self._text))
            if columns is None or name not in _FIELDS:
                raise AttributeError(name)
            self.__dict__.update(columns.row(self._at, name))
            return self.__dict__[name]

    @property
    def pair(self) -> tuple[int | None, int | None]:
        """What makes two runs of different rows a pair: seed and fold."""
        return self.seed, self.fold

    def digest(self, name: str) -> str | None:
        """Return the sha256 of a file of the folder, as it was read; None where there is none.

        Raises:
            OSError: It cannot be read.
        """
        files = Files(self.folder) if self.files is None else self.files
        return files.digest(f"{self._text}{os.sep}{name}")

    def history(self) -> list[Entry]:
        """Return the rows of metrics.jsonl in order of epoch; none where the file is missing."""
        return read_history(self.folder / "metrics.jsonl")

    def cases(self) -> list[Case]:
        """Return the rows of cases.csv; none where the file is missing."""
        return read_cases(self.folder / "cases.csv")

    @cached_property
    def case_columns(self) -> CaseColumns:
        """The rows of cases.csv as columns, read at the first use; empty without the file."""
        files = Files(self.folder) if self.files is None else self.files
        return files.case_columns(f"{self._text}{os.sep}cases.csv")

    @property
    def _text(self) -> str:
        columns = self.__dict__.get("_columns")
        if columns is not None:
            return str(columns.get("place")[self.__dict__["_at"]])
        return self.__dict__.get("_place") or str(self.folder)


_FIELDS = frozenset(item.name for item in fields(Run))
for _name in _FIELDS & Run.__dict__.keys():
    delattr(Run, _name)  # a default on the class would hide what an index holds


def filled(kind: type[Record], values: dict[str, Any]) -> Record:
    """Return a frozen record; its constructor would take most of the time of ten thousand."""
    made = object.__new__(kind)
    object.__setattr__(made, "__dict__", values)
    return made

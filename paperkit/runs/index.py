"""The index of an experiment: what was read of its runs, runs/.index/EXPERIMENT.json.

It only saves time. A run in it counts while its run.json, summary.json and plugs.json are in the
state in which they were read (see files.py); whatever else is in it is read again. An index that
is torn, damaged, of another version or not there at all is no index.

    one line     {"index": VERSION, "crc32": of what follows}
    one line     {"states": see pack.py, "runs": see pack.py}

Paths are below the experiment, so that folders may be moved.
"""

import contextlib
import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paperkit.runs.files import Files, replace_file
from paperkit.runs.kept import KeptCases
from paperkit.runs.pack import LAYOUT, pack, read_states, unpack, write_states
from paperkit.runs.record import DAMAGED, Run

__all__ = ["FEWEST", "FOLDER", "Index", "open_index", "write_cases", "write_index"]

FOLDER = ".index"
FEWEST = 100  # runs; fewer are read as fast
# another meaning of a field needs another number, or an old index would hide the change
VERSION = [2, *LAYOUT]


@dataclass(frozen=True)
class Index:
    """What is known of an experiment.

    Attributes:
        files: States and digests of its files.
        runs: By folder; only to be trusted where the files are unchanged.
    """

    files: Files
    runs: dict[str, Run] = field(default_factory=dict)


def open_index(top: Path) -> Index:
    """Return the index of the experiment in the folder `top`; an empty one if there is none."""
    index = _read(top)
    index.files.cases = KeptCases(_path(top).with_suffix(".cases"))
    return index


def _read(top: Path) -> Index:
    try:
        head, body = _path(top).read_bytes().split(b"\n", 1)
        if json.loads(head) != {"index": VERSION, "crc32": zlib.crc32(body)}:
            return Index(Files(top))
        found = json.loads(body)
        start = f"{top}{os.sep}"
        files = Files(top, dict(read_states(found["states"], start)))
        return Index(files, dict(unpack(found["runs"], start, files)))
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return Index(Files(top))


def write_index(files: Files) -> None:
    """Write the index of an experiment, as a whole; nothing where it says nothing new.

    Args:
        files: What the runs were read with; its records are the runs.
    """
    if len(files.records) < FEWEST or not files.fresh:
        return
    runs = [run for run in files.records.values() if run.status != DAMAGED]
    start = f"{files.top}{os.sep}"
    there = {str(run.folder) for run in runs}
    states = {path: state for path, state in files.states.items() if _run_of(path, there)}
    found = {"states": write_states(states, start), "runs": pack(runs, start)}
    body = json.dumps(found, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"
    head = json.dumps({"index": VERSION, "crc32": zlib.crc32(body)}).encode() + b"\n"
    with contextlib.suppress(OSError):
        replace_file(_path(Path(files.top)), head + body)
        files.fresh = False


def write_cases(runs: Sequence[Run]) -> None:
    """Write the cases that were read of the runs of an experiment; nothing where they are few."""
    files = runs[0].files
    if files is not None and files.cases is not None and len(files.records) >= FEWEST:
        read = [run for run in runs if run.__dict__.get("case_columns")]
        found = {run.digest("cases.csv") or "": run.case_columns for run in read}
        files.cases.keep(found)


def _path(top: Path) -> Path:
    return top.parent / FOLDER / f"{top.name}.json"


def _run_of(path: str, folders: set[str]) -> bool:
    """Whether a file lies in one of the run folders, or in a folder of it (samples)."""
    folder = path.rpartition(os.sep)[0]
    return folder in folders or folder.rpartition(os.sep)[0] in folders

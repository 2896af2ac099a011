"""The index of an experiment: what was read of its runs, runs/.index/EXPERIMENT.runs.

It only saves time. A run in it counts while its run.json, summary.json and plugs.json are in the
state in which they were read (see files.py); whatever else is in it is read again. An index that
is torn, damaged, of another version or not there at all is no index.

    one line     {"index": VERSION, "crc32": of what follows}
    one line     {"runs": see pack.py, "others": {"paths": TEXTS, "digests": TEXTS}}
    one line     what is rarely asked of the runs
    the rest     of each run the sha256 of its three files, as bytes; then little-endian numbers of
                 eight bytes: of each run the states of its three files (mtime, ctime, size, inode),
                 the states of the others, the values of the summaries

Paths are below the experiment, so that folders may be moved. "others" are files such as cases.csv.
"""

import contextlib
import json
import os
import zlib
from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from paperkit.runs.columns import Columns
from paperkit.runs.files import NOTHING, Files, State, replace_file
from paperkit.runs.kept import KeptCases
from paperkit.runs.pack import LAYOUT, joined, little_endian, pack, parted, unpacked
from paperkit.runs.record import DAMAGED, Run
from paperkit.runs.states import DIGEST, READ, Stamp, Stamps

__all__ = ["FEWEST", "FOLDER", "Index", "open_index", "write_cases", "write_index"]

FOLDER = ".index"
FEWEST = 100  # runs; fewer are read as fast
# another meaning of a field needs another number, or an old index would hide the change
VERSION = [4, *LAYOUT]
_STATE = len(NOTHING) - 1  # numbers of a file


@dataclass(frozen=True)
class Index:
    """What is known of an experiment.

    Attributes:
        files: States and digests of its files.
        runs: By folder, those whose files are unchanged.
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
        content = _path(top).read_bytes()
        first = content.index(b"\n") + 1
        known = {"index": VERSION, "crc32": zlib.crc32(memoryview(content)[first:])}
        if json.loads(content[:first]) != known:
            return Index(Files(top))
        second = content.index(b"\n", first) + 1
        third = content.index(b"\n", second) + 1
        found, rest = json.loads(content[first:second]), memoryview(content)[third:]
        return _unpacked(top, found, content[second:third], rest)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return Index(Files(top))


def _unpacked(top: Path, found: dict[str, Any], later: bytes, rest: memoryview) -> Index:
    start, files = f"{top}{os.sep}", Files(top)
    folders = [start + folder for folder in parted(found["runs"]["folders"])]
    paths = [start + path for path in parted(found["others"]["paths"])]
    first = DIGEST * len(READ) * len(folders)
    second = first + 8 * _STATE * len(READ) * len(folders)
    third = second + 8 * _STATE * len(paths)
    states = unpacked("q", rest[first:second])
    files.stamps = Stamps(folders, states, bytes(rest[:first]))
    # zip takes that many numbers in a row from the one iterator
    others = zip(
        *[iter(unpacked("q", rest[second:third]))] * _STATE,
        parted(found["others"]["digests"]),
        strict=True,
    )
    known = (state if state[-1] else NOTHING for state in others)
    files.states = dict(zip(paths, known, strict=True))
    values = unpacked("d", rest[third:])
    every = zip(folders, Columns(found["runs"], later, values, folders, files).runs(), strict=True)
    unchanged = files.stamps.unchanged
    return Index(files, {folder: run for folder, run in every if folder in unchanged})


def write_index(files: Files) -> None:
    """Write the index of an experiment, as a whole; nothing where it says nothing new.

    Args:
        files: What the runs were read with; its records are the runs.
    """
    if len(files.records) < FEWEST or not files.fresh:
        return
    right = {folder: run for folder, run in files.records.items() if run.status != DAMAGED}
    stamps = {folder: stamp for folder in right if (stamp := files.stamp(folder)) is not None}
    others = {path: state for path, state in files.states.items() if _is_other(path, stamps)}
    with contextlib.suppress(OSError, OverflowError):  # a file of the year 2300
        runs = [right[folder] for folder in stamps]
        body = _packed(runs, stamps, others, f"{files.top}{os.sep}")
        head = json.dumps({"index": VERSION, "crc32": zlib.crc32(body)}).encode() + b"\n"
        replace_file(_path(Path(files.top)), head + body)
        files.fresh = False


def _packed(
    runs: Sequence[Run], stamps: Mapping[str, Stamp], others: Mapping[str, State], start: str
) -> bytes:
    packed, later, values = pack(runs, start)
    paths = [path.removeprefix(start) for path in others]
    digests = [state[-1] for state in others.values()]
    found = {"runs": packed, "others": {"paths": joined(paths), "digests": joined(digests)}}
    lines = [json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in (found, later)]
    of_runs = (states for states, _ in stamps.values())
    of_others = (state[:-1] for state in others.values())
    numbers = array("q", chain.from_iterable(chain(of_runs, of_others)))
    parts = [little_endian(part).tobytes() for part in (numbers, values)]  # type: ignore[misc]
    return b"".join([*lines, *(digest for _, digest in stamps.values()), *parts])


def write_cases(runs: Sequence[Run]) -> None:
    """Write the cases that were read of the runs of an experiment; nothing where they are few."""
    files = runs[0].files
    if files is not None and files.cases is not None and len(files.records) >= FEWEST:
        read = [run for run in runs if run.__dict__.get("case_columns")]
        found = {run.digest("cases.csv") or "": run.case_columns for run in read}
        files.cases.keep(found)


def _path(top: Path) -> Path:
    return top.parent / FOLDER / f"{top.name}.runs"


def _is_other(path: str, folders: Collection[str]) -> bool:
    """Whether a file, none of READ, lies in one of the run folders, or in a folder of it."""
    folder, _, name = path.rpartition(os.sep)
    if folder in folders:
        return name not in READ
    return folder.rpartition(os.sep)[0] in folders

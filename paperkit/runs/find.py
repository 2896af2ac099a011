"""Find the run folders below a folder."""

import os
from collections.abc import Iterable
from pathlib import Path

from paperkit.errors import UserError
from paperkit.runs.collector import no_collector
from paperkit.runs.columns import Each
from paperkit.runs.files import Files
from paperkit.runs.index import Index, open_index, write_cases, write_index
from paperkit.runs.read import read_run
from paperkit.runs.record import DAMAGED, Run
from paperkit.runs.schema import NewerSchema, read_fields

__all__ = ["experiments", "keep_index", "load_runs"]

_NO_EXPERIMENT = ("data", "superseded")


def experiments(root: Path) -> list[str]:
    """Return the experiments below `root` (the folder runs/) that have a plan, sorted."""
    return sorted(
        path.parent.name
        for path in root.glob("*/plan.json")
        if path.parent.name not in _NO_EXPERIMENT
    )


def load_runs(root: Path, experiment: str | None = None) -> list[Run]:
    """Return the runs below `root`, of one experiment or of all, sorted by id.

    A run whose files cannot be understood is there, too: with status "damaged", and the complaint
    (file and line) as its error. A run that the experiment's index knows is not read again.

    Raises:
        UserError: A newer schema, or two folders with one id.
    """
    whole = experiment is None and not (root / "run.json").is_file()
    tops = [root / name for name in _inside(root)] if whole else [root / (experiment or "")]
    with no_collector():
        runs: list[Run] = []
        for top in tops:
            _find(str(top), root, open_index(top), runs)
    by_id = dict(zip(Each(runs)("id"), runs, strict=True))
    if len(by_id) < len(runs):
        raise _twice(runs, root)
    return [by_id[key] for key in sorted(by_id)]


def keep_index(runs: Iterable[Run]) -> None:
    """Write down what was read of the runs, so that the next process need not read it again.

    Does nothing where there is nothing new, where the runs are few, and where the folder cannot be
    written: the index only saves time.
    """
    known: dict[int, list[Run]] = {}
    for run in runs:
        if run.files is not None:
            known.setdefault(id(run.files), []).append(run)
    for of in known.values():
        if of[0].files is not None:
            write_index(of[0].files)
            write_cases(of)


def _twice(runs: Iterable[Run], root: Path) -> UserError:
    """Name the first id that two of the runs have."""
    seen: dict[str, Run] = {}
    for run in runs:
        other = seen.setdefault(run.id, run)
        if other is not run:
            break
    return UserError(
        f"{run.id}: two folders say they are this run: "
        f"{_place(other.folder, root)} and {_place(run.folder, root)}; remove one"
    )


def _find(folder: str, root: Path, index: Index, found: list[Run]) -> None:
    """Add the runs in a folder and below; not in runs, nor in hidden or reserved folders."""
    run = index.runs.get(folder) or _load(folder, root, index.files)
    if run is not None:
        index.files.records[folder] = run
        found.append(run)
        return
    for name in _inside(folder):
        inner = f"{folder}{os.sep}{name}"
        known = index.runs.get(inner)
        if known is None:
            _find(inner, root, index, found)
        else:  # most are, and need no call
            index.files.records[inner] = known
            found.append(known)


def _inside(folder: Path | str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(name for name in names if name not in _NO_EXPERIMENT and name[0] != ".")


def _load(folder: str, root: Path, files: Files) -> Run | None:
    try:
        return read_run(folder, files)
    except NewerSchema:
        raise
    except UserError as error:
        path = Path(folder)
        place = _place(path, root)
        experiment, _, rest = place.partition("/")
        return Run(
            folder=path,
            id=_identity(path) or place,
            experiment=experiment,
            variant=rest.partition("/")[0],
            status=DAMAGED,
            error=str(error),
            files=files,
        )


def _identity(folder: Path) -> str | None:
    try:
        return read_fields(folder / "run.json").take("id", str)
    except UserError:
        return None


def _place(folder: Path, root: Path) -> str:
    return folder.relative_to(root).as_posix()

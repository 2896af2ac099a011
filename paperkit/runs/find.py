"""Find the run folders below a folder."""

from collections.abc import Iterator
from pathlib import Path

from paperkit.errors import UserError
from paperkit.runs.read import load_run
from paperkit.runs.record import Run
from paperkit.runs.schema import NewerSchema, read_fields

__all__ = ["DAMAGED", "experiments", "load_runs"]

DAMAGED = "damaged"
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
    (file and line) as its error.

    Raises:
        UserError: A newer schema, or two folders with one id.
    """
    top = root / experiment if experiment else root
    runs = [_load(folder, root) for folder in _folders(top)]
    seen: dict[str, Run] = {}
    for run in runs:
        if run.id in seen:
            raise UserError(
                f"{run.id}: two folders say they are this run: "
                f"{_below(seen[run.id].folder, root)} and {_below(run.folder, root)}; remove one"
            )
        seen[run.id] = run
    return [seen[key] for key in sorted(seen)]


def _folders(top: Path) -> Iterator[Path]:
    """Folders with a run.json; does not look into runs, nor into hidden or reserved folders."""
    if (top / "run.json").is_file():
        yield top
        return
    if not top.is_dir():
        return
    for folder in sorted(top.iterdir()):
        if folder.is_dir() and folder.name not in _NO_EXPERIMENT and folder.name[0] != ".":
            yield from _folders(folder)


def _load(folder: Path, root: Path) -> Run:
    try:
        return load_run(folder)
    except NewerSchema:
        raise
    except UserError as error:
        place = _below(folder, root)
        experiment, _, rest = place.partition("/")
        identity = _identity(folder) or place
        return Run(
            folder=folder,
            id=identity,
            experiment=experiment,
            variant=rest.partition("/")[0],
            status=DAMAGED,
            error=str(error),
        )


def _identity(folder: Path) -> str | None:
    try:
        return read_fields(folder / "run.json").take("id", str)
    except UserError:
        return None


def _below(folder: Path, root: Path) -> str:
    return folder.relative_to(root).as_posix()

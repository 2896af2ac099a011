"""One training as a child process: started, watched, interrupted."""

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from paperkit.project import Project
from paperkit.sweep.alive import apart
from paperkit.sweep.lock import Lock
from paperkit.sweep.plan import PlannedRun, Row
from paperkit.sweep.record import epoch_of, progress_mark

__all__ = ["Child", "start"]


@dataclass
class Child:
    """A run that is being trained.

    Attributes:
        worker: Which share of the machine it has.
        lock: The lock on its folder; the process holds it, too.
        mark: Its progress at the start; the same at the end means that nothing was gained.
        first: Epochs that were done before this start.
        epoch: Epochs that were done when last looked.
    """

    row: Row
    run: PlannedRun
    worker: int
    lock: Lock
    process: subprocess.Popen[bytes]
    mark: tuple[int, int, int]
    first: int
    epoch: int


def start(
    project: Project,
    row: Row,
    run: PlannedRun,
    *,
    worker: int,
    lock: Lock,
    environment: dict[str, str],
    ended: "SimpleQueue[str | None]",
) -> Child:
    """Start a run; its id is put into `ended` when the process is over.

    Raises:
        OSError: The project's Python cannot be started.
    """
    folder = project.root / run.dir
    mark, epoch = progress_mark(folder), epoch_of(folder)
    process = _process(project, folder, run.arguments, environment, lock)
    lock.name_child(process.pid)

    def watch() -> None:
        process.wait()
        ended.put(run.id)

    threading.Thread(target=watch, daemon=True).start()
    return Child(row, run, worker, lock, process, mark, epoch, epoch)


def _process(
    project: Project, folder: Path, arguments: tuple[str, ...], chosen: dict[str, str], lock: Lock
) -> subprocess.Popen[bytes]:
    more: dict[str, Any] = dict(apart())
    if os.name == "posix":
        more["pass_fds"] = (lock.fd,)
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [str(project.python), *arguments],
            cwd=project.root,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", **chosen},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            **more,
        )

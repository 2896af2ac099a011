"""One process per run folder and per sweep.

A lock is a file made with O_EXCL that names host, process and start. Where the system has flock,
the open file is locked as well and handed to the training process, so the lock lasts as long as
anyone works in the folder, even when the launcher is killed and its child lives on; and a holder
that no longer has it is provably dead. Elsewhere the process numbers in the file decide. A lock of
another host is never taken over.
"""

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from paperkit.errors import LockedError
from paperkit.sweep.alive import alive

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["Lock", "acquire", "busy", "elsewhere", "held", "run_lock", "sweep_lock"]

FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

LOOK = 0.3  # seconds that `busy` in another process may hold the file at most


class Lock:
    """A lock that this process holds; release() ends it.

    Attributes:
        fd: Its open file, to be inherited by the process that works under the lock.
    """

    def __init__(self, path: Path, fd: int) -> None:
        self.path, self.fd = path, fd
        self.facts: dict[str, Any] = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "start": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        self._write()

    def name_child(self, pid: int) -> None:
        """Write down who works under this lock; it lasts while either process lives."""
        self.facts["child"] = pid
        self._write()

    def release(self) -> None:
        """Give the lock back."""
        if fcntl is not None:
            self.path.unlink(missing_ok=True)
        os.close(self.fd)
        if fcntl is None:  # Windows refuses to remove a file that is open
            self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        text = json.dumps(self.facts).encode()
        os.lseek(self.fd, 0, os.SEEK_SET)
        os.write(self.fd, text)
        os.ftruncate(self.fd, len(text))


def run_lock(folder: Path) -> Path:
    """Return the lock file of a run folder (beside it: the folder itself stays empty)."""
    return folder.with_name(f".{folder.name}.lock")


def sweep_lock(experiment: Path) -> Path:
    """Return the lock file of an experiment's folder."""
    return experiment / ".sweep.lock"


def acquire(path: Path, what: str) -> Lock:
    """Take a lock, also over from a holder that is provably dead.

    Args:
        path: The lock file.
        what: What is locked, for the message.

    Raises:
        LockedError: Somebody else holds it; names the holder and the way out.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        try:
            fd = os.open(path, FLAGS | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            taken = _take_over(path, what)
            if taken is not None:
                return taken
            continue
        if _flock(fd, patience=LOOK) and _same_file(path, fd):
            return Lock(path, fd)
        os.close(fd)


@contextlib.contextmanager
def held(path: Path, what: str) -> Iterator[Lock]:
    """Hold a lock for a block; raises like `acquire`."""
    lock = acquire(path, what)
    try:
        yield lock
    finally:
        lock.release()


def busy(path: Path) -> bool:
    """Whether somebody holds the lock (a lock of another host counts as held)."""
    facts = _facts(path)
    if facts is None:
        return False
    if elsewhere(path):
        return True
    if fcntl is None:
        return _named_alive(facts)
    try:
        fd = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _flock(fd, how="LOCK_SH")
    finally:
        os.close(fd)


def elsewhere(path: Path) -> bool:
    """Whether a lock belongs to another host, where nothing can be known about its holder."""
    return (_facts(path) or {}).get("host") not in (None, socket.gethostname())


def _take_over(path: Path, what: str) -> Lock | None:
    """Return the lock of a dead holder; None when the file is gone and it is to be tried again."""
    facts = _facts(path)
    if facts is None:
        return None
    if elsewhere(path) or (fcntl is None and _named_alive(facts)):
        raise LockedError(_message(path, what, facts))
    try:
        fd = os.open(path, FLAGS)
    except FileNotFoundError:
        return None
    if not _flock(fd, patience=LOOK):
        os.close(fd)
        raise LockedError(_message(path, what, facts))
    if not _same_file(path, fd):
        os.close(fd)
        return None
    return Lock(path, fd)


def _flock(fd: int, *, how: str = "LOCK_EX", patience: float = 0.0) -> bool:
    if fcntl is None:
        return True
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(fd, getattr(fcntl, how) | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)
        else:
            return True


def _same_file(path: Path, fd: int) -> bool:
    """Whether the file that was locked is still the one at the path, not one just removed."""
    try:
        return fcntl is None or os.path.samestat(path.stat(), os.fstat(fd))
    except FileNotFoundError:
        return False


def _facts(path: Path) -> dict[str, Any] | None:
    """The holder; {} while it is still writing its name; None if there is no lock."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _named_alive(facts: dict[str, Any]) -> bool:
    pids = [facts.get("pid"), facts.get("child")]
    known = [pid for pid in pids if isinstance(pid, int)]
    return not known or any(alive(pid) for pid in known)


def _message(path: Path, what: str, facts: dict[str, Any]) -> str:
    pid = f"process {facts['child']}" if facts.get("child") else f"process {facts.get('pid', '?')}"
    host = facts.get("host", "this host")
    return (
        f"{what} is being worked on by {pid} on {host}, since {facts.get('start', 'just now')}; "
        f"wait for it or stop it (if it is surely dead: remove {path})"
    )

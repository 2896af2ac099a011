"""Locks: one holder, taken over only from the provably dead."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from paperkit.errors import LockedError
from paperkit.sweep import lock

HOLD = (
    "import sys, time; from pathlib import Path; from paperkit.sweep import lock; "
    "held = lock.acquire(Path(sys.argv[1]), 'it'); print('held', flush=True); time.sleep(60)"
)
RACE = (
    "import sys, time; from pathlib import Path; from paperkit.sweep import lock\n"
    "from paperkit.errors import LockedError\n"
    "inside = Path(sys.argv[2])\n"
    "for _ in range(60):\n"
    "    try:\n"
    "        with lock.held(Path(sys.argv[1]), 'it'):\n"
    "            inside.touch(exist_ok=False); time.sleep(0.001); inside.unlink()\n"
    "    except LockedError:\n"
    "        pass\n"
)


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_dead_holder_is_replaced_and_a_living_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "folder" / ".lock"
    process = holder(path)
    assert lock.busy(path)
    with pytest.raises(LockedError) as caught:
        lock.acquire(path, "the run")
    facts = json.loads(path.read_text())
    assert str(caught.value) == (
        f"the run is being worked on by process {process.pid} on {socket.gethostname()}, since "
        f"{facts['start']}; wait for it or stop it (if it is surely dead: remove {path})"
    )
    process.kill()
    process.communicate()
    assert not lock.busy(path)
    with lock.held(path, "the run"):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert not path.exists()


def test_a_lock_of_another_host_is_never_taken(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    path.write_text('{"host": "node7", "pid": 1, "start": "2024-01-01T00:00:00Z", "child": 2}')
    assert lock.busy(path)
    assert lock.elsewhere(path)
    with pytest.raises(LockedError) as caught:
        lock.acquire(path, "runs/x")
    assert str(caught.value) == (
        "runs/x is being worked on by process 2 on node7, since 2024-01-01T00:00:00Z; "
        f"wait for it or stop it (if it is surely dead: remove {path})"
    )


def test_a_torn_lock_file_of_a_dead_holder_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    path.write_text('{"ho')
    with lock.held(path, "it"):
        assert json.loads(path.read_text())["host"] == socket.gethostname()


def test_without_flock_the_process_numbers_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "fcntl", None)
    path = tmp_path / ".lock"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    facts = {"host": socket.gethostname(), "pid": ended.pid, "start": "then"}
    path.write_text(json.dumps({**facts, "child": os.getpid()}))
    assert lock.busy(path)
    with pytest.raises(LockedError):
        lock.acquire(path, "it")
    path.write_text(json.dumps(facts))
    assert not lock.busy(path)
    with lock.held(path, "it"):
        assert lock.busy(path)
    assert not path.exists()


def test_never_two_inside(tmp_path: Path) -> None:
    """Each of them would fail on a file that exists already, if two were ever inside."""
    command = [sys.executable, "-c", RACE, str(tmp_path / ".lock"), str(tmp_path / "inside")]
    racers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [racer.communicate()[1] for racer in racers] == [b""] * 4

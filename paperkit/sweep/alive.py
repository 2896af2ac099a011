"""Whether a process of this machine lives, and ending one with all that it started."""

import os
import signal
import subprocess
import sys

__all__ = ["alive", "apart", "end_group", "interrupt"]


def alive(pid: int) -> bool:
    """Whether a process number is in use (a process of somebody else counts)."""
    if sys.platform == "win32":
        return _alive_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def apart() -> dict[str, object]:
    """Return the Popen arguments that keep a child out of the terminal's Ctrl-C."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def interrupt(child: subprocess.Popen[bytes]) -> None:
    """Ask a child to write its checkpoint and end."""
    if sys.platform == "win32":
        child.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        child.send_signal(signal.SIGINT)


def end_group(child: subprocess.Popen[bytes]) -> None:
    """End a child at once, with the data workers that it started."""
    if sys.platform == "win32":
        child.kill()
        return
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _alive_windows(pid: int) -> bool:
    listed = subprocess.run(
        ["tasklist", "/FI", f"PID eq {pid}", "/NH", "/FO", "CSV"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f'"{pid}"' in listed.stdout

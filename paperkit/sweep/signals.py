"""Turn the signals that ask to stop into a count, so that none strikes between two steps."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["counted"]

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@contextlib.contextmanager
def counted(on_signal: Callable[[], None]) -> Iterator[None]:
    """Call `on_signal` for each signal that asks to stop; the old handlers come back at the end.

    Outside the main thread Python has no signal handlers; there nothing is changed.
    """
    old: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for name in NAMES:
            number = getattr(signal, name, None)
            # nohup and background jobs ignore a signal on purpose
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                old[number] = signal.signal(number, lambda *_: on_signal())
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)

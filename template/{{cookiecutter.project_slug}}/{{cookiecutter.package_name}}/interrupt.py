"""Stop when asked: after the current step, with a checkpoint, so that nothing is lost."""

import signal
from typing import Any


class Stopped(Exception):
    """A signal asked this run to stop; it can be continued."""


class Stop:
    """The first SIGINT, SIGTERM or SIGUSR1 asks to stop; a second SIGINT stops at once.

    A context: at its end the signals mean again what they did before.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Stop":
        for name in ("SIGINT", "SIGTERM", "SIGUSR1"):  # Windows has no SIGUSR1
            if hasattr(signal, name):
                number = getattr(signal, name)
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self, *_: object) -> None:
        """Raise Stopped if a signal has asked; takes any arguments, so it can be a callback."""
        if self.asked:
            raise Stopped

    def _ask(self, number: int, frame: object) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True

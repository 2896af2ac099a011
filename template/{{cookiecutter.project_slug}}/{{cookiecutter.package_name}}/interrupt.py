"""Stop when asked: after the current step, with a checkpoint, so that nothing is lost."""

import signal


class Stopped(Exception):
    """A signal asked this run to stop; it can be continued."""


class Stop:
    """The first SIGINT, SIGTERM or SIGUSR1 asks to stop; a second SIGINT stops at once."""

    def __init__(self) -> None:
        self.asked = False
        for name in ("SIGINT", "SIGTERM", "SIGUSR1"):  # Windows has no SIGUSR1
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._ask)

    def check(self, *_: object) -> None:
        """Raise Stopped if a signal has asked; takes any arguments, so it can be a callback."""
        if self.asked:
            raise Stopped

    def _ask(self, number: int, frame: object) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True

"""What launching tells: events while it runs, and the outcome at the end."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Event", "Failure", "Outcome"]


@dataclass(frozen=True)
class Event:
    """Something happened to a run (or, with run None, to the sweep).

    Attributes:
        kind: start, epoch, done, failed, stopped, again (continued after exit 75), waiting (another
            process trains it), moved (its stale result went to superseded/), interrupt.
        text: One line for a person.
        epoch, epochs: Progress of this run; None if unknown.
        finished, total: Runs finished (or failed) in this launch, of how many.
        remaining: Estimated seconds until the sweep ends; None before the first epoch.
    """

    kind: Literal[
        "start", "epoch", "done", "failed", "stopped", "again", "waiting", "moved", "interrupt"
    ]
    run: str | None = None
    text: str = ""
    epoch: int | None = None
    epochs: int | None = None
    finished: int = 0
    total: int = 0
    remaining: float | None = None


@dataclass(frozen=True)
class Failure:
    """A run that did not end well: why, in one line, and the last lines of its log."""

    run: str
    dir: str
    reason: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The end of a launch; all tuples hold run ids in the order in which they ended.

    Attributes:
        done: Finished in this launch.
        skipped: Were done before it.
        stopped: Interrupted, with what they need to be continued.
        interrupted: Whether the user stopped the launch.
        notes: What the user should know although nothing failed.
    """

    done: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: tuple[Failure, ...]
    stopped: tuple[str, ...]
    interrupted: bool
    seconds: float
    notes: tuple[str, ...] = ()

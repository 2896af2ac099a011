"""Show a launch while it runs: bars on a terminal, else one line per event."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from paperkit.sweep import Event, Plan

__all__ = ["clock", "reporter"]


@contextlib.contextmanager
def reporter(plan: "Plan", *, live: bool, stderr: bool) -> "Iterator[Callable[[Event], None]]":
    """Return what `launch` is to tell its events.

    Args:
        plan: For the notes and the number of runs.
        live: Bars instead of lines.
        stderr: Lines to stderr, because stdout carries a document.
    """
    for note in plan.notes:
        typer.echo(f"note: {note}", err=stderr)
    if not live:
        yield lambda event: _line(event, stderr)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[text]}"),
    )
    with Progress(*columns) as progress:
        yield _Bars(progress)


class _Bars:
    """One bar for the sweep, one for each run that trains."""

    def __init__(self, progress: Any) -> None:
        self.progress = progress
        self.all = progress.add_task("all runs", total=None, text="")
        self.runs: dict[str, Any] = {}

    def __call__(self, event: "Event") -> None:
        left = "" if event.remaining is None else f"{clock(event.remaining)} left"
        self.progress.update(self.all, completed=event.finished, total=event.total, text=left)
        if event.kind == "start":
            self.runs[event.run or ""] = self.progress.add_task(
                event.run or "", total=event.epochs, completed=event.epoch or 0, text="epochs"
            )
        elif event.kind == "epoch":
            self.progress.update(self.runs[event.run or ""], completed=event.epoch)
        elif event.run in self.runs:
            self.progress.remove_task(self.runs.pop(event.run))
        if event.text or event.kind in ("done", "interrupt"):
            self.progress.console.print(_words(event), markup=False, highlight=False)


def _line(event: "Event", stderr: bool) -> None:
    if event.kind == "epoch":
        return
    left = ""
    if event.kind == "done" and event.remaining:
        left = f"; about {clock(event.remaining)} left"
    typer.echo(f"[{event.finished}/{event.total}] {_words(event)}{left}", err=stderr)


def _words(event: "Event") -> str:
    name = {"again": "goes on", "moved": "stale", "start": "started"}.get(event.kind, event.kind)
    if event.kind == "interrupt":
        return f"{event.text}; they write a checkpoint (Ctrl-C again: at once)"
    text = f": {event.text}" if event.text else ""
    return f"{event.run} {name}{text}"


def clock(seconds: float) -> str:
    """Return a duration as people say it: 42 s, 3 min 20 s, 2 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"

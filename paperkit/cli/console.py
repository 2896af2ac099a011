"""What the verbs print with: plain tables, JSON, a warning, a progress bar on a terminal."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

__all__ = ["emit", "progress", "table", "warn"]


def emit(document: Any) -> None:
    """Print one JSON document on stdout."""
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False, default=str))


def warn(text: str) -> None:
    """Print a warning on stderr."""
    typer.echo(f"warning: {text}", err=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return aligned columns under a ruled head; the last column is not padded."""
    lines = [[str(cell) for cell in row] for row in [columns, *rows]]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(columns))]
    lines.insert(1, ["-" * width for width in widths])
    padded = (
        [cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)]
        for line in lines
    )
    return "\n".join("  ".join(line).rstrip() for line in padded)


def _width(text: str) -> int:
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function (done, total) that moves a bar on stderr; silent without a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

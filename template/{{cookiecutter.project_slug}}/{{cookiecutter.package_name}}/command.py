"""The command line of train.py, and what it says on the screen."""

import argparse
import os
import sys
from pathlib import Path

from .runlog import RunLog

DEBUG = ["train.epochs=1", "data.limit=16", "data.workers=0"]


def read(argv: list[str] | None, about: str) -> argparse.Namespace:
    """config, overrides (with --seed, --fold and --debug as such), plug, out, resume, debug."""
    parser = argparse.ArgumentParser(
        prog="train.py", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("overrides", nargs="*", metavar="key.sub=value", help="settings laid over the file's")
    add("--config", default="configs/smoke.yaml", help="default: %(default)s")
    add("--plug", action="append", default=[], metavar="SLOT=EXPR", help="SLOT:=EXPR replaces")
    add("--seed", type=int, help="default: the configuration's")
    add("--fold", type=int, help="which of data.folds is validated on")
    add("--out", type=Path, help="the run folder; default: a new one in runs/single")
    add("--resume", action="store_true", help="go on from the last checkpoint, if there is one")
    add("--debug", action="store_true", help="one short epoch, NaNs located, in runs/debug/")
    given = parser.parse_intermixed_args(argv)
    chosen = {"seed": given.seed, "fold": given.fold}
    given.overrides += [f"{key}={value}" for key, value in chosen.items() if value is not None]
    given.overrides += DEBUG if given.debug else []
    return given


def say(log: RunLog, line: str) -> None:
    """To log.txt and the screen; a launcher may have made log.txt the screen."""
    if log.writes:
        print(line, flush=True)
    if not _is_screen(log.folder / "log.txt"):
        log.say(line)


def _is_screen(path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(sys.stdout.fileno()), path.stat())
    except (OSError, ValueError):
        return False


def failed(log: RunLog | None, message: str, code: int, status: str = "failed") -> int:
    """Write down what went wrong; the last lines say most."""
    print(message if code == 1 else f"error: {message}", file=sys.stderr)
    if log:
        log.end(status, error="\n".join(message.splitlines()[-15:]))
    return code

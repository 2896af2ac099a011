"""Every error that paperkit raises on purpose, and the exit code that each one means.

    PaperkitError          our base; never raised itself
    ├── Findings           exit 1   the check ran and found something (stale, failed, does not fit)
    ├── UserError          exit 2   the user's mistake (a value, a file, an option)
    ├── MachineError       exit 3   the machine's (I/O, a missing program)
    └── LockedError        exit 4   somebody else is working on the same thing

A message says what is wrong with which value, where, and the way out. Anything that is not a
PaperkitError is a bug of ours: the command line writes its traceback to a file and exits 70.
"""

__all__ = ["Findings", "LockedError", "MachineError", "PaperkitError", "UserError"]


class PaperkitError(Exception):
    """Base of all errors that are explained to the user in one message."""

    exit_code = 70


class Findings(PaperkitError):  # noqa: N818 - a finding is not an error of the program
    """A check ran and found something."""

    exit_code = 1


class UserError(PaperkitError):
    """The user's mistake; the message names the value, the place and the way out."""

    exit_code = 2


class MachineError(PaperkitError):
    """Something the machine lacks or refuses: a program, space, permission."""

    exit_code = 3


class LockedError(PaperkitError):
    """Another process holds the lock on this run or sweep."""

    exit_code = 4

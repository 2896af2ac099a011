"""One thing that was looked at."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check"]


@dataclass(frozen=True)
class Check:
    """A finding about the machine.

    Attributes:
        name: What was looked at: "Python", "LaTeX".
        status: "ok"; "warning": something is slower or left out; "missing": needed and not there.
        found: What there is, with its version.
        remedy: The command or step that mends it; empty when ok.
    """

    name: str
    status: Literal["ok", "warning", "missing"]
    found: str
    remedy: str = ""

"""Does a module keep what a plug, or a loss, must keep? Each check is one function.

Public as `paperkit modules check`; the catalogue is tested by the same functions.
"""

from paperkit.zoo.conform.finding import Finding
from paperkit.zoo.conform.subject import Subject
from paperkit.zoo.conform.suite import CHECKS, LOSS_CHECKS, check, checks, examine, subject

__all__ = [
    "CHECKS",
    "LOSS_CHECKS",
    "Finding",
    "Subject",
    "check",
    "checks",
    "examine",
    "subject",
]

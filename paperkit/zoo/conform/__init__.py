"""Does a module keep what a plug must keep? Each check is one function and says one thing.

Public as `paperkit modules check`; the catalogue is tested by the same functions.
"""

from paperkit.zoo.conform.finding import Finding
from paperkit.zoo.conform.subject import Subject
from paperkit.zoo.conform.suite import CHECKS, check, examine

__all__ = ["CHECKS", "Finding", "Subject", "check", "examine"]

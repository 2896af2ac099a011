"""Files that students bring: examined in a child process, never imported here."""

from paperkit.zoo.foreign.asked import checked, compared, inspected

__all__ = ["checked", "compared", "inspected"]

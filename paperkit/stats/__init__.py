"""Numbers in, numbers out: never reads a file, never formats.

Sums are exact (math.fsum), so that a report rebuilt on another machine gives the same bytes.
"""

from paperkit.stats.describe import Described, describe, paired_difference
from paperkit.stats.rank import best_and_second

__all__ = ["Described", "best_and_second", "describe", "paired_difference"]

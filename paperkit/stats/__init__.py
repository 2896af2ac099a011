"""Numbers in, numbers out: never reads a file, never formats.

Sums that a table prints are exact (math.fsum), so that a report rebuilt on another machine gives
the same bytes. Random numbers come from the caller's Generator.
"""

from paperkit.stats.bootstrap import bootstrap_interval, crossed_interval, crossed_means
from paperkit.stats.describe import Described, describe, paired_difference, t_interval
from paperkit.stats.many import (
    Friedman,
    average_ranks,
    friedman,
    holm,
    nemenyi_difference,
    wilcoxon_holm,
)
from paperkit.stats.method import MethodTest, method_test
from paperkit.stats.midranks import midranks
from paperkit.stats.paired import SignedRank, signed_rank
from paperkit.stats.power import MOST_SEEDS, detectable_difference, power, seeds_needed
from paperkit.stats.rank import best_and_second, rank_stability
from paperkit.stats.verdict import MIN_SEEDS, Verdict, verdict, verdicts

__all__ = [
    "MIN_SEEDS",
    "MOST_SEEDS",
    "Described",
    "Friedman",
    "MethodTest",
    "SignedRank",
    "Verdict",
    "average_ranks",
    "best_and_second",
    "bootstrap_interval",
    "crossed_interval",
    "crossed_means",
    "describe",
    "detectable_difference",
    "friedman",
    "holm",
    "method_test",
    "midranks",
    "nemenyi_difference",
    "paired_difference",
    "power",
    "rank_stability",
    "seeds_needed",
    "signed_rank",
    "t_interval",
    "verdict",
    "verdicts",
    "wilcoxon_holm",
]

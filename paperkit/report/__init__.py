"""From run folders to paper/generated/: tables, macros, figures, bibliography, provenance.

collect -> quantity -> (ablation | comparison) -> table_tex, table_csv
-> macros, captions, citations, provenance
compose puts it together in memory; build writes it; check compares it with what is there.
"""

from paperkit.report.build import Built, build
from paperkit.report.check import Finding, check
from paperkit.report.provenance import recorded
from paperkit.report.venue import VENUES, Venue, find_venue

__all__ = ["VENUES", "Built", "Finding", "Venue", "build", "check", "find_venue", "recorded"]

"""From run folders to paper/generated/: tables, macros, figures, bibliography, provenance.

collect -> quantity -> (ablation | comparison) -> table_tex, table_csv
-> macros, captions, citations, provenance
compose puts it together in memory; build writes it; check compares it with what is there.
trace, freeze, frozen_diff and against read what build recorded.
"""

from paperkit.project.venue import VENUES, Venue, find_venue
from paperkit.report.build import Built, build
from paperkit.report.checks.against import review_against
from paperkit.report.checks.check import Finding, Review, check, review, shown_number
from paperkit.report.checks.freeze import freeze
from paperkit.report.checks.frozen_diff import Difference, difference
from paperkit.report.checks.letter import write_letter
from paperkit.report.checks.trace import Trace, trace
from paperkit.report.provenance import recorded

__all__ = [
    "VENUES",
    "Built",
    "Difference",
    "Finding",
    "Review",
    "Trace",
    "Venue",
    "build",
    "check",
    "difference",
    "find_venue",
    "freeze",
    "recorded",
    "review",
    "review_against",
    "shown_number",
    "trace",
    "write_letter",
]

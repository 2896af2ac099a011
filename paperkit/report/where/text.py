"""The paragraphs on where it helps and where it fails, for motivation and discussion.

Facts only: no praise and no causes, which are the author's; what is not shown is said not to be.
"""

from paperkit.report.files.table_tex import HEADER
from paperkit.report.where.discussion import discussion
from paperkit.report.where.motivation import motivation
from paperkit.report.where.words import Found

__all__ = ["where_text"]


def where_text(found: Found) -> str:
    r"""Return the file's text, to be read by \input: two paragraphs, a sentence in each line."""
    lines = [HEADER, "% For the motivation:", *motivation(found), ""]
    return "\n".join([*lines, "% For the discussion:", *discussion(found)]) + "\n"

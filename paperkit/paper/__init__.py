"""The paper as a document: compile it as strictly as a publisher would, and show its tables."""

from paperkit.paper.compile import compile_pdf
from paperkit.paper.previews import table_previews

__all__ = ["compile_pdf", "table_previews"]

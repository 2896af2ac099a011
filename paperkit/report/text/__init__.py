"""Drafts of the paper's text: what follows from configurations, modules and runs, and no more.

plugged, places, expression -> method; info -> sources -> letters, notation -> method, symbols
settings -> implementation, dataset; statistics
"""

from paperkit.report.text.drafts import Drafts, drafts, open_places

__all__ = ["Drafts", "drafts", "open_places"]

"""The venues, under the name that the report's files know (their source is on the floor below)."""

from paperkit.project.venue import VENUES, Venue, find_venue

__all__ = ["VENUES", "Venue", "find_venue"]

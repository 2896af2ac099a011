"""The way out of a misspelt name: the nearest known one, or all of them."""

import difflib
from collections.abc import Iterable

__all__ = ["nearest"]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of an error message: "; did you mean 'design'?" or "; known: a, b".

    Args:
        name: What the user wrote.
        known: The names that would have been right, in the order in which they are listed.
    """
    names = list(known)
    folded = {candidate.casefold(): candidate for candidate in names}
    close = difflib.get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{folded[close[0]]}'?"
    return f"; known: {', '.join(names)}" if names else ""

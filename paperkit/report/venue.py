r"""Where the paper goes: the widths and font sizes that its tables and figures must fit.

Widths are those of the class files, measured (``\the\columnwidth`` after ``\maketitle``).
"""

import difflib
from dataclasses import dataclass

from paperkit.errors import UserError

__all__ = ["VENUES", "Venue", "find_venue"]


@dataclass(frozen=True)
class Venue:
    """A venue's page, in TeX points (72.27 to the inch).

    Attributes:
        column, text: Width of a column and of the whole text.
        base, small, script: Font sizes of the text, of tables and captions, of the smallest labels.
    """

    name: str
    column: float
    text: float
    base: float = 10.0
    small: float = 8.0
    script: float = 7.0


VENUES = {
    name: Venue(name, column=252.0, text=516.0) for name in ("ieee-conference", "ieee-journal")
}


def find_venue(name: str) -> Venue:
    """Return a venue by its name.

    Raises:
        UserError: Unknown; names the nearest.
    """
    if name in VENUES:
        return VENUES[name]
    near = difflib.get_close_matches(name, VENUES, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(VENUES))}"
    raise UserError(f"unknown venue '{name}'; {hint}")

r"""Where the paper goes: the widths and font sizes that its tables and figures must fit.

Widths, heights and sizes are those of the class files, measured (``\the\columnwidth`` after
``\maketitle``); cvpr's are those of its author kit.
"""

import difflib
from dataclasses import dataclass

from paperkit.errors import UserError

__all__ = ["VENUES", "Venue", "find_venue"]


@dataclass(frozen=True)
class Venue:
    r"""A venue's page, in TeX points (72.27 to the inch).

    Attributes:
        column, text: Width of a column and of the whole text.
        height: Height of the text.
        base, small, script: Font sizes of the text, of tables (\footnotesize), of the smallest
            labels (\scriptsize).
        stretch: How much wider than Times its letters are, at `small` and at `script`; Computer
            Modern grows wider as it gets smaller.
        skeleton: Whether the paper of a new project can be set for it.
    """

    name: str
    column: float
    text: float
    height: float
    base: float = 10.0
    small: float = 8.0
    script: float = 7.0
    stretch: tuple[float, float] = (1.0, 1.0)
    skeleton: bool = False


_MODERN = (1.12, 1.2)
_KNOWN = [
    Venue("ieee-conference", 252.0, 516.0, 672.0, skeleton=True),
    Venue("ieee-journal", 252.0, 516.0, 696.0, skeleton=True),
    Venue("lncs", 347.12, 347.12, 549.1, small=9.0, stretch=(1.09, 1.2)),
    Venue("elsarticle-3p", 468.0, 468.0, 622.0, stretch=_MODERN),
    Venue("elsarticle-5p", 252.0, 522.0, 682.0, stretch=_MODERN),
    Venue("cas-dc", 238.25, 494.5, 689.4, stretch=_MODERN),
    Venue("acmart-sigconf", 241.15, 506.3, 626.0, 9.0, 7.0, 6.0, stretch=(1.05, 1.05)),
    Venue("cvpr", 234.9, 496.9, 641.4),
]
VENUES = {venue.name: venue for venue in _KNOWN}


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

"""How figures look: settings for matplotlib by venue, as plain data that the caller applies.

Fonts are STIX, which matplotlib brings along and which goes with Times; TeX is never started.
Fonts are embedded as TrueType, because venues refuse matplotlib's default (Type 3). A figure has
exactly the width of the column or the text, so that no font is scaled when it is included.
"""

from typing import Any

from paperkit.project.venue import Venue

__all__ = ["BASE", "CYCLE", "FULL", "INCH", "figsize", "rc"]

INCH = 72.27  # TeX points
POINT = 72 / INCH  # matplotlib's points are larger

BASE: dict[str, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "text.usetex": False,
    "text.parse_math": False,  # a dollar in a display name is a dollar
    "axes.unicode_minus": True,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "paperkit",
    "savefig.bbox": None,
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    "savefig.dpi": 300,
}

# colour (Okabe-Ito), line, marker: any of the three tells two curves apart, also in grey print
CYCLE: list[tuple[str, Any, str]] = [
    ("#4D4D4D", "--", "o"),
    ("#0072B2", "-.", "s"),
    ("#009E73", ":", "^"),
    ("#CC79A7", (0, (5, 1, 1, 1, 1, 1)), "v"),
    ("#56B4E9", (0, (8, 2)), "P"),
    ("#E69F00", (0, (3, 1, 1, 1)), "X"),
    ("#000000", (0, (1, 2)), "<"),
]
FULL: tuple[str, Any, str] = ("#D55E00", "-", "D")


def rc(venue: Venue) -> dict[str, Any]:
    """Return the settings of a venue; apply them with matplotlib.rc_context.

    Labels are as large as captions, ticks and legends as the smallest text of the venue.
    """
    small, script = venue.small * POINT, max(6.0, venue.script) * POINT
    return BASE | {
        "font.size": small,
        "axes.labelsize": small,
        "axes.titlesize": small,
        "xtick.labelsize": script,
        "ytick.labelsize": script,
        "legend.fontsize": script,
        "legend.title_fontsize": script,
        "axes.linewidth": 0.5,
        "axes.labelpad": 2.0,
        "xtick.major.pad": 2.0,
        "ytick.major.pad": 2.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#DDDDDD",
        "grid.linewidth": 0.4,
        "lines.linewidth": 1.1,
        "lines.markersize": 3.0,
        "xtick.major.width": 0.5,
        "ytick.major.width": 0.5,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "legend.frameon": False,
        "legend.handlelength": 2.6,
    }


def figsize(points: float, ratio: float) -> tuple[float, float]:
    """Return width and height in inches of a figure `points` wide and `ratio` times as high."""
    return points / INCH, points / INCH * ratio

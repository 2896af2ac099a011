r"""Choose how a table is set, so that it fits the page and is never scaled.

In this order: the space between columns, the whole text width, the smallest font (\scriptsize);
then names in several lines, then turned or numbered heads, then panels one above the other.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from paperkit.project.venue import Venue
from paperkit.report.files.split import Panels, stacked, turned
from paperkit.report.files.table import Table
from paperkit.report.files.width import Setting, panels_height, panels_width
from paperkit.report.files.wrapped import wrapped

__all__ = ["Fit", "fit", "misfit"]

SURE = 0.96  # the estimate of the width is some percent off
FULL = 0.9  # of the page's height; the rest is for caption and notes
LINES = 3  # of a name; one that takes more in the column gets the whole text width
Change = Callable[[Table, Setting, float], Table]
Rung = tuple[Setting, bool]  # and whether it is for the whole text width


@dataclass(frozen=True)
class Fit:
    """How a table is set.

    Attributes:
        table: The table with its heads as they are set.
        panels: Its columns; several panels stand one above the other.
        setting: Font size and space between columns.
        width, height: Natural size in points.
        wide: Whether it needs the whole text width (table*).
        fits: Whether it fits at all.
    """

    table: Table
    panels: Panels
    setting: Setting
    width: float
    height: float
    wide: bool
    fits: bool


@lru_cache(maxsize=64)  # asked for the float's width, for warnings and for the file
def fit(table: Table, venue: Venue) -> Fit:
    """Choose the roomiest setting in which the table fits."""
    ladder = list(_ladder(venue))
    for change in (_unchanged, wrapped, turned):
        # what fits in neither of the two tightest fits in no roomier one; turned heads may
        if change is turned or any(_fitting(table, change, ladder[-2:], venue)):
            for shown, setting, wide in _fitting(table, change, ladder, venue):
                return _set(shown, (shown.printed,), setting, venue, wide=wide)
    room = _room(venue, wide=True)
    parted = [
        _set(shown, stacked(shown, setting, room), setting, venue, wide=True)
        for change in (wrapped, turned)
        for setting, wide in _ladder(venue)
        if wide
        for shown in [change(table, setting, room)]
    ]
    return min(parted, key=lambda how: (how.width > room, len(how.panels)))


def _fitting(
    table: Table, change: Change, ladder: Iterable[Rung], venue: Venue
) -> Iterator[tuple[Table, Setting, bool]]:
    """The settings in which the changed table fits."""
    for setting, wide in ladder:
        shown = change(table, setting, _room(venue, wide=wide))
        lines = max((cell.lines for column in shown.printed for cell in column.cells), default=1)
        width = panels_width([shown.printed], setting)
        crowded = lines > LINES and not wide and venue.column < venue.text
        if width <= _room(venue, wide=wide) and not crowded:
            yield shown, setting, wide


def _set(table: Table, panels: Panels, how: Setting, venue: Venue, *, wide: bool) -> Fit:
    width, height = panels_width(panels, how), panels_height(panels, how)
    fits = width <= _room(venue, wide=wide) and height <= FULL * venue.height
    return Fit(table, panels, how, width, height, wide, fits)


def _unchanged(table: Table, how: Setting, room: float) -> Table:  # noqa: ARG001
    return table


def _room(venue: Venue, *, wide: bool) -> float:
    return round(SURE * (venue.text if wide else venue.column), 3)


def _ladder(venue: Venue) -> Iterator[Rung]:
    """Settings from roomy to tight."""
    stretch, tight = venue.stretch
    small = [
        Setting("footnotesize", venue.small * stretch, venue.script * tight, gap)
        for gap in (6.0, 4.5, 3.0, 2.5)
    ]
    least = Setting("scriptsize", venue.script * tight, venue.script * tight, 3.0)
    for setting in small:
        yield setting, False
    for setting in [*small, least]:
        yield setting, True


def misfit(table: Table, venue: Venue) -> str | None:
    """Return what the author must know of a table that does not fit the page; None if it does."""
    how = fit(table, venue)
    if how.fits:
        return None
    size = f"{table.name} is about {how.width:.0f} pt wide and {how.height:.0f} pt high"
    return (
        f"{size}, the text {venue.text:.0f} pt by {venue.height:.0f} pt; "
        "print fewer metrics, data sets or rows"
    )

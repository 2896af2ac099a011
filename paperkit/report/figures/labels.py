"""Names in a figure: in lines that fit their place, because no figure is wider than its column."""

import textwrap

from paperkit.report.files.width import text_width

__all__ = ["LEADING", "drawn_width", "in_lines"]

LEADING = 1.1  # from one line to the next; matplotlib's own makes STIX half as wide again
STIX = 1.1  # some percent wider than the Times that is measured, on the safe side
THIN = 0.2  # em; of the thinnest letters


def drawn_width(text: str, size: float) -> float:
    """Return about how wide a line is, in points, at a font size in points."""
    return STIX * text_width(text, size)


def in_lines(text: str, width: float, size: float, *, most: int = 3) -> str:
    """Break a text into lines of at most `width`; what needs more than `most` ends in an ellipsis.

    Args:
        text: One line.
        width: Points.
        size: Of the font, in points.
        most: Lines.
    """
    longest = min(len(text), int(width / (THIN * size)) + 1)
    for letters in range(longest, 1, -1):
        lines = textwrap.wrap(text, letters, max_lines=most, placeholder="…")
        if all(drawn_width(line, size) <= width for line in lines):
            return "\n".join(lines)
    return text[:1]

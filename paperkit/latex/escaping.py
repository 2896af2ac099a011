"""Text that nobody vouches for -> LaTeX that prints it."""

import re
import unicodedata
from functools import lru_cache

from paperkit.latex.characters import ABOVE, ASCII, MARKS, OTHER, either
from paperkit.latex.source import Tex

__all__ = ["escape", "unprintable", "visible"]

HEXADECIMAL = "0123456789ABCDEF"
LINE = 1000  # characters: TeX refuses to read a line of more than 200,000 bytes
MARKED = 4  # marks on one letter: no language has more, and they nest
# they choose between two looks of the character before them, and have none of their own
_SELECTORS = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))


def escape(text: str) -> Tex:
    r"""Return `text` as LaTeX that prints it; Tex comes back unchanged.

    Control, format and unassigned characters (bidirectional overrides, zero widths, NUL) and
    variation selectors are dropped, as is the fifth mark on a letter; white space is collapsed to
    single spaces, ligatures (--, ,,) are broken up.

    >>> escape("Ours_v2 & 50%")
    'Ours\\_v2 \\& 50\\%'
    """
    return text if isinstance(text, Tex) else _escaped(text)


@lru_cache(maxsize=4096)  # names of methods and classes stand in every table
def _escaped(text: str) -> Tex:
    pieces: list[str] = []
    for at, cluster in enumerate(_clean(text), 1):
        piece = _piece(cluster)
        if pieces and piece[:1] in "-," and pieces[-1].endswith(piece[:1]):
            pieces.append("{}")
        if pieces and pieces[-1].startswith("U+") and piece[:1] in HEXADECIMAL:
            pieces.append("{}")  # U+304C before a 0 is not U+304C0
        if at % LINE == 0 and piece != " ":
            pieces.append("%\n")
        pieces.append(piece)
    return Tex("".join(pieces))


def visible(text: str) -> str:
    """Return what `escape` prints of a text, as text: for figures, which are not LaTeX."""
    return "".join(_clean(text))


def unprintable(text: str) -> list[str]:
    """Return the characters of `text` that `escape` can only show as U+XXXX, each once, sorted."""
    return sorted({c for c in _clean(text) if _piece(c).startswith("U+")})


def _clean(text: str) -> list[str]:
    """Clusters of one base character and its combining marks."""
    composed = unicodedata.normalize("NFC", text)
    spaced = re.sub(r"\s+", " ", composed).strip()
    kept = "".join(c for c in spaced if unicodedata.category(c)[0] != "C" and c not in _SELECTORS)
    clusters: list[str] = []
    for char in kept:
        if clusters and unicodedata.combining(char):
            clusters[-1] += char if len(clusters[-1]) <= MARKED else ""
        else:
            clusters.append(char)
    return clusters


def _piece(cluster: str) -> str:
    if len(cluster) == 1:
        if cluster in OTHER:
            return OTHER[cluster]
        if cluster.isascii():
            return ASCII.get(cluster, cluster)
    accented = _accented(unicodedata.normalize("NFD", cluster))
    if accented is not None:
        return accented
    simpler = unicodedata.normalize("NFKC", cluster)
    if simpler != cluster:
        return "".join(_piece(c) for c in _clean(simpler))
    if len(cluster) > 1:
        return "".join(_piece(c) for c in cluster)
    return f"U+{ord(cluster):04X}"


def _accented(decomposed: str) -> str | None:
    """An ASCII or Greek letter with marks; None where the base or a mark is another."""
    base, marks = decomposed[0], decomposed[1:]
    if not marks or any(mark not in MARKS for mark in marks):
        return None
    if base in OTHER:  # Greek with tonos: the accent has no form in text mode
        return OTHER[base]
    if not (base.isascii() and base.isalpha()):
        return None
    tex = base
    for mark in marks:
        command = MARKS[mark]
        if command in ABOVE and tex == "i":
            tex = f"\\{tex}"  # the accent replaces the dot
        tex = either(r"\k", tex, tex) if command == r"\k" else f"{command}{{{tex}}}"
    return tex

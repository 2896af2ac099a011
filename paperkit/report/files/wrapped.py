r"""Break the names in a table's columns of text into lines.

A line may end at a space, and in words that are too wide for it: after a sign that another part
follows (encoder-/decoder), where TeX hyphenates, and in what is no word of a language before a
capital (DeepLab-V3-Plus-Mobile-Net), or after every sixth letter where there is none.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from paperkit.latex import Tex, escape, tex, tex_key
from paperkit.report.files.plain import plain_text
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.width import Setting, column_widths, text_width

__all__ = ["share", "wrapped"]

NARROW = 0.3  # of the room: what columns of text always have
_CITE = "[00]"
_BREAK, _HYPHEN, _TIE = Tex(r"\hspace{0pt}"), Tex(r"\-"), Tex("~")
_SYLLABLE, _WORD = 6, 20  # letters; TeX knows where to break a word of a language, if it is no name
_OPEN = r"[(\[{<]"
# after a sign between letters, and before a bracket
_PART = re.compile(rf"(?<=[^\W_][\W_])(?<!{_OPEN})(?=[^\W_]|{_OPEN})|(?<=[^\W_])(?={_OPEN})")
_LEAST = re.compile(rf"{_OPEN}?[^\W_]{{1,{_SYLLABLE}}}|[\W_]")
# not after one letter: U-Net is another network than UNet
_CAPITAL = re.compile(r"(?<=[a-z]{2}|[a-z]\d)(?=[A-Z])")
_PLAIN = re.compile(rf"[A-Za-z]?[a-z]{{1,{_WORD}}}")
Parts = list[str]  # of a word, which may be broken between them


def wrapped(table: Table, how: Setting, room: float) -> Table:
    """Break the names in columns of text into lines where the table is wider than `room`."""
    widths = column_widths([table.printed], how)
    texts = [width for width, c in zip(widths, table.printed, strict=True) if c.align == "l"]
    others = sum(widths) - sum(texts) + 2 * how.separation * (len(widths) - 1)
    limit = share(max(room - others, NARROW * room), sorted(texts))
    columns = [_broken(c, how, limit) if c.align == "l" else c for c in table.columns]
    return replace(table, columns=tuple(columns))


def share(room: float, widths: list[float]) -> float:
    """Return how wide a column may be when narrower ones keep their width.

    Args:
        room: Points for all of them.
        widths: That they would take, from the narrowest to the widest.
    """
    limit = room
    for left, width in zip(range(len(widths), 0, -1), widths, strict=True):
        limit = room / left
        room -= min(width, limit)
    return limit


def _broken(column: Column, how: Setting, limit: float) -> Column:
    cells = [_paragraph(cell, how, limit) for cell in column.cells]
    return replace(column, head=_paragraph(column.head, how, limit), cells=tuple(cells))


def _paragraph(cell: Cell, how: Setting, limit: float) -> Cell:
    if text_width(cell.plain, how.size) <= limit:
        return cell
    room = max(limit - how.size, how.size)  # all lines but the first are indented by 1 em
    source, words = _divided(cell, room, how.size)
    box = tex(
        r"\parbox[t]{#1pt}{\raggedright\hangindent=1em\relax #2\nobreak\strut}",
        tex_key(f"{limit:.1f}"),
        source,
    )
    return replace(cell, tex=box, width=limit, lines=_count(words, limit, room, how.size))


def _divided(cell: Cell, room: float, size: float) -> tuple[Tex, list[Parts]]:
    """A cell as LaTeX that may be broken, and its words."""
    name, cite = _cited(cell.tex)
    if name is None:  # it is more than a name
        return cell.tex, [_parts(word, room, size) for word in cell.plain.split(" ")]
    words = [_parts(word, room, size) for word in name.split(" ")]
    source = Tex(" ").join(map(_joined, words))
    if not cite:
        return source, words
    tied = text_width(f"{words[-1][-1]} {_CITE}", size) <= room
    return source + (_TIE if tied else Tex(" ")) + cite, [*words, [_CITE]]


def _cited(source: Tex) -> tuple[str | None, Tex]:
    r"""A name as text and its \cite; None where the source is more than that."""
    match = re.fullmatch(r"(.*?)(?:~\\cite\{([^{}]*)\})?", source, re.S)
    name, keys = match.groups() if match else (source, None)
    cite = Tex("")
    if keys:
        cite = tex(r"\cite{#1}", Tex(",").join(tex_key(key) for key in keys.split(",")))
    text = plain_text(name)
    whole = escape(text) + _TIE + cite if keys else escape(text)
    return (text if whole == source else None), cite


def _parts(word: str, room: float, size: float) -> Parts:
    """The parts of a word, one where it fits into a line."""
    if text_width(word, size) <= room or any(map(unicodedata.combining, word)):
        return [word]
    found: Parts = []
    for part in _PART.split(word):
        if _PLAIN.fullmatch(part.strip("()[]{},;.:-")):
            found.append(part)
            continue
        whole = [part] if text_width(part, size) <= room else _CAPITAL.split(part)
        for one in whole:
            found += [one] if text_width(one, size) <= room else _LEAST.findall(one)
    return found


def _joined(parts: Parts) -> Tex:
    r"""A word as LaTeX. \hspace lets TeX hyphenate what follows; \mbox keeps a hyphen in a line."""
    if len(parts) == 1:
        word = escape(parts[0])
        return tex(r"\mbox{#1}", word) if "-" in word else tex(r"\hspace{0pt}#1", word)
    found = Tex("")
    for before, part in zip(["", *parts], parts, strict=False):
        inside = before[-1:].isalnum() and part[:1].isalnum()
        found += (_HYPHEN if inside else _BREAK) + escape(part)
    return found


def _count(words: Sequence[Parts], limit: float, room: float, size: float) -> int:
    """How many lines words take, the first of which is `limit` wide, the others `room`."""
    lines, left, line = 1, limit, 0.0
    for word in words:
        for at, part in enumerate(word):
            width = text_width(part if at or not line else f" {part}", size)
            if line and width > left:
                width, lines, left = text_width(part, size), lines + 1, room
            more = ceil(max(width - left, 0.0) / room)  # TeX hyphenates it
            line, lines, left = width, lines + more, left + more * room - width
    return lines

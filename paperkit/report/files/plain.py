r"""Our own LaTeX back to Unicode, for readers who do not run TeX: Markdown, Word, Excel.

The table of characters is `escape` read backwards, so the two cannot drift apart: what `escape`
knows comes back, apart from look-alikes that print the same glyph (a Greek capital Alpha is an A).
"""

import re
import unicodedata
from functools import lru_cache

from paperkit.latex import escape

__all__ = ["SIGNS", "plain_text"]

SIGNS = {"method": "*", "checkpoints": "†", "noise": "∘"}
_WORDS = {"pkyes": "✓", "pkno": "", "pkstd": " ± "} | {f"pk{k}": v for k, v in SIGNS.items()}
_RANGES = [(0x21, 0x250), (0x370, 0x400), (0x1E00, 0x1F00), (0x2010, 0x2300)]
_MARKS = range(0x300, 0x370)
_RAISED = dict(zip("0123456789+-()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ", strict=True))
_LOWERED = dict(zip("0123456789+-()", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎", strict=True))
_ACCENT = re.compile(r"(\\(?:[A-Za-z]|[^A-Za-z\s]))\{")
_TOKEN = re.compile(
    r"(?P<unknown>U\+[0-9A-F]{4,6})|(?P<script>[\^_])(?:\{(?P<group>[^{}]*)\}|(?P<one>[^{}\\]))"
    r"|\\cite\{(?P<cite>[^{}]*)\}|\\(?:phantom|vphantom)\{[^{}]*\}|\\(?P<word>[A-Za-z]+) ?(?:\{\})?"
    r"|(?P<dash>---?)|(?P<space>~|\\[, ])|[{}$]|(?P<char>.)",
    re.S,
)


@lru_cache(maxsize=4096)  # Markdown, Word and Excel ask for the same cells
def plain_text(source: str) -> str:
    r"""Return what a reader sees of LaTeX that paperkit wrote.

    >>> plain_text(escape("Ours_v2 & 50%"))
    'Ours_v2 & 50%'
    """
    pieces, at, in_math = [], 0, False
    while at < len(source):
        if source[at] in "\\{" and (known := _longest(source, at)):
            pieces.append(_table()[known])
            at += len(known)
        elif (accent := _ACCENT.match(source, at)) and accent[1] in _accents():
            end = _closing(source, accent.end())
            pieces.append(plain_text(source[accent.end() : end]) + _accents()[accent[1]])
            at = end + 1
        elif token := _TOKEN.match(source, at):
            text = _said(token)
            in_math ^= token[0] == "$"
            pieces.append("−" if in_math and text == "-" else text)
            # of a code, some of the digits that were matched may be text that follows it
            at += len(escape(text)) if token["unknown"] else len(token[0])
    return " ".join(unicodedata.normalize("NFC", "".join(pieces)).split())


def _closing(source: str, at: int) -> int:
    """Where the brace ends that is open at `at`."""
    depth = 1
    while at < len(source) and depth:
        depth += {"{": 1, "}": -1}.get(source[at], 0)
        at += 1
    return at - 1


def _said(token: re.Match[str]) -> str:
    if token["unknown"]:
        return _unknown(token["unknown"])
    if token["script"]:
        table = _RAISED if token["script"] == "^" else _LOWERED
        return "".join(table.get(char, char) for char in token["group"] or token["one"] or "")
    if token["cite"]:
        return f"[{', '.join(token['cite'].split(','))}]"
    if token["word"]:
        return _WORDS.get(token["word"], _maths().get(token["word"], ""))
    if token["dash"]:
        return "–" if len(token["dash"]) == 2 else "—"
    return " " if token["space"] else token["char"] or ""


def _unknown(code: str) -> str:
    """The character that `escape` shows by its code; "U+" where it is only text that looks so."""
    for end in range(len(code), 5, -1):
        value = int(code[2:end], 16)
        if value < 0x110000 and escape(chr(value)) == code[:end]:
            return chr(value)
    return "U+"


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    """Characters by their LaTeX; of several the one that is not made of another."""
    known = [chr(code) for first, end in _RANGES for code in range(first, end)]
    found: dict[str, str] = {}
    for char in sorted(known, key=lambda c: unicodedata.normalize("NFKD", c) != c):
        tex = str(escape(char))
        if tex[:1] in ("\\", "{"):
            found.setdefault(tex, char)
    return found


@lru_cache(maxsize=1)
def _accents() -> dict[str, str]:
    """Combining marks by their command."""
    found = {}
    for mark in map(chr, _MARKS):
        tex = str(escape(f"x{mark}"))
        if tex.startswith("\\") and tex.endswith("{x}"):
            found[tex.removesuffix("{x}")] = mark
    return found


@lru_cache(maxsize=1)
def _maths() -> dict[str, str]:
    r"""Characters by a word of mathematics: \times."""
    inside = ((re.fullmatch(r"\\ensuremath\{\\(\w+)\}", tex), c) for tex, c in _table().items())
    return {match[1]: char for match, char in inside if match}


@lru_cache(maxsize=1)
def _lengths() -> list[int]:
    return sorted({len(tex) for tex in _table()}, reverse=True)


def _longest(source: str, at: int) -> str | None:
    """The longest LaTeX of a character that stands at `at`."""
    parts = (source[at : at + length] for length in _lengths())
    return next((part for part in parts if part in _table()), None)

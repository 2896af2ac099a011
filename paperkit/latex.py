r"""Turn text and numbers that nobody vouches for into LaTeX that compiles and shows them.

Names of runs, classes and authors, and the metadata of third-party modules, are data: a name like
``\input{/etc/passwd}`` must be printed, never obeyed. `escape` therefore knows every character it
lets through; its result is ASCII, the same in OT1 and T1, with pdfLaTeX, XeLaTeX and LuaLaTeX, and
needs no package. What has no such form (Chinese, emoji) is printed as ``U+4E2D``: visible, so that
nobody overlooks it; `unprintable` names those characters for a warning.

Standard library only. Numbers are formatted from floats, never from strings in a log.
"""

import hashlib
import math
import re
import unicodedata
from decimal import ROUND_HALF_EVEN, Context, Decimal

__all__ = ["MISSING", "Tex", "escape", "number", "rounded", "slug", "unprintable"]


class Tex(str):
    """LaTeX source: text that has been escaped, or that our own code wrote."""

    __slots__ = ()


MISSING = Tex("--")

# \textquotesingle and \textasciigrave: a plain ' or ` would print as a curly quote. {[} and {*}:
# after \\ a bracket is a length and a star is eaten.
_ASCII = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"{\char34}",
    "`": r"\textasciigrave{}", "'": r"\textquotesingle{}", "*": "{*}", "[": "{[}", "]": "{]}",
}  # fmt: skip

_MARKS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0304": r"\=",
    "\u0306": r"\u", "\u0307": r"\.", "\u0308": r"\"", "\u030a": r"\r", "\u030b": r"\H",
    "\u030c": r"\v", "\u0323": r"\d", "\u0327": r"\c", "\u0328": r"\k", "\u0331": r"\b",
}  # fmt: skip

_ABOVE = set(_MARKS.values()) - {r"\d", r"\c", r"\k", r"\b"}

_TEXT = {
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}",
    "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "ȷ": r"\j{}", "‐": "-", "‑": "-",
    "‒": r"\textendash{}", "–": r"\textendash{}", "—": r"\textemdash{}", "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}", "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}",
    "…": r"\textellipsis{}", "•": r"\textbullet{}", "§": r"\textsection{}",
    "¶": r"\textparagraph{}", "©": r"\textcopyright{}", "®": r"\textregistered{}",
    "™": r"\texttrademark{}", "°": r"\textdegree{}", "€": r"\texteuro{}", "£": r"\textsterling{}",
    "¥": r"\textyen{}", "¢": r"\textcent{}", "¡": r"\textexclamdown{}",
    "¿": r"\textquestiondown{}",
}  # fmt: skip

# letters that only T1 has: asked of the encoding in use, so that OT1 degrades instead of failing
_T1_ONLY = {
    "đ": (r"\dj", "d"),
    "Đ": (r"\DJ", "D"),
    "ð": (r"\dh", "d"),
    "Ð": (r"\DH", "D"),
    "þ": (r"\th", "th"),
    "Þ": (r"\TH", "Th"),
    "ŋ": (r"\ng", "ng"),
    "Ŋ": (r"\NG", "Ng"),
    "«": (r"\guillemotleft", r"\ensuremath{\ll}"),
    "»": (r"\guillemotright", r"\ensuremath{\gg}"),
}

_GREEK = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "varsigma", "sigma", "tau", "upsilon",
    "phi", "chi", "psi", "omega",
]  # fmt: skip

_MATH = {
    "×": r"\times", "÷": r"\div", "±": r"\pm", "∓": r"\mp", "−": "-", "·": r"\cdot", "∙": r"\cdot",
    "∘": r"\circ", "∗": r"\ast", "¬": r"\neg", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq",
    "≈": r"\approx", "≡": r"\equiv", "∼": r"\sim", "≃": r"\simeq", "∝": r"\propto", "≪": r"\ll",
    "≫": r"\gg", "∞": r"\infty", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\surd",
    "∂": r"\partial", "∇": r"\nabla", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset",
    "⊆": r"\subseteq", "∩": r"\cap", "∪": r"\cup", "∅": r"\emptyset", "∀": r"\forall",
    "∃": r"\exists", "∧": r"\wedge", "∨": r"\vee", "⊕": r"\oplus", "⊗": r"\otimes", "⊙": r"\odot",
    "←": r"\leftarrow", "→": r"\rightarrow", "↑": r"\uparrow", "↓": r"\downarrow",
    "↔": r"\leftrightarrow", "⇐": r"\Leftarrow", "⇒": r"\Rightarrow", "⇔": r"\Leftrightarrow",
    "ℓ": r"\ell", "ℝ": r"\mathbf{R}", "†": r"\dagger", "‡": r"\ddagger", "′": r"{}^{\prime}",
    "∥": r"\parallel", "⊥": r"\perp", "ϵ": r"\epsilon", "ϕ": r"\phi", "ϑ": r"\vartheta",
}  # fmt: skip

_CAPITALS = [
    "gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon",
    "phi", "psi", "omega",
]  # fmt: skip
_LOOKS_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX", strict=True))
_SCRIPT = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ", "0123456789+-()n", strict=True))
_SUBSCRIPT = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎", "0123456789+-()", strict=True))


def _tables() -> dict[str, str]:
    table = dict(_TEXT)
    table.update({char: rf"\ensuremath{{{tex}}}" for char, tex in _MATH.items()})
    for shift, name in enumerate(_GREEK):
        small, large = chr(0x3B1 + shift), chr(0x391 + shift)
        tex = "o" if name == "omicron" else f"\\{name}"
        table[small] = rf"\ensuremath{{{tex}}}"
        if name in _CAPITALS:
            table[large] = rf"\ensuremath{{\{name.capitalize()}}}"
    table.update(_LOOKS_LATIN)
    table.update({char: rf"\textsuperscript{{{tex}}}" for char, tex in _SCRIPT.items()})
    table.update({char: rf"\ensuremath{{_{{{tex}}}}}" for char, tex in _SUBSCRIPT.items()})
    table.update({char: _either(*pair) for char, pair in _T1_ONLY.items()})
    return table


def _either(command: str, otherwise: str, argument: str = "") -> str:
    """Write `command` where the font encoding in use has it, else `otherwise`."""
    has = rf"\ifcsname\csname cf@encoding\endcsname\string{command}\endcsname"
    return rf"{has}{command}{{{argument}}}\else {otherwise}\fi{{}}"


_OTHER = _tables()


def escape(text: str) -> Tex:
    r"""Return `text` as LaTeX that prints it; Tex comes back unchanged.

    Control, format and unassigned characters (bidirectional overrides, zero widths, NUL) are
    dropped, white space is collapsed to single spaces, ligatures (--, ,,) are broken up.

    >>> escape("Ours_v2 & 50%")
    'Ours\\_v2 \\& 50\\%'
    """
    if isinstance(text, Tex):
        return text
    pieces: list[str] = []
    clusters = _clean(text)
    for at, cluster in enumerate(clusters):
        piece = cluster if _is_apostrophe(clusters, at) else _piece(cluster)
        if pieces and piece[:1] in "-," and pieces[-1].endswith(piece[:1]):
            pieces.append("{}")
        pieces.append(piece)
    return Tex("".join(pieces))


def _is_apostrophe(clusters: list[str], at: int) -> bool:
    """Between letters, as in Crohn's, ' is typeset; anywhere else it is the character itself."""
    inside = clusters[at] == "'" and 0 < at < len(clusters) - 1
    return inside and clusters[at - 1].isalpha() and clusters[at + 1].isalpha()


def unprintable(text: str) -> list[str]:
    """Return the characters of `text` that `escape` can only show as U+XXXX, each once, sorted."""
    return sorted({c for c in _clean(text) if _piece(c).startswith("U+")})


def _clean(text: str) -> list[str]:
    """Clusters of one base character and its combining marks."""
    composed = unicodedata.normalize("NFC", text)
    spaced = re.sub(r"\s+", " ", composed).strip()
    kept = "".join(c for c in spaced if unicodedata.category(c)[0] != "C")
    clusters: list[str] = []
    for char in kept:
        if clusters and unicodedata.combining(char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _piece(cluster: str) -> str:
    if len(cluster) == 1:
        if cluster in _OTHER:
            return _OTHER[cluster]
        if cluster.isascii():
            return _ASCII.get(cluster, cluster)
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
    if not marks or any(mark not in _MARKS for mark in marks):
        return None
    if base in _OTHER:  # Greek with tonos: the accent has no form in text mode
        return _OTHER[base]
    if not (base.isascii() and base.isalpha()):
        return None
    tex = base
    for mark in marks:
        command = _MARKS[mark]
        if command in _ABOVE and tex in ("i", "j"):
            tex = f"\\{tex}"  # the accent replaces the dot
        tex = _either(r"\k", tex, tex) if command == r"\k" else f"{command}{{{tex}}}"
    return tex


def rounded(value: float | None, decimals: int = 2, *, percent: bool = False) -> str | None:
    """Return `value` with fixed decimals, as a reader would round its shortest decimal form.

    Args:
        value: None, NaN and infinities are missing.
        decimals: Digits after the point.
        percent: Multiply by 100, exactly (0.285 is 28.5, not 28.499999999999996).

    Returns:
        ASCII digits with "-" for negative numbers, never "-0.00"; None where it is missing.
    """
    if value is None or not math.isfinite(value):
        return None
    context = Context(prec=800)
    exact = Decimal(repr(float(value))).scaleb(2 if percent else 0, context=context)
    fixed = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN, context=context)
    return f"{abs(fixed) if fixed == 0 else fixed:f}"


def number(
    value: float | None, decimals: int = 2, *, percent: bool = False, sign: bool = False
) -> Tex:
    """Return a number for a table or for text: fixed decimals, a true minus, -- where missing.

    >>> number(-0.0123, percent=True)
    '$-$1.23'
    """
    digits = rounded(value, decimals, percent=percent)
    if digits is None:
        return MISSING
    if digits.startswith("-"):
        return Tex(f"$-${digits[1:]}")
    return Tex(f"+{digits}" if sign else digits)


def slug(text: str) -> str:
    """Return a name for files and labels: [a-z0-9-] only, distinct for distinct texts.

    A text that already is one stays; any other gets six digits of its hash.
    """
    if len(text) <= 60 and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{words}-{digest}" if words else digest

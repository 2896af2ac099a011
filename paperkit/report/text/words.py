"""Numbers and lists as a sentence has them."""

import math
from collections.abc import Iterable

from paperkit.latex import Tex, escape, is_tex_key, rounded, slug, tex, tex_key

__all__ = ["count", "integer", "listed", "plain_number", "sentence", "todo"]

_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
_MILLION = 10**6


def listed(parts: Iterable[str | int]) -> Tex:
    """Return "a, b and c"; what is no Tex is escaped."""
    *first, last = [tex("#1", part) for part in parts] or [Tex("")]
    return tex("#1 and #2", Tex(", ").join(first), last) if first else last


def count(n: int, what: str, many: str = "") -> Tex:
    """Return "one image", "two images", "13 images"."""
    words = _WORDS.split()
    shown = words[n] if 0 <= n < len(words) else integer(n)
    return tex("#1 #2", shown, what if n == 1 else many or f"{what}s")


def integer(n: int) -> str:
    """Return 541,956, and millions with two decimals: 31.04 million."""
    if abs(n) >= 10 * _MILLION:
        return f"{rounded(n / _MILLION, 2)} million"
    return f"{n:,}"


def plain_number(value: float) -> Tex:
    r"""Return a setting as people write it: 0.05, 60, $10^{-4}$, $3\times10^{-3}$."""
    if not math.isfinite(value):
        return escape(str(value))
    if value == 0 or 0.01 <= abs(value) < 10**5:
        return escape(f"{value:.10g}")
    mantissa, _, exponent = f"{value:.5e}".partition("e")
    factor = mantissa.rstrip("0").rstrip(".")
    if factor == "1":
        return tex("$10^{#1}$", int(exponent))
    return tex(r"$#1\times10^{#2}$", factor, int(exponent))


def sentence(parts: Iterable[Tex]) -> Tex:
    """Return the clauses as sentences: each ends with a full stop and begins with a capital."""
    return Tex(" ").join([_whole(part) for part in parts if part])


def todo(key: str, question: str | Tex) -> Tex:
    r"""Return a place that the author must write; \pkwrite{key}{...} fills it."""
    return tex(r"\pktodo[#1]{#2}", tex_key(key if is_tex_key(key) else slug(key)), question)


def _whole(part: Tex) -> Tex:
    ended = part.endswith(".") or part.startswith("\\pktodo")
    return part if ended else tex("#1.", part)

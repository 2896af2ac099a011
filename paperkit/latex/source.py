r"""LaTeX source as a type, so that no other string can reach a file of the paper.

- `escape(text)` turns text into Tex; `tex(r"\textbf{#1}~\cite{#2}", name, tex_key(cite))` fills a
  template that stands in our own source; `Tex.join` and `+` put Tex together and refuse a str.
- `Tex(...)` itself is called with literals only, outside of this room (tests/house states it).
- Everything else that one can do to a string (f-string, %, slicing, replace) gives a plain str,
  which is escaped or refused: a forgotten type is seen, never obeyed.
"""

from collections.abc import Iterable
from typing import NoReturn

__all__ = ["MISSING", "Tex", "only_tex"]


class Tex(str):
    """LaTeX source: text that has been escaped, or a literal of our own code."""

    __slots__ = ()

    def __add__(self, other: "Tex") -> "Tex":  # type: ignore[override]
        return Tex(str.__add__(self, only_tex(other)))

    def __radd__(self, other: str) -> NoReturn:  # of a plain str: Tex + Tex never comes here
        raise TypeError(_refusal(other))

    def join(self, parts: Iterable["Tex"]) -> "Tex":  # type: ignore[override]
        """Join Tex with this between; raises TypeError where a part is no Tex."""
        return Tex(str.join(self, [only_tex(part) for part in parts]))


def only_tex(text: str) -> Tex:
    """Return `text`; whatever writes LaTeX asks this of what it is given.

    Raises:
        TypeError: It is a plain str, which nobody has escaped: a mistake in our code.
    """
    if not isinstance(text, Tex):
        raise TypeError(_refusal(text))
    return text


def _refusal(text: str) -> str:
    return f"a plain string is no LaTeX; escape() or tex() first: {text[:60]!r}"


MISSING = Tex("--")

r"""Templates: the literal part is LaTeX, whatever is filled in is escaped unless it is Tex."""

import re

from paperkit.latex.escaping import escape
from paperkit.latex.source import Tex

__all__ = ["tex"]

_PLACE = re.compile(r"#(.?)", re.S)


def tex(template: str, *arguments: str | int) -> Tex:
    r"""Fill #1 to #9 of a template, as \newcommand does; ## is a #.

    Args:
        template: A literal of our own source, never text from elsewhere (tests/house states it).
        arguments: Text is escaped, Tex stays; a name that TeX looks up goes through `tex_key`.

    Raises:
        ValueError: A place without an argument, or an argument without a place.

    >>> tex(r"\textbf{#1}~\cite{#2}", "Ours_v2 & SE", Tex("hu2018"))
    '\\textbf{Ours\\_v2 \\& SE}~\\cite{hu2018}'
    """
    filled = {
        str(n): escape(str(a) if isinstance(a, int) else a) for n, a in enumerate(arguments, 1)
    }
    places = set(_PLACE.findall(template)) - {"#"}
    if places != set(filled):
        raise ValueError(
            f"{template!r} has the places {sorted(places)}, but {len(filled)} arguments"
        )
    return Tex(_PLACE.sub(lambda match: filled.get(match[1], "#"), template))

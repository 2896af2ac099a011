r"""Names that TeX or the file system looks up instead of printing them."""

import hashlib
import re
import unicodedata

from paperkit.latex.source import Tex

__all__ = ["is_tex_key", "slug", "tex_key"]

# no character that TeX acts on, in any encoding, none that BibTeX or \cite splits at
_KEY = re.compile(r"[A-Za-z0-9:_.+/@=-]+")


def is_tex_key(text: str) -> bool:
    r"""Return whether `text` may stand in \cite, \label, \csname and in a file name."""
    return _KEY.fullmatch(text) is not None


def tex_key(text: str) -> Tex:
    r"""Return `text` as it is, for \cite{#1}, \csname, \label and \input: it is looked up.

    Raises:
        ValueError: It has a character that TeX acts on; ask `is_tex_key` where that can happen.
    """
    if not is_tex_key(text):
        raise ValueError(
            f"{text[:60]!r} cannot be a key in LaTeX: letters, digits, : _ . + / @ = -"
        )
    return Tex(text)


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

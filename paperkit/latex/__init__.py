r"""Turn text and numbers that nobody vouches for into LaTeX that compiles and shows them.

Names of runs, classes and authors, and the metadata of third-party modules, are data: a name like
``\input{/etc/passwd}`` must be printed, never obeyed. `escape` therefore knows every character it
lets through; its result is ASCII, the same in OT1 and T1, with pdfLaTeX, XeLaTeX and LuaLaTeX, and
needs no package (LaTeX of 2020 or later). What has no such form (Chinese, emoji) is printed as
``U+4E2D``: visible, so that nobody overlooks it; `unprintable` names them for a warning.

In T1 all of Basic Latin and Latin-1 (but U+00AD) is read back from the page as it was written, in
OT1 all but ``" ^ _ ~`` and eleven letters and signs; tests/latex/test_escape_fuzz.py lists what
degrades in either. `Tex` is the type of what may be written into a .tex file; see source.py.

Standard library only. Numbers are formatted from floats, never from strings in a log.
"""

from paperkit.latex.escaping import escape, unprintable, visible
from paperkit.latex.keys import is_tex_key, slug, tex_key
from paperkit.latex.numbers import number, rounded
from paperkit.latex.source import MISSING, Tex, only_tex
from paperkit.latex.template import tex

__all__ = [
    "MISSING",
    "Tex",
    "escape",
    "is_tex_key",
    "number",
    "only_tex",
    "rounded",
    "slug",
    "tex",
    "tex_key",
    "unprintable",
    "visible",
]

"""The table of all symbols of a method: each letter once, with what it means and who uses it."""

from collections.abc import Sequence

from paperkit.latex import Tex, tex
from paperkit.latex.maths import maths_tex, read_maths
from paperkit.report.text.letters import letters, twins
from paperkit.report.text.method import explained
from paperkit.report.text.notation import SHARED, Written

__all__ = ["symbols_tex"]

_SHAPES = {
    r"\mathbf{x}": Tex(r", $C\times H\times W$"),
    r"\mathbf{s}": Tex(r", $C\times H\times W$"),
    r"\mathbf{y}": Tex(""),
}


def symbols_tex(modules: Sequence[Written]) -> Tex:
    """Return a tabular of symbol, meaning and the marks of the modules that use it."""
    rows: dict[tuple[Tex, Tex], list[str]] = {}
    for module in modules:
        used = {name for name, _ in letters(module.source.equation)}
        for letter, meaning in SHARED.items():
            if twins(letter, used) & used and letter not in module.marks:
                shown = tex("#1#2", meaning, _SHAPES[letter])
                rows.setdefault((tex("$#1$", maths_tex(read_maths(letter))), shown), []).append(
                    module.source.mark
                )
    for module in modules:
        for symbols, meaning in explained(module):
            if symbols not in {symbol for symbol, text in rows if text != meaning}:
                rows.setdefault((symbols, meaning), []).append(module.source.mark)
    lines = [
        tex(
            r"\raggedright #1 & \raggedright #2 & \raggedright #3 \tabularnewline",
            symbol,
            meaning,
            ", ".join(dict.fromkeys(used)),
        )
        for (symbol, meaning), used in rows.items()
    ]
    return Tex("\n").join([_HEAD, *lines, _FOOT])


_HEAD = Tex(
    "\\begin{tabular}{@{}p{0.25\\columnwidth}p{0.43\\columnwidth}p{0.2\\columnwidth}@{}}\n"
    "\\toprule\nSymbol & Meaning & Used in \\\\\n\\midrule"
)
_FOOT = Tex("\\bottomrule\n\\end{tabular}\n")

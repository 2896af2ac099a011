r"""What of LaTeX source is prose: everything else is blanked, positions stay.

Blanked: the preamble and what follows \end{document}, drawings, display formulas, bibliographies
and listings; arguments of commands that set no text (\label, \cite, \includegraphics, lengths,
colours, \pk); optional arguments; lengths.
"""

import re

__all__ = ["prose"]

_AROUND = re.compile(r"\A.*?\\begin\{document\}|\\end\{document\}.*\Z", re.S)
_ENVIRONMENTS = re.compile(
    r"\\begin\{(tikzpicture|axis|equation\*?|align\*?|gather\*?|multline\*?|eqnarray\*?"
    r"|thebibliography|filecontents\*?|algorithm\*?|algorithmic)\}.*?\\end\{\1\}"
    r"|\\\[.*?\\\]|(?<!\\)\$\$.*?\$\$",
    re.S,
)
_SETS_NO_TEXT = (
    r"pk|pk(?!if\b)\w+|label|\w*ref|\w*cite\w*|input|include|includegraphics|includesvg"
    r"|graphicspath|InputIfFileExists|bibliography|bibliographystyle|usepackage|documentclass"
    r"|url|path|vspace|hspace|setlength|addtolength|rule|raisebox|resizebox|scalebox|adjustbox"
    r"|definecolor|color|textcolor|cellcolor|rowcolor|columncolor|fontsize|linespread|setcounter"
    r"|begin|end|hypersetup|geometry|arraystretch|renewcommand|newcommand|providecommand|def"
    r"|DeclareMathOperator|cmidrule|cline|multirow|parbox|makebox|hskip|vskip|kern|arxiv|doi"
)
# arguments go, but for the text of those that set the last one
_GROUP = r"(?:\[[^\[\]]*\]|\{[^{}]*\})"
_COMMANDS = re.compile(
    r"\\(?:pkif|IfFileExists)\s*\{[^{}]*\}|\\cmidrule\s*\([^()]*\)"
    rf"|\\(?:{_SETS_NO_TEXT})\*?(?![A-Za-z])(?:\s*{_GROUP}{_GROUP}*)?"
)
_KEEPS_LAST = re.compile(
    r"\\(?:textcolor|multirow|parbox|makebox|raisebox|resizebox|scalebox|href)\*?(?![A-Za-z])"
    r"(?:\s*\[[^\[\]]*\]|\s*\{[^{}]*\}(?=\s*[\[{]))*"
)
_OPTIONAL = re.compile(r"\\[A-Za-z]+\*?\s*\[[^\[\]]*\]")
_LENGTH = re.compile(
    r"\d*\.?\d+(?:\s*\\(?:(?:line|text|column|paper)(?:width|height)|base\w+)"
    r"|(?:pt|em|ex|cm|mm|in|bp|pc|sp|mu)(?![A-Za-z]))"
)
# \newcommand{\ourresult}{73.50} is a number typed by hand, wherever it stands
_DEFINED = re.compile(r"\\(?:newcommand|def)\*?\s*\{?\\[A-Za-z]+\}?\s*\{([\d.\\,%$ ]+)\}")


def prose(plain: str) -> str:
    """Return a text without comments, of the same length, in which only prose is left."""
    defined = [(match.span(1), match[1]) for match in _DEFINED.finditer(plain)]
    if "\\begin{document}" in plain:
        plain = _AROUND.sub(_blank, plain)
    for pattern in (_ENVIRONMENTS, _KEEPS_LAST, _COMMANDS, _OPTIONAL, _LENGTH):
        plain = pattern.sub(_blank, plain)
    for (start, end), text in defined:
        plain = plain[:start] + text + plain[end:]
    return plain


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])

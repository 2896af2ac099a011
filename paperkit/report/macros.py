r"""macros.tex: every number of the paper by its key, and the marks of the tables.

``\pk{ablation/full/iou_set}`` works in text, in ``\section`` and in captions; an unknown key prints
a bold ?? and warns, so that a renamed variant cannot leave an old number behind.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from paperkit.latex import Tex, is_tex_key, only_tex, tex, tex_key
from paperkit.report.files.table_tex import HEADER
from paperkit.report.quantity import Quantity

__all__ = ["Macros", "macros_tex"]

_DEFINITIONS = r"""
% Restyle by \newcommand before this file is read.
\providecommand{\pkbest}[1]{\textbf{#1}}
\providecommand{\pksecond}[1]{\underline{#1}}
\providecommand{\pkstd}[1]{{\scriptsize$\pm$#1}}
\providecommand{\pkyes}{\ifdefined\ding\ding{51}\else\ensuremath{\surd}\fi}
\providecommand{\pkno}{}
% beside a difference: shown for the method, only on these test images, inside seed noise
\providecommand{\pkmethod}{\textsuperscript{*}}
\providecommand{\pkcheckpoints}{\textsuperscript{\ensuremath{\dagger}}}
\providecommand{\pknoise}{\textsuperscript{\ensuremath{\circ}}}
\providecommand{\pksign}[1]{\makebox[0.5em][l]{#1}}
% what the author must write, and \pkwrite{KEY}{your words}, which takes its place
\providecommand{\pktodo}[2][]{\ifcsname pk@text:#1\endcsname\csname pk@text:#1\endcsname\else
  {\bfseries\ifdefined\color\color[rgb]{.7,.1,.1}\fi[To write: #2]}\fi}
\providecommand{\pkwrite}[2]{\expandafter\def\csname pk@text:#1\endcsname{#2}}
% an equation that is wider than its column is set smaller
\providecommand{\pkfit}[1]{\sbox0{$\displaystyle#1$}\ifdim\wd0>.9\linewidth
  \vcenter{\hbox{\resizebox{.9\linewidth}{!}{\usebox0}}}\else#1\fi}
\providecommand{\pktablenotes}[1]{\par\vspace{2pt}\parbox{\linewidth}{\scriptsize\raggedright#1}}

% One output for one input, wherever it is compiled.
\ifdefined\pdftrailerid\pdftrailerid{}\fi

\makeatletter
\def\pk@put#1#2{\expandafter\def\csname pk@#1\endcsname{#2}}
\def\pk@get#1#2{\ifcsname pk@#1\endcsname\csname pk@#1\endcsname\else
  \PackageWarning{paperkit}{unknown #2}\textbf{??}\fi}
% a number: \pk{EXPERIMENT/VARIANT[/DATASET]/METRIC[/std|ci|delta|delta/ci|p|n|verdict]}
\newcommand{\pk}[1]{\pk@get{#1}{result #1}}
% \pkif{KEY}{text when the number is there}{text when it is not}; KEY may be setup:EXPERIMENT, too
\newcommand{\pkif}[3]{\ifcsname pk@#1\endcsname#2\else#3\fi}
% what a table or figure owes its reader: \pkcaption{tab_EXPERIMENT}
\newcommand{\pkcaption}[1]{\pk@get{caption:#1}{caption #1}}
% how the runs were made; everything that they used, with its citation
\newcommand{\pksetup}[1]{\pk@get{setup:#1}{experiment #1}}
\newcommand{\pkcites}[1]{\pk@get{cites:#1}{experiment #1}}
% a float as wide as its table needs: \begin{pktable}{tab_EXPERIMENT} ... \end{pktable}
\newenvironment{pktable}[2][t]{%
  \ifcsname pk@wide:#2\endcsname\def\pk@float{table*}\else\def\pk@float{table}\fi
  \expandafter\pk@begin\expandafter{\pk@float}{#1}}{\expandafter\end\expandafter{\pk@float}}
\def\pk@begin#1#2{\begin{#1}[#2]}
"""


@dataclass(frozen=True)
class Macros:
    """What macros.tex defines beside the numbers.

    Attributes:
        title, author: The project's answers, escaped.
        captions, setups, cites: Sentences by table or figure, and by experiment.
        wide: Tables that need the whole text width.
    """

    title: Tex
    author: Tex
    captions: Mapping[str, Tex] = field(default_factory=dict)
    setups: Mapping[str, Tex] = field(default_factory=dict)
    cites: Mapping[str, Tex] = field(default_factory=dict)
    wide: Iterable[str] = ()


def macros_tex(found: Mapping[str, Quantity], macros: Macros) -> str:
    """Return the text of macros.tex.

    A missing number has no key there, and neither has one that no macro can be named after:
    its metric was logged, or its method copied, under a name with characters that TeX acts on.

    Raises:
        TypeError: A text is no Tex.
    """
    numbers = {key: q.display for key, q in found.items() if q.value is not None}
    sections = [
        ("", {"title": macros.title, "author": macros.author}),
        ("caption:", macros.captions),
        ("setup:", macros.setups),
        ("cites:", macros.cites),
        ("wide:", {name: Tex("") for name in macros.wide}),
        ("", numbers),
    ]
    lines = [
        tex(r"\pk@put{#1}{#2}", tex_key(prefix + key), only_tex(text))
        for prefix, values in sections
        for key, text in sorted(values.items())
        if is_tex_key(key)
    ]
    ends = [r"\def\pktitle{\pk@get{title}{title}}", r"\def\pkauthor{\pk@get{author}{author}}"]
    return "\n".join([HEADER, _DEFINITIONS.strip("\n"), *lines, *ends, r"\makeatother"]) + "\n"

r"""The sentences of LaTeX source: which of them use a number, and how they read."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from paperkit.report.checks.manuscript import Manuscript, Source
from paperkit.report.checks.usage import asked, closing, line_of, taken

__all__ = ["Sentence", "filled", "readable", "sentences", "spans", "using"]

# what stands between sentences: heads and captions; paragraphs, floats, items, rows of tables
_HEAD = re.compile(
    r"\\(?:part|chapter|(?:sub)*section|(?:sub)?paragraph|caption\w*|title|footnote)\*?"
    r"\s*(?:\[[^\[\]]*\])?\s*\{"
)
_BREAK = re.compile(
    r"\n[ \t]*\n\s*"
    r"|\\begin\{[^{}]*\}(?:\s*\[[^\[\]]*\]|\{[^{}]*\})*|\\end\{[^{}]*\}"
    r"|\\(?:pkif|(?:Input)?IfFileExists)\s*\{[^{}]*\}\s*\{"
    r"|\\(?:item|par|centering|maketitle|toprule|midrule|bottomrule|hline)\b"
    r"|\\\\"
)
_END = re.compile(r"[.!?](?:''|[\"')\]}]|\{\s*\})*(?=\s|$)")
# a period behind these ends no sentence; the second lot only where a number follows
_SHORT = {
    "al", "cf", "dr", "e.g", "eq", "eqs", "fig", "figs", "i.e", "mr", "mrs", "prof", "ref", "refs",
    "resp", "sec", "secs", "tab", "tabs", "viz", "vs", "w.r.t", "approx", "incl",
}  # fmt: skip
_SHORT_BEFORE_NUMBER = {"alg", "app", "ch", "no", "nos", "p", "pp", "vol"}
_WORD = re.compile(r"([A-Za-z][A-Za-z.]*)$")
_LONGEST_WORD = 40

_READABLE = (
    (re.compile(r"\\label\{[^{}]*\}"), ""),
    (re.compile(r"\\(?:emph|text\w*|underline|mathrm)\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\cite\w*\*?(?:\[[^\[\]]*\])*\{([^{}]*)\}"), r"[\1]"),
    (re.compile(r"\\(?:\w*ref)\*?\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\$-\$"), "-"),
    (re.compile(r"\\[,;:! ]|~"), " "),
    (re.compile(r"\\([%&_#$])"), r"\1"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True)
class Sentence:
    r"""A sentence that uses numbers.

    Attributes:
        file: paper/main.tex.
        line: Where it begins, from 1.
        tex: On one line, without comments; numbers as \pk{KEY}; braces are balanced.
        keys: The numbers that it uses, each with the line on which it does.
    """

    file: str
    line: int
    tex: str
    keys: tuple[tuple[str, int], ...]


def sentences(paper: Manuscript, known: Collection[str]) -> list[Sentence]:
    r"""Return the sentences that use a number, in the order of the text.

    Args:
        paper: The author's files.
        known: Keys that macros.tex defines: they decide which branch of \pkif is taken.
    """
    return [sentence for source in paper.sources for sentence in _sentences(source, known)]


def using(found: list[Sentence]) -> dict[str, list[Sentence]]:
    """Return the sentences by the key that they use."""
    uses: dict[str, list[Sentence]] = {}
    for sentence in found:
        for key in dict.fromkeys(key for key, _ in sentence.keys):
            uses.setdefault(key, []).append(sentence)
    return uses


def filled(tex: str, number: Callable[[str], str]) -> str:
    r"""Return a sentence with each \pk{KEY} replaced by number(KEY)."""
    return re.sub(r"\\pk\s*\{([^{}\\#]*)\}", lambda match: number(match[1].strip()), tex)


def readable(tex: str) -> str:
    r"""Return LaTeX as a reader sees it, roughly: 73.50\,\% is 73.50 %."""
    for pattern, plain in _READABLE:
        tex = pattern.sub(plain, tex)
    return tex.strip()


def spans(plain: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of every sentence of a text without comments; they do not overlap."""
    start = 0
    for at, end in _breaks(plain):
        if plain[start:at].strip():
            yield start, at
        start = end
    if plain[start:].strip():
        yield start, len(plain)


def _breaks(plain: str) -> Iterator[tuple[int, int]]:
    """(where a sentence ends, where the next one may begin)."""
    hard = [match.span() for match in _BREAK.finditer(plain)]
    for head in _HEAD.finditer(plain):
        end = closing(plain, head.end() - 1)
        hard += [head.span(), *([(end, end + 1)] if end is not None else [])]
    soft = [(m.end(), m.end()) for m in _END.finditer(plain) if _ends(plain, m.start(), m.end())]
    inside = 0
    for at, end in sorted([*hard, *soft]):
        if at >= inside:  # a period may stand in the argument of \begin
            yield at, end
            inside = end


def _ends(plain: str, period: int, after: int) -> bool:
    """Whether a period ends its sentence: not in "et al.", "Fig. 3", nor before a small letter."""
    following = plain[after : after + 200].lstrip()[:1]
    if following.islower():
        return False
    if plain[period] != ".":
        return True
    match = _WORD.search(plain[max(period - _LONGEST_WORD, 0) : period])
    if match is None:
        return True
    word = match[1].lower()
    if len(word.rpartition(".")[2]) == 1 or word in _SHORT:
        return False
    return not (word in _SHORT_BEFORE_NUMBER and (following.isdigit() or following in "\\$"))


def _sentences(source: Source, known: Collection[str]) -> Iterator[Sentence]:
    plain = taken(source.plain, known)
    uses = [use for use in asked(plain) if use.macro == "pk"]
    if not uses:
        return
    at = 0
    for start, end in spans(plain):
        inside = []
        while at < len(uses) and uses[at].start < end:
            if uses[at].start >= start:
                inside.append((uses[at].name, line_of(plain, uses[at].start)))
            at += 1
        if inside:
            begin = start + len(plain[start:end]) - len(plain[start:end].lstrip())
            tex = _one_line(plain[start:end])
            yield Sentence(source.name, line_of(plain, begin), tex, tuple(inside))


def _one_line(text: str) -> str:
    """Collapse white space, leave out labels, and close or drop braces without a partner."""
    text = re.sub(r"\\label\{[^{}]*\}", "", text)
    kept: list[str] = []
    depth = 0
    for piece in re.findall(r"\\.|[{}]|[^\\{}]+|\\", re.sub(r"\s+", " ", text).strip()):
        depth += {"{": 1, "}": -1}.get(piece, 0)
        if depth < 0:
            depth = 0
        else:
            kept.append(piece)
    whole = re.sub(r"\s*\{\s*\}$", "", "".join(kept) + "}" * depth).strip()
    while whole.startswith("{") and closing(whole, 0) == len(whole) - 1:
        whole = whole[1:-1].strip()
    return whole

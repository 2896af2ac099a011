r"""How many hostile strings compile, and which come back from the page as they were written.

    python benchmarks/escape_fuzz.py [STRINGS]

STRINGS (20,000) strings are set by `escape` in every place where the report puts strangers' text,
with pdfLaTeX in OT1 and T1; then 300 of them are compiled one by one as pandas, its escape=True,
PyLaTeX and paperkit write them. tests/latex holds the same judge on 2,000 strings.
"""

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from paperkit.latex import Tex, tex

BATCH = 2000  # strings in one document
CANARY = "CANARY7531"
# characters: LaTeX measures a caption in one line, of at most 16,383 pt, and keeps several copies
# of a running head in its memory
CAPTION = 400
PREAMBLES = {
    "OT1": Tex(r"\documentclass{article}"),
    "T1": Tex(r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{mathptmx}"),
    "T1-lmodern": Tex(r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{lmodern}"),
    "hyperref": Tex(
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{mathptmx,hyperref}"
    ),
}
_ROW = r"\begin{tabular}{l}x \\ #1 \\\end{tabular}"
_PEER = (
    r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{mathptmx,booktabs}"
    "\n\\begin{document}\nTABLE\n\\end{document}\n"
)
_PAGE = Tex(
    r"""
\pagestyle{empty}\newdimen\pkwide\pkwide=16000pt
\ifdefined\pdfpagewidth\pdfpagewidth=\pkwide\else\pagewidth=\pkwide\fi
\hsize=15900pt\textwidth=15900pt\columnwidth=15900pt\hyphenpenalty=10000\exhyphenpenalty=10000
\makeatletter
\def\pk@put#1#2{\expandafter\def\csname pk@#1\endcsname{#2}}
\newcommand{\pk}[1]{\csname pk@#1\endcsname}
\def\place{\def\@captype{figure}}
\makeatother
\setcounter{secnumdepth}{0}\setcounter{tocdepth}{5}
\begin{document}\frenchspacing\raggedright\pretolerance=10000
"""
)

SPECIAL = "\\{}$&#%_~^<>|\"`'*[]-,?!@/ .;:=+()"
ATTACKS = [
    r"\input{FILE}", r"\input FILE ", r"\include{FILE}", r"\InputIfFileExists{FILE}{}{}",
    r"\verbatiminput{FILE}", r"\lstinputlisting{FILE}", r"\includegraphics{FILE}",
    r"\openin5=FILE \read5 to\x \x", r"\immediate\write18{touch pwned}", r"\write18{id>pwned}",
    r"\newwrite\w\immediate\openout\w=pwned.tex\immediate\write\w{x}\immediate\closeout\w",
    r"\csname input\endcsname{FILE}", r"\catcode`\%=12", r"\catcode92=12 ", r"\def\par{}",
    r"\let\end\relax", r"\loop\iftrue\repeat", r"\def\x{\x}\x", r"\expandafter\x\noexpand",
    r"\directlua{os.execute('touch pwned')}", r"\special{psfile=FILE}", r"\pdfobj file {FILE}",
    r"\begin{document}", r"\end{document}", r"\end{tabular}", r"\begin{verbatim}", r"\item",
    r"\verb|x|", r"\endinput", r"\stop", r"\bye", r"\batchmode", r"\errmessage{x}", r"\undefined",
    r"\newcommand{\x}[1]{#1}", r"\usepackage{shellesc}", r"\makeatletter\@@input FILE ",
    r"\scantokens{\input{FILE}}", r"\lowercase{\input{FILE}}", r"\pdffiledump{FILE}", r"\\",
    r"\\[9em]", r"^^5cinput{FILE}", r"^^^^005cinput", "^^M", "^^@", "^^5e^^5e", r"\^^M",
    r"\"", r"\u", r"\$",
    "&&&", "$$", "$x^{", "x_{", "#1", "##", "%", "% \\end", "{", "}", "}{", "}}}", "{{{",
    "[1ex]", "[", "*", "*[2pt]", "-- --- ,, `` '' ?` !` << >>", "ff fi fl ffi ffl", "---", ",,,",
    r"C:\Users\new\temp\x", r"\\server\share", "../../FILE", "http://x.y/?a=b&c=%20#d_e~f",
    "=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "{{cookiecutter.x}}", "{% raw %}", "%s {0} {}",
    "<script>", "a@b.c", "$HOME", "`id`", ";id", "|id", "\\", "\\ ", "\\\n", "~", "^", '"', "\"a",
]  # fmt: skip
_POOLS = {
    "special": SPECIAL,
    "ascii": "".join(map(chr, range(32, 127))),
    "control": "".join(map(chr, (*range(32), *range(127, 160)))) + "\u2028\u2029\ufeff",
    "invisible": "\u200b\u200c\u200d\u2060\u00ad\u202a\u202b\u202d\u202e\u202c\u2066\u2069\ufe0f",
    "marks": "".join(map(chr, range(0x300, 0x370))) + "\u20d7\u0489\u0e31",
    "latin": "".join(map(chr, (*range(0xA0, 0x180), *range(0x41, 0x5B), *range(0x61, 0x7B)))),
    "extended": "".join(map(chr, (*range(0x180, 0x250), *range(0x1E00, 0x1F00)))),
    "greek": "".join(map(chr, (*range(0x370, 0x400), *range(0x1F00, 0x2000)))),
    "symbols": "".join(map(chr, range(0x2000, 0x2C00))),
    "east": "".join(map(chr, (*range(0x3040, 0x3100), *range(0x4E00, 0x4F00)))),
    "right": "".join(map(chr, (*range(0x590, 0x700),))),
    "planes": "".join(map(chr, (*range(0x1D400, 0x1D500), *range(0x1F300, 0x1F700), 0xE0001))),
    "surrogates": "".join(map(chr, (0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xFFFE, 0xFFFF, 0xE000))),
    "wide": "".join(map(chr, range(0xFF00, 0xFFEF))),
}  # fmt: skip


def hostile(count: int, seed: int = 0, file: str = "/etc/passwd") -> list[str]:
    """Return strings that nobody should write into a name; every known attack is among them.

    Args:
        count: How many; at least as many as there are attacks.
        seed: Of the generator.
        file: What the attacks try to read.
    """
    draw = random.Random(seed)
    found = list(ATTACKS)
    while len(found) < count:
        found.append(_one(draw))
    return [text.replace("FILE", file) for text in found[:count]]


def _one(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.004:
        pool = _POOLS[draw.choice(list(_POOLS))]
        return "".join(draw.choices(pool, k=10_000))
    if kind < 0.3:  # one alphabet
        pool = _POOLS[draw.choice(list(_POOLS))]
        return "".join(draw.choices(pool, k=draw.randint(1, 20)))
    if kind < 0.7:  # attacks between specials and words
        parts = [draw.choice(ATTACKS), "".join(draw.choices(SPECIAL, k=draw.randint(0, 6)))]
        parts += [draw.choice(["Ours", "v2", "é", " ", "\n\n", "\t", ""]) for _ in range(2)]
        draw.shuffle(parts)
        return "".join(parts)
    pools = [_POOLS[name] for name in draw.sample(list(_POOLS), 3)] + [SPECIAL, "abcXYZ012 "]
    return "".join(draw.choice(draw.choice(pools)) for _ in range(draw.randint(1, 25)))


def latin(count: int, seed: int = 0, *, beyond: str = "") -> list[str]:
    """Return strings of printable Basic Latin, Latin-1 and Latin Extended-A without `beyond`."""
    draw = random.Random(seed)
    ascii_, more = _POOLS["ascii"], [c for c in _POOLS["latin"] if c.isprintable()]
    pools = [[c for c in pool if c not in beyond] for pool in (ascii_, SPECIAL, more)]
    return [
        "".join(draw.choice(draw.choice(pools)) for _ in range(draw.randint(1, 25)))
        for _ in range(count)
    ]


PLACES = {
    "text": r"\noindent #1\par",
    "cell": r"\begin{tabular}{@{}ll@{}}#1 & x \\ #1 & #1 \\ \hline #1 \\\end{tabular}\par",
    "caption": r"{\place\caption{#1}}",
    "section": r"\section{#1}x\par",
    "footnote": r"x\footnote{#1}\par",
    "macro": r"\makeatletter\pk@put{k}{#1}\makeatother\pk{k}\par",
    "head": r"\markboth{\MakeUppercase{#1}}{#1}\makeatletter\leftmark\rightmark\makeatother\par",
    "bold": r"\textbf{\emph{#1}}\textsuperscript{#1}\underline{#1}\mbox{#1}\par",
}


def document(setting: str, lines: Iterable[Tex]) -> Tex:
    """Return a document on very wide pages: no line of it is broken or hyphenated."""
    return PREAMBLES[setting] + _PAGE + Tex("\n").join([*lines, Tex(r"\end{document}"), Tex("")])


def everywhere(strings: Sequence[str], places: Iterable[str] = tuple(PLACES)) -> list[Tex]:
    """Return every string in every place that can hold it."""
    return [
        tex(PLACES[place], text)
        for place in places
        for text in strings
        if place not in ("caption", "head") or len(text) <= CAPTION
    ]


def marked(strings: Iterable[str]) -> list[Tex]:
    """Return every string on a line of its own, between marks that `read_back` looks for."""
    line = r"\noindent L#1: #2 :L#1\par"
    return [tex(line, n, text) for n, text in enumerate(strings)]


@dataclass(frozen=True)
class Compiled:
    """How a compilation ended, what it read beyond TeX's own trees, and what it left behind."""

    ok: bool
    log: str
    read: frozenset[str]
    files: frozenset[str]
    seconds: float


def compiled(folder: Path, source: str, *, timeout: float = 600) -> Compiled:
    """Compile a document as paperkit does: halt on error, no shell, no file outside the folder."""
    (folder / "all.tex").write_text(source, encoding="utf-8", newline="\n")
    options = ["-interaction=batchmode", "-halt-on-error", "-no-shell-escape", "-recorder"]
    environment = {**os.environ, "openin_any": "p", "openout_any": "p"}
    began = time.perf_counter()
    command = ["pdflatex", *options, "all.tex"]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, check=False, timeout=timeout
        )
        ok = done.returncode == 0
    except subprocess.TimeoutExpired:  # some attacks are endless loops
        ok = False
    seconds = time.perf_counter() - began
    recorded = _text(folder / "all.fls")
    inputs = re.findall(r"^INPUT (.*)$", recorded, re.M)
    own = frozenset(name for name in inputs if "/texm" not in name and "/texlive" not in name)
    files = frozenset(path.name for path in folder.iterdir())
    log = _text(folder / "all.log")
    return Compiled(ok, log[-3000:], own, files, seconds)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def page_text(folder: Path) -> str:
    """Return what poppler reads on all pages."""
    command = ["pdftotext", "-raw", "-enc", "UTF-8", "all.pdf", "-"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=True)
    return done.stdout


def read_back(folder: Path) -> dict[int, str]:
    """Return what poppler reads between the marks, by number; white space as single spaces."""
    found = re.findall(r"L(\d+): ?(.*?) ?:L\1(?!\d)", page_text(folder), re.S)
    return {int(n): " ".join(text.split()) for n, text in found}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    for encoding in ("OT1", "T1", "hyperref"):
        print(f"{encoding}: {_fuzzed(encoding, count)}")
    _peers(300)


def _fuzzed(encoding: str, count: int) -> str:
    """Compile `count` strings in documents of 2,000, twice because of the lists."""
    good, tried, seconds = 0, 0, 0.0
    lists = Tex(r"\tableofcontents\listoffigures")
    for seed in range(-(-count // BATCH)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "secret.txt").write_text(CANARY, encoding="utf-8")
            strings = hostile(min(BATCH, count), seed, "secret.txt")
            if encoding == "hyperref":  # its bookmarks take minutes for 10,000 characters
                strings = [text for text in strings if len(text) <= CAPTION]
            tried += len(strings)
            source = document(encoding, [lists, *everywhere(strings)])
            passes = [compiled(folder, source) for _ in range(2)]
            seconds += sum(done.seconds for done in passes)
            touched = any("secret.txt" in "".join(done.read) for done in passes)
            if all(done.ok for done in passes) and not touched and not _new(passes[1]):
                good += len(strings)
            else:
                print(f"  seed {seed}: {passes[-1].log[-500:]}")
    return f"{good} of {tried} strings compile in {len(PLACES)} places; LaTeX took {seconds:.0f} s"


def _new(done: Compiled) -> set[str]:
    """Files that no document of ours leaves."""
    return {name for name in done.files if not name.startswith("all.")} - {"secret.txt"}


def _peers(count: int) -> None:
    """Compile `count` strings one by one in a table, as each tool writes it."""
    strings = hostile(count + len(ATTACKS), 1)[-count:]
    counts = {name: sum(_compiles(write(s)) for s in strings) for name, write in _writers().items()}
    for name, good in counts.items():
        ratio = counts["paperkit"] / max(good, 1)
        print(f"{name}: {good} of {count} strings compile; paperkit: {ratio:.1f} times as many")


def _writers() -> dict[str, Callable[[str], str]]:
    """Tool -> what it makes of a one-cell table; a tool that is not installed is left out."""
    found: dict[str, Callable[[str], str]] = {"paperkit": lambda text: tex(_ROW, text)}
    try:
        from pylatex.utils import escape_latex

        found["PyLaTeX"] = lambda text: _ROW.replace("#1", str(escape_latex(text)))
    except ImportError:
        print("PyLaTeX is not installed: left out")
    try:
        import pandas as pd

        found["pandas"] = lambda text: str(pd.DataFrame({"a": [text]}).to_latex(escape=False))
        found["pandas, escape=True"] = lambda text: str(
            pd.DataFrame({"a": [text]}).to_latex(escape=True)
        )
    except ImportError:
        print("pandas is not installed: left out")
    return found


def _compiles(table: str) -> bool:
    body = table.encode("utf-8", "replace").decode("utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret.txt").write_text(CANARY, encoding="utf-8")
        done = compiled(folder, _PEER.replace("TABLE", body), timeout=20)
        return done.ok and done.read <= {"all.aux", "all.tex"} and not _new(done)


if __name__ == "__main__":
    main()

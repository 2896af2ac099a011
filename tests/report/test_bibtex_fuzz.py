"""Entries made of BibTeX's pieces in any order: what is taken over compiles, in four styles."""

import os
import random
import subprocess
from pathlib import Path

import pytest

from paperkit.report.cited.bibtex import BadEntry, read_entry

PIECES = [
    r"\v{s}", r"\v", r"\'e", r"{\'e}", r"{\H{o}}", r"\H{o}", r"\c c", r"\L ", r"\ss", r'\"{u}', "{",
    "}", "$", "$x^2_3$", r"$\Gamma_x$", r"\alpha", r"\emph{x}", r"\emph", r"\textbf{A B}", r"\&",
    r"\ensuremath{x^2}", r"\ensuremath", r"\%", "%", "&", "#", "_", "^", "^^5c", "~", "[", "]", "*",
    ", ", " and ", "and", ".", "é", "ő", "Đ", "ą", "中", "\u202e", "\x00", "\x7f", "A", "Bc", " ",
    "von ", "Jr", "\\", "\\\\", r"\i", r"\'{\i}", r"\url{x}", "{A}", r"{\L}ab", "``", "--", "@",
    '"', "\n", "the ", "|", "<", r"\ ", r"\-", r"\/", r"\@", r"\{", r"\}", "=", "-", r"\input{x}",
    r"\csname x\endcsname", r"\write18{x}", r"\def\x{}",
]  # fmt: skip
FIELDS = (
    "author", "editor", "title", "journal", "booktitle", "volume", "number", "pages", "year",
    "note", "publisher", "howpublished", "address",
)  # fmt: skip
KINDS = ("article", "inproceedings", "misc", "book", "techreport", "phdthesis")


def entries(count: int) -> list[str]:
    """The harmless ones among `count` random entries, as they are written."""
    draw, found = random.Random(0), []
    for n in range(count):
        fields = {"title": "T"}
        for name in draw.sample(FIELDS, 2):
            fields[name] = "".join(draw.choice(PIECES) for _ in range(draw.randint(1, 6)))
        inside = ", ".join(f"{name} = {{{value}}}" for name, value in fields.items())
        try:
            found.append(read_entry(f"@{draw.choice(KINDS)}{{k{n}, {inside}}}").text())
        except BadEntry:
            continue
    return found


@pytest.mark.latex
@pytest.mark.parametrize("style", ["plain", "IEEEtran", "splncs04", "elsarticle-num"])
def test_every_entry_that_is_taken_over_compiles(tmp_path: Path, style: str) -> None:
    found = entries(6000)
    assert len(found) > 700
    (tmp_path / "r.bib").write_text("\n".join(found), encoding="ascii")
    (tmp_path / "all.tex").write_text(
        r"\documentclass{article}\usepackage[T1]{fontenc}"
        r"\usepackage{mathptmx,amsmath,amssymb,url}\begin{document}\nocite{*}"
        rf"\bibliographystyle{{{style}}}\bibliography{{r}}\end{{document}}",
        encoding="ascii",
    )
    for command in (
        ["pdflatex", "-interaction=batchmode", "-draftmode", "all"],
        ["bibtex", "all"],
        ["pdflatex", "-interaction=batchmode", "-halt-on-error", "-no-shell-escape", "all"],
    ):
        environment = {**os.environ, "openin_any": "p", "openout_any": "p"}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8",
            errors="replace", check=False,
        )  # fmt: skip
        log = (tmp_path / "all.log").read_text(encoding="utf-8", errors="replace")
        assert done.returncode < (2 if command[0] == "bibtex" else 1), done.stdout + log[-1500:]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("title", r"\v", r"its title has the accent \v without a letter"),
        ("title", r"a \alpha b", r"its title has the command \alpha outside of mathematics"),
        ("title", r"\emph x", r"its title has the command \emph without braces"),
        ("title", r"$a^b^c$", "its title has two scripts ^ at one symbol in its mathematics"),
        ("title", r"a $$ b", "its title has nothing in it in its mathematics"),
        ("title", "{" * 30 + "x" + "}" * 30, "its title has more than 20 levels of braces"),
        ("author", "a,b,c,d", "its author has the name 'a,b,c,d'"),
        ("author", "A and", "its author has the name ''"),
        ("author", "$x$", "its author has mathematics in a name"),
        ("year", r"\url{x}", r"its year is no year: \url{x}"),
    ],
)
def test_what_latex_would_stop_at_is_refused(field: str, value: str, reason: str) -> None:
    with pytest.raises(BadEntry) as caught:
        read_entry(f"@misc{{k, title = {{T}}, {field} = {{{value}}}}}")
    assert str(caught.value) == reason


def test_what_a_style_would_change_is_kept_in_braces() -> None:
    entry = read_entry(
        r"@misc{k, title = {P. Erd\H os on $\Gamma$ [a] \{b\}}, author = {Erd\H{o}s, P.}}"
    )
    assert entry.fields == {
        "title": r"P. Erd{\H o}s on {$\Gamma$} {[}a{]} \textbraceleft{}b\textbraceright{}",
        "author": r"Erd{\H{o}}s, P.",
    }

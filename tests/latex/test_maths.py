"""Equations from strangers: what is written anew compiles, everything else is refused."""

import random
import re
import subprocess
from pathlib import Path

import pytest

from paperkit.latex.maths import BadMaths, maths_tex, read_maths
from paperkit.zoo import catalogue

PREAMBLE = (
    "\\documentclass{article}\n\\usepackage{amsmath,amssymb,graphicx}\n"
    "\\begin{document}\n"
)  # fmt: skip


def pages(folder: Path, equations: list[str]) -> str:
    """Compile one document with all equations; return what pdflatex says."""
    shown = "\n".join(f"\\begin{{equation}}\n{text}\n\\end{{equation}}" for text in equations)
    (folder / "all.tex").write_text(f"{PREAMBLE}{shown}\n\\end{{document}}\n", encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="latin-1")
    assert done.returncode == 0, done.stdout[-1500:]
    return done.stdout


def _words(text: str) -> list[str]:
    return text.split()


@pytest.mark.latex
def test_whatever_is_taken_over_compiles(tmp_path: Path) -> None:
    """300 of random texts over the pieces that equations have, broken ones among them."""
    draw = random.Random(0)
    pieces = _words(
        r"x y_ W ^ _ ' { } {a} _1 ^2 & \\ [ ] ( ) , = + \mathbf \hat{z} \frac{a}{b} \frac \sqrt "
        r"\sum \max \nolimits \left( \right) \big| \big \begin{aligned} \end{aligned} "
        r"\begin{cases} \end{cases} \text{a-b} \operatorname{se} \sigma \quad \, \{ \} \| "
        r"~ % # $ \input \relax "
        r"\mathrm{BN} \bar \middle| \limits \lfloor \rfloor \tag{1} \label{a} \\[2pt] \lVert"
    )
    kept: list[str] = []
    while len(kept) < 300:
        text = " ".join(draw.choices(pieces, k=draw.randint(2, 9)))
        try:
            kept.append(maths_tex(read_maths(text)))
        except BadMaths:
            continue
    pages(tmp_path, kept)


def test_what_is_written_is_read_again_as_the_same() -> None:
    for name in catalogue.names():
        tree = read_maths(catalogue.info(name)["equation"])
        again = read_maths(re.sub(r"\\relax\n", "\n", maths_tex(tree)))
        assert maths_tex(again) == maths_tex(tree), name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"\input{/etc/passwd}", r"the command \input"),
        (r"\write18{ls}", r"the command \write"),
        (r"\def\x{}", r"the command \def"),
        (r"\csname input\endcsname", r"the command \csname"),
        (r"\tag{1}", r"the command \tag"),
        (r"\begin{tikzpicture}x\end{tikzpicture}", r"the environment tikzpicture"),
        ("a$b", "the character $"),
        ("a%b", "the character %"),
        ("a#1", "the character #"),
        ("naïve", "the character ï"),
        ("a\u202eb", "the character U+202E"),
        ("^^5cinput", "the character ^ where another belongs"),
        ("x_1_2", "two scripts _ at one symbol"),
        ("x^2'", "a prime behind a superscript"),
        ("{x", "a bracket { without its end"),
        ("x}", "the character }"),
        (r"\left( x", r"the command \left without its end"),
        (r"x \right)", r"the command \right"),
        (r"\left x \right)", r"no bracket behind \left"),
        (r"\frac{a}", r"no end"),
        ("a & b", "the character & outside of aligned"),
        (r"\begin{aligned} x \end{cases}", r"the environment aligned without its end"),
        (r"\begin{cases} a & b & c \end{cases}", "too many & in a row of cases"),
        (r"\begin{split} a \end{split}", "the environment split"),
        (r"\text{$x$}", r"signs inside of \text"),
        (r"x\nolimits", r"the command \nolimits behind no operator"),
        ("  ", "nothing in it"),
        ("x" * 4001, "more than 4000 characters"),
        ("{" * 60 + "x" + "}" * 60, "more than 40 levels"),
    ],
)
def test_anything_else_is_refused_with_what_it_has(text: str, reason: str) -> None:
    with pytest.raises(BadMaths) as caught:
        read_maths(text)
    assert str(caught.value) == reason

r"""What a stranger may write into a name must be printed, in the paper's own font encoding.

The judge is LaTeX itself (-halt-on-error) and poppler's reading of the page, not our own tables.
"""

import re
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperkit.latex import MISSING, Tex, escape, number, rounded, slug, unprintable, visible

HOSTILE = [
    "Ours_v2 & SE",
    "Att%Net #1 {x}",
    "$x^2$ ~ a\\b",
    "trailing backslash \\",
    "[1ex] row start",
    "* starred",
    "p < 0.001 | q > 2",
    'say "hello" -- or --- or `this\'',
    "?`!` ,,low'' <<angle>>",
    "\\input{/etc/passwd}",
    "\\write18{touch pwned}",
    "\\csname x\\endcsname ^^5cinput",
    "\\begin{document}",
    "}}}{{{ $$ && ##",
    "\\end{tabular}\\end{document}",
    "{{cookiecutter.x}} {% raw %}",
    "Crohn's disease",
    "It's 50% of 'all'",
    "a/b_c-d.e:f;g!h?i=j+k@l(m)",
    "naïve café über façade Ångström",
    "Wałsa Škoda Čech Žižka Łódź Şahin ğ İstanbul ı",
    "Ðeira Þór ñandú Œuvre æsir øre ß",
    "«guillemets» ‘a’ “b” – — … • § © ® ° £",
    "Erdős Pólya Čapek",
]
# printed as they should be, but drawn from several glyphs that poppler reads one by one
COMPOSED = ["Wałęsa", "Đorđe", "Việt", "12 €"]
DEGRADED = {
    "中文 U-Net": "U+4E2DU+6587 U-Net",
    "fire 🔥": "fire U+1F525",
    "check ✓": "check U+2713",
    "full ＼width％": "full \\width%",
    "½ ①": "½ 1",
    "\u202edeus\u202c zero\u200bwidth": "deus zerowidth",
    "bell\x07 nul\x00 new\nline\ttab": "bell nul new line tab",
}


def _compiled(folder: Path, encoding: str, strings: list[str]) -> dict[int, str]:
    """Set every string on a line of its own; return the lines that poppler reads."""
    lines = [rf"\noindent L{i}: {escape(text)} :L{i}\par" for i, text in enumerate(strings)]
    fonts = r"\usepackage[T1]{fontenc}\usepackage{mathptmx}" if encoding == "T1" else ""
    source = "\n".join(
        [
            rf"\documentclass{{article}}{fonts}\pagestyle{{empty}}\pdfcompresslevel0",
            r"\pdfpagewidth=3000pt\hsize=2900pt\textwidth=2900pt\emergencystretch=9pt",
            r"\begin{document}\frenchspacing",
            *lines,
            r"\end{document}",
        ]
    )
    assert source.isascii()
    (folder / "all.tex").write_text(source, encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
    done = subprocess.run(
        [*command, "all.tex"], cwd=folder, capture_output=True, encoding="utf-8", errors="replace"
    )
    assert done.returncode == 0, done.stdout[-2000:]
    read = subprocess.run(
        ["pdftotext", "-raw", "all.pdf", "-"], cwd=folder, capture_output=True, encoding="utf-8"
    ).stdout
    found = re.findall(r"L(\d+): (.*?) ?:L\1\b", read, re.S)
    return {int(i): text for i, text in found}


def _readable(text: str) -> str:
    """Poppler's reading and the author's text, up to apostrophes and white space."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("…", "...")
    return re.sub(r"\s+", "", plain)


@pytest.mark.latex
@pytest.mark.poppler
def test_hostile_names_compile_and_are_read_back(tmp_path: Path) -> None:
    expected = {**{text: text for text in HOSTILE}, **DEGRADED}
    pages = _compiled(tmp_path, "T1", list(expected))
    wrong = {
        text: pages.get(i)
        for i, (text, shown) in enumerate(expected.items())
        if _readable(pages.get(i, "")) != _readable(shown)
    }
    assert wrong == {}


@given(st.text())
def test_any_text_becomes_ascii_without_bare_specials(text: str) -> None:
    tex = escape(text)
    assert tex.isascii() and "\n" not in tex
    bare = re.sub(r"\\[\\{}$&#%_]|\\[a-zA-Z]+|\\[^a-zA-Z]", "", tex)
    assert not set("$&#%~") & set(bare)
    assert bare.count("{") == bare.count("}")


def test_what_was_escaped_is_not_escaped_again() -> None:
    assert escape(escape("50 % & more")) == r"50 \% \& more"
    assert escape(Tex(r"\alpha")) == r"\alpha"


def test_what_only_chooses_a_look_is_not_printed() -> None:
    """U+FE0F asks for the coloured heart, U+E0100 for a form of a Chinese character."""
    assert escape("\u2764\ufe0f Net") == escape("\u2764 Net") == "U+2764 Net"
    assert (visible("1\ufe0f"), unprintable("9\ufe0f\U000e0100")) == ("1", [])


def test_unprintable_characters_are_named() -> None:
    assert unprintable("naïve α 中文 ✓") == ["✓", "中", "文"]
    assert unprintable("plain_ascii & more") == []


@pytest.mark.parametrize(
    ("value", "decimals", "percent", "sign", "expected"),
    [
        (0.71234, 2, True, False, "71.23"),
        (0.285, 1, True, False, "28.5"),  # 0.285 * 100 is 28.499999999999996 in binary
        (-0.0123, 2, True, True, "$-$1.23"),
        (0.0123, 2, True, True, "+1.23"),
        (-0.00001, 2, True, True, "+0.00"),
        (1e308, 0, False, False, "1" + "0" * 308),
        (1e-7, 2, False, False, "0.00"),
        (34.527041, 2, False, False, "34.53"),
    ],
)
def test_numbers(value: float, decimals: int, percent: bool, sign: bool, expected: str) -> None:
    assert number(value, decimals, percent=percent, sign=sign) == expected


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_what_is_missing_is_never_a_number(value: float | None) -> None:
    assert number(value) == MISSING == "--"
    assert rounded(value) is None


def test_slugs_are_safe_and_distinct() -> None:
    assert slug("ablation") == "ablation"
    names = ["Ours v2", "ours-v2", "ours_v2", "../etc", "CON", "中文", "", "a" * 300]
    slugs = [slug(name) for name in names]
    assert len(set(slugs)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]{1,60}", text) for text in slugs)

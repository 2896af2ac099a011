"""2,000 hostile strings, judged by LaTeX, its recorder and poppler (benchmarks/escape_fuzz.py)."""

import importlib.util
import sys
import unicodedata
from pathlib import Path
from types import ModuleType

import pytest

from paperkit.latex import Tex, escape, tex

BENCHMARK = Path(__file__).parents[2] / "benchmarks/escape_fuzz.py"
LEFT = {"all.aux", "all.fls", "all.lof", "all.log", "all.pdf", "all.tex", "all.toc", "secret.txt"}
# what the fonts of OT1, or T1's Times, lack, or make of two glyphs; U+00AD is invisible
DEGRADED = {
    "OT1": '"^_~\xad«»¸ÐðÞþìíîïĄąĐđĘęģĦħĩīĭĮįĲĳĸĿŀŁłŉŊŋŦŧŲųſ',
    "T1": "\xadĄąĎďĐđĘęĢģĦħĩīĭĮįĲĳĶķĸĻļĽľĿŀŅņŉŊŋŖŗťŦŧŲųſ",
}


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("escape_fuzz", BENCHMARK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["escape_fuzz"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.latex
@pytest.mark.poppler
@pytest.mark.parametrize("encoding", ["T1", "OT1"])
def test_2000_strings_compile_everywhere_and_touch_no_file(
    fuzz: ModuleType, tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "secret.txt").write_text(fuzz.CANARY, encoding="utf-8")
    strings = fuzz.hostile(2000, file="secret.txt")
    lists = Tex(r"\tableofcontents\listoffigures")
    # escape() is one for both: OT1 differs in its fonts, not in the place
    places = fuzz.PLACES if encoding == "T1" else ("text", "caption", "head")
    lines = fuzz.everywhere(strings, places)
    done = fuzz.compiled(tmp_path, fuzz.document(encoding, [lists, *lines]))
    assert done.ok, done.log
    assert done.read == {"all.aux", "all.tex"}
    assert done.files <= LEFT
    pages = fuzz.page_text(tmp_path)
    assert fuzz.CANARY not in pages and "secret.txt" in pages


@pytest.mark.latex
def test_lists_of_headings_and_captions_compile(fuzz: ModuleType, tmp_path: Path) -> None:
    """What headings and captions leave in .toc and .lof is read when it is compiled again."""
    moved = fuzz.everywhere(fuzz.hostile(600, 1, "secret.txt"), ("section", "caption"))
    lists = Tex(r"\tableofcontents\listoffigures")
    for _ in range(2):
        done = fuzz.compiled(tmp_path, fuzz.document("T1", [lists, *moved]))
        assert done.ok, done.log
    assert done.files == LEFT - {"secret.txt"}


@pytest.mark.latex
@pytest.mark.poppler
@pytest.mark.parametrize("encoding", ["T1", "OT1"])
def test_latin_text_comes_back_unchanged(fuzz: ModuleType, tmp_path: Path, encoding: str) -> None:
    degraded = DEGRADED[encoding]
    each = [chr(c) for c in (*range(0x21, 0x7F), *range(0xA1, 0x180)) if chr(c) not in degraded]
    strings = [f"a{char}b" for char in each] + fuzz.latin(1000, beyond=degraded)
    assert fuzz.compiled(tmp_path, fuzz.document(encoding, fuzz.marked(strings))).ok
    # poppler reads an accent that is a glyph of its own behind its letter: NFC joins them
    pages = {n: unicodedata.normalize("NFC", text) for n, text in fuzz.read_back(tmp_path).items()}
    wrong = {
        text: pages.get(n)
        for n, text in enumerate(strings)
        if pages.get(n) != " ".join(text.split())
    }
    assert wrong == {}


@pytest.mark.latex
@pytest.mark.poppler
def test_the_judge_finds_what_is_not_escaped(fuzz: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(fuzz.CANARY, encoding="utf-8")
    reads = fuzz.compiled(tmp_path, fuzz.document("T1", [Tex(r"\input{secret.txt}")]))
    assert "secret.txt" in "".join(reads.read) and fuzz.CANARY in fuzz.page_text(tmp_path)
    writes = Tex(r"\newwrite\w\immediate\openout\w=pwned.tex x")
    assert "pwned.tex" in fuzz.compiled(tmp_path, fuzz.document("T1", [writes])).files
    outside = Tex(r"\input{../../secret.txt}")
    for planted in (outside, Tex("Ours_v2"), Tex("a & b"), Tex("$x^{")):
        assert not fuzz.compiled(tmp_path, fuzz.document("T1", [planted, planted])).ok


def test_many_marks_on_a_letter_do_not_blow_up() -> None:
    assert len(escape("e" + "\u0328" * 10_000)) < 3000


def test_no_line_is_longer_than_tex_reads() -> None:
    lines = escape("\\Þ" * 20_000).splitlines()
    assert max(map(len, lines)) < 200_000
    assert len(lines) > 1


def test_a_template_escapes_what_is_not_tex() -> None:
    assert tex(r"\textbf{#1}~\cite{#2}", "a_b & c", Tex("hu_2018")) == (
        r"\textbf{a\_b \& c}~\cite{hu_2018}"
    )
    assert tex(r"\newcommand{\x}[1]{##1 #1}", 3) == r"\newcommand{\x}[1]{#1 3}"
    assert tex("#1", "#2 #1") == r"\#2 \#1"
    with pytest.raises(ValueError, match="has the places"):
        tex("#1 and #2", "one")
    with pytest.raises(ValueError, match="has the places"):
        tex("#1", "one", "two")


@pytest.mark.parametrize(
    "mixed",
    [
        lambda: Tex("a") + "b_c",  # type: ignore[operator]
        lambda: "b_c" + Tex("a"),
        lambda: Tex(", ").join([Tex("a"), "b_c"]),  # type: ignore[list-item]
    ],
)
def test_tex_refuses_a_plain_string(mixed: object) -> None:
    with pytest.raises(TypeError) as caught:
        mixed()  # type: ignore[operator]
    assert str(caught.value) == "a plain string is no LaTeX; escape() or tex() first: 'b_c'"


def test_tex_with_tex_stays_tex() -> None:
    assert isinstance(Tex("a") + Tex("b"), Tex)
    assert isinstance(Tex(", ").join([Tex("a"), escape("b")]), Tex)

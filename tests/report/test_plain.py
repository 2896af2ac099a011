"""Our LaTeX comes back as the text that it prints."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperkit.latex import Tex, escape, number
from paperkit.report.files.plain import plain_text

LATIN = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA1, 0x180)])).replace("\xad", "")
GREEK = "αβγδεζηθικλμνξπρςστυφχψωΓΔΘΛΞΠΣΦΨΩ"
MATHS = "×÷±∓−·∘≤≥≠≈≡∝≪≫∞∑∏∫∂∇∈∩∪∅∀∃⊕⊗⊙←→↑↓⇒⇔ℓ†‡′∥⊥ϑ²³₀₁⁻"
OTHER = "中文力が한🔥"
# printed by the same glyphs as another text, which comes back instead
ALIKE = "ĸŉſĿŀĲĳ¦¨¯´¸ªº¼½¾µ¬ħĦŧŦ"


def test_a_code_ends_before_digits_that_follow_it() -> None:
    assert [plain_text(escape(text)) for text in ("が0", "中A", "한한")] == ["が0", "中A", "한한"]


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from([c for c in LATIN + GREEK + MATHS + OTHER if c not in ALIKE])))
def test_escaped_text_comes_back(text: str) -> None:
    shown = " ".join(unicodedata.normalize("NFC", text).split())
    assert plain_text(escape(text)) == shown


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_what_prints_alike(text: str) -> None:
    once = plain_text(escape(text))
    assert escape(once) == escape(plain_text(escape(once)))
    assert once.isprintable()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Tex(r"mIoU\,\ensuremath{\uparrow}"), "mIoU ↑"),
        (Tex(r"$\pm$: standard deviation ($n-1$)"), "±: standard deviation (n−1)"),
        (Tex(r"$10^9$ for one input of $3\times64\times64$"), "10⁹ for one input of 3×64×64"),
        (Tex(r"$1{\times}10^{-5}$"), "1×10⁻⁵"),
        (Tex(r"p\,$<$\,0.001"), "p < 0.001"),
        (Tex(r"U-Net~\cite{a2015,b}"), "U-Net [a2015, b]"),
        (Tex(r"\pkyes{}\pkno{}\phantom{00}"), "✓"),
        (Tex(r"\textbf{bold} \emph{word}"), "bold word"),
        (number(-1.234), "−1.23"),
        (number(None), "–"),
    ],
)
def test_what_our_own_code_writes(source: Tex, expected: str) -> None:
    assert plain_text(source) == expected


def test_a_name_that_looks_like_a_code_stays_what_it_is() -> None:
    # a direction override by its code must not become the override itself
    for name in ("U+202E", "U+0000", "U+", "U+12", "RU+0041"):
        assert plain_text(escape(name)) == name

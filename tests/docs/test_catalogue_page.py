"""docs/reference/catalogue.md is what the modules' INFO makes of it."""

from pathlib import Path

from paperkit import zoo
from paperkit.zoo.facts.page import page

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/catalogue.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m paperkit.zoo.facts.page"


def test_every_module_has_its_equation_once() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in zoo.names():
        assert text.count(f"\n### {name}\n") == 1
        assert f"$$\n{zoo.info(name)['equation'].strip()}\n$$" in text

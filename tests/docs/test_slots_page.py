"""docs/reference/slots.md says what the models say."""

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", ["unet", "smp:FPN/resnet18", "timm:convnext_tiny"])
def test_the_page_is_what_the_model_says(name: str) -> None:
    section = runpy.run_path(str(FOLDER / "slots.py"))["section"]
    page = (FOLDER / "slots.md").read_text(encoding="utf-8")
    assert section(name) in page, "run: python docs/reference/slots.py"


def test_the_page_has_a_section_of_each_model() -> None:
    models = runpy.run_path(str(FOLDER / "slots.py"))["MODELS"]
    page = (FOLDER / "slots.md").read_text(encoding="utf-8").splitlines()
    wanted = [f"### {name}" for names in models.values() for name in names]
    assert [line for line in page if line.startswith("### ")] == wanted

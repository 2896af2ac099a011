"""The committed gallery is what its scripts draw today."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

FIGURES = Path(__file__).parents[2] / "figures"
SCRIPTS = sorted(path.stem for path in FIGURES.glob("*.py"))


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"gallery_{name}", FIGURES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def difference(one: Path, other: Path) -> float:
    """Mean difference of two pictures, 0 to 255; another matplotlib smooths letters otherwise."""
    first, second = (np.asarray(Image.open(path).convert("RGB"), float) for path in (one, other))
    return float(np.abs(first - second).mean()) if first.shape == second.shape else 255.0


@pytest.mark.parametrize("name", ["curves", "diagram", "grid"])
def test_figures_are_up_to_date(name: str, tmp_path: Path) -> None:
    files = script(name).main(tmp_path)
    assert {path.suffix for path in files} >= {".pdf", ".png"}
    for path in files:
        committed = FIGURES / path.name
        if path.suffix == ".tex":
            assert path.read_bytes() == committed.read_bytes()
        if path.suffix == ".png" and path.read_bytes() != committed.read_bytes():
            assert difference(path, committed) < 2, f"run: python figures/{name}.py"


def test_the_table_is_up_to_date(tmp_path: Path) -> None:
    [path] = script("table").main(tmp_path, preview=False)
    assert path.read_bytes() == (FIGURES / "table.tex").read_bytes()


def test_every_script_has_its_rendering() -> None:
    assert SCRIPTS == ["curves", "diagram", "grid", "table"]
    assert all((FIGURES / f"{name}.png").is_file() for name in SCRIPTS)


def test_the_comparison_can_fail(tmp_path: Path) -> None:
    with Image.open(FIGURES / "diagram.png") as image:
        image.rotate(180).save(tmp_path / "turned.png")
    assert difference(tmp_path / "turned.png", FIGURES / "diagram.png") > 2

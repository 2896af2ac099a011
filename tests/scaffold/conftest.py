"""Projects and data sets that several tests look at."""

from collections.abc import Callable
from pathlib import Path

import pytest

from paperkit import scaffold


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Make a project below tmp_path from answers; the name may be a path."""

    def create(name: str = "my-seg", **given: object) -> Path:
        answers = scaffold.make_answers({"project_name": Path(name).name, **given})
        return scaffold.create(answers, tmp_path / name)

    return create


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    """Eight pictures of one bright dot each, with 0/255 masks, without split folders."""
    import numpy as np
    from PIL import Image

    folder = tmp_path / "sets" / "dots"
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    generator = np.random.default_rng(0)
    for index in range(8):
        image = generator.integers(0, 100, (24, 32, 3), dtype=np.uint8)
        mask = np.zeros((24, 32), np.uint8)
        y, x = generator.integers(4, 20, 2)
        image[y - 3 : y + 3, x - 3 : x + 3], mask[y - 3 : y + 3, x - 3 : x + 3] = 220, 255
        Image.fromarray(image).save(folder / f"images/case{index}.png")
        Image.fromarray(mask).save(folder / f"masks/case{index}_mask.png")
    return folder

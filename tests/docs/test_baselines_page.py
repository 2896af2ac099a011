"""docs/reference/baselines.md says what the models say."""

import re
import runpy
from pathlib import Path

import pytest

from paperkit.models.baselines import BASELINES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGE = (FOLDER / "baselines.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script() -> dict[str, object]:
    return runpy.run_path(str(FOLDER / "baselines.py"))


@pytest.mark.parametrize("name", ["lenet", "mobilenet_v3_small", "resunet", "segformer"])
def test_the_page_is_what_the_model_says(name: str, script: dict) -> None:
    assert f"{script['row'](name)}\n" in PAGE, "run: python docs/reference/baselines.py"


def test_the_page_has_every_baseline_below_its_task() -> None:
    tasks = re.split(r"(?m)^## (\w+), .*$", PAGE)
    found = {
        name: task.lower()
        for task, table in zip(tasks[1::2], tasks[2::2], strict=True)
        for name in re.findall(r"(?m)^\| `(\w+)` \|", table)
    }
    assert found == {name: row.task for name, row in BASELINES.items()}


def test_the_page_begins_as_the_script_has_it(script: dict) -> None:
    assert PAGE.startswith(script["HEAD"])


def test_a_paper_reads_as_in_a_text(script: dict) -> None:
    cited = script["_cited"]
    assert cited("he2016resnet") == "He et al., CVPR 2016"
    assert cited("simonyan2015vgg") == "Simonyan and Zisserman, ICLR 2015"
    assert cited("isensee2021nnunet") == "Isensee et al., Nature Methods 2021"
    assert cited("howard2017mobilenets") == "Howard et al., arXiv:1704.04861 2017"

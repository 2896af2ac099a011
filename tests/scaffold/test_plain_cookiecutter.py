"""`cookiecutter template/` works without paperkit, and gives the same tree."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paperkit import scaffold

ROOT = Path(__file__).parents[2]
LEFT = {".git", "__pycache__", ".ruff_cache"}
TASKS = [
    {},
    {"task": "classification", "baseline": "resnet34", "license": "Apache-2.0"},
    {"baseline": "smp:Unet/resnet18", "author": 'Ana "Q" Ü', "width": "32"},
]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not LEFT & {*path.relative_to(folder).parts}
    }


@pytest.mark.parametrize("given", TASKS)
def test_the_trees_are_equal(given: dict[str, str], tmp_path: Path) -> None:
    answers = scaffold.make_answers({"project_name": "My lesion net", **given})
    ours = tree(scaffold.create(answers, tmp_path / "ours" / "my-lesion-net"))
    subprocess.run(
        [
            *(sys.executable, "-m", "cookiecutter", str(ROOT / "template"), "--no-input"),
            *("--output-dir", str(tmp_path / "plain"), "project_name=My lesion net"),
            *(f"{key}={value}" for key, value in given.items()),
        ],
        env=os.environ | {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)},
        check=True,
    )
    plain = tree(tmp_path / "plain" / "my-lesion-net")
    assert set(ours) - set(plain) == {".paperkit/manifest.json"}
    del ours[".paperkit/manifest.json"]
    assert plain == ours


def test_answers_record_every_question() -> None:
    asked = json.loads((ROOT / "template/cookiecutter.json").read_text(encoding="utf-8"))
    template = ROOT / "template/{{cookiecutter.project_slug}}/.paperkit/answers.json"
    text = template.read_text(encoding="utf-8")
    for key in asked:
        assert key.startswith("_") or f"cookiecutter.{key} | jsonify" in text, key
    assert {key for key in asked if key[0] != "_"} - {"paperkit_version"} <= set(
        scaffold.Answers.model_fields
    )

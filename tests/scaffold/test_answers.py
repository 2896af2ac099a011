"""Answers: what is accepted, and the one line that each mistake gets."""

import json
from pathlib import Path

import pytest

from paperkit.errors import UserError
from paperkit.models.baselines import BASELINES
from paperkit.scaffold import make_answers, read_answers


def refused(**given: object) -> str:
    with pytest.raises(UserError) as error:
        make_answers({"project_name": "p", **given})
    return str(error.value)


def test_an_unknown_key_lists_the_known_ones_nearest_first() -> None:
    message = refused(autor="Ana")
    assert message.startswith("answer: unknown key 'autor'; known, nearest first: author, ")
    assert len(message.split(": ")[-1].split(", ")) == 20


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"license": "GPL"},
            "answer: license = 'GPL': 'MIT', 'BSD-3-Clause', 'Apache-2.0' or 'none'",
        ),
        (
            {"baseline": "unet++"},
            "answer: baseline = 'unet++': no such baseline; nearest: unet, unetpp, upernet; known: "
            f"{', '.join(BASELINES)}, smp:ARCH/ENCODER, timm:NAME, torchvision:NAME, "
            "nnunet:plain|residual",
        ),
        ({"width": "0"}, "answer: width = '0': greater than or equal to 1"),
        ({"author": "a\nb"}, "answer: author = 'a\\nb': must be one line of visible text"),
        (
            {"palette": "red"},
            "answer: palette = 'red': expected [0, 255] or [[r, g, b], ...], one entry per class",
        ),
        (
            {"baseline": "resnet18", "task": "segmentation"},
            "answer: baseline 'resnet18' is for classification, but task is 'segmentation'; "
            "baselines for segmentation: unet, attention_unet, resunet, unetpp, nnunet_plain, "
            "nnunet_residual, fpn, linknet, pspnet, pan, manet, deeplabv3, deeplabv3plus, upernet, "
            "segformer, dpt",
        ),
        (
            {"package_name": "torch"},
            "answer: package_name 'torch' would hide a package or folder of that name; "
            "take 'torch_project'",
        ),
        (
            {"project_slug": "../../etc"},
            "answer: project_slug = '../../etc': string should match pattern "
            "'^([a-z0-9]+(-[a-z0-9]+)*)?$'",
        ),
    ],
)
def test_a_wrong_value_is_one_line_with_the_way_out(given: dict[str, object], message: str) -> None:
    assert refused(**given) == message


def test_all_mistakes_are_told_at_once() -> None:
    assert refused(license="GPL", width=0, year="soon").count("answer: ") == 3


def test_texts_of_the_command_line_become_values() -> None:
    answers = make_answers(
        {"project_name": "p", "modules": "se, cbam", "palette": "0,255", "width": "64"}
    )
    assert (answers.modules, answers.palette, answers.width) == (("se", "cbam"), [0, 255], 64)
    colours = make_answers({"project_name": "p", "palette": "[[0,0,0],[255,0,0]]"}).palette
    assert colours == [(0, 0, 0), (255, 0, 0)]


def test_the_task_follows_from_the_baseline_then_from_the_data() -> None:
    assert make_answers({"project_name": "p", "baseline": "resnet50"}).derived().task == (
        "classification"
    )
    assert make_answers({"project_name": "p"}).derived("classification").task == "classification"
    assert make_answers({"project_name": "p"}).derived().task == "segmentation"


def test_answers_are_read_from_json_and_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"schema": 1, "author": "Ana"}), encoding="utf-8")
    (tmp_path / "a.yaml").write_text("author: Ana\nyear: 2026\n", encoding="utf-8")
    assert read_answers(tmp_path / "a.json") == {"schema": 1, "author": "Ana"}
    given = read_answers(tmp_path / "a.yaml")
    assert make_answers({"project_name": "p", **given}).year == 2026
    (tmp_path / "list.yaml").write_text("- a\n", encoding="utf-8")
    with pytest.raises(UserError) as error:
        read_answers(tmp_path / "list.yaml")
    assert str(error.value) == (
        f"{tmp_path / 'list.yaml'}: expected 'key: value' answers, found list"
    )

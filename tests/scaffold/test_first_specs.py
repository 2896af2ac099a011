"""What a new project starts with suits its task: specs that plan, a README that tells the truth."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from paperkit.cli import main
from paperkit.sweep.rows import drafts
from paperkit.sweep.spec import load_spec

Make = Callable[..., Path]
BASELINES = {
    "unet": ["unet", "fpn", "ours"],
    "fpn": ["unet", "fpn", "ours"],
    "smp:Unet/resnet18": ["unet", "fpn", "smp_Unet_resnet18", "ours"],
    "resnet18": ["resnet18", "mobilenet_v2", "ours"],
    "lenet": ["lenet", "resnet18", "ours"],
    "timm:resnest14d": ["timm_resnest14d", "resnet18", "ours"],
    "mlp": ["mlp", "resnet18"],  # nothing to plug: ours would be the baseline
    "softmax_regression": ["softmax_regression", "resnet18"],
}


@pytest.mark.parametrize("baseline", BASELINES)
def test_every_row_of_the_first_specs_is_another_experiment(make: Make, baseline: str) -> None:
    project = make("first", baseline=baseline)
    found = drafts(load_spec(project / "experiments/comparison.yaml"))
    assert [row.method for row in found] == BASELINES[baseline]
    ablation = drafts(load_spec(project / "experiments/ablation.yaml"))
    for rows in (found, ablation):
        meant = [(row.config, str(row.settings), row.plugs) for row in rows]
        assert len({*map(repr, meant)}) == len(meant) >= 2
    assert (ablation[0].variant, ablation[0].settings, ablation[0].plugs) == ("baseline", {}, ())


@pytest.mark.parametrize("baseline", ["mlp", "softmax_regression"])
def test_a_baseline_without_slots_compares_settings(make: Make, baseline: str) -> None:
    project = make("flat", baseline=baseline)
    rows = drafts(load_spec(project / "experiments/ablation.yaml"))
    config = yaml.safe_load((project / "configs/baseline.yaml").read_text(encoding="utf-8"))
    assert [row.variant for row in rows] == ["baseline", "no_decay", "no_augmentation"]
    # without augmentation means all of it
    assert set(rows[2].set) == {f"augment.{key}" for key in config["augment"]}
    assert "--plug" not in (project / "README.md").read_text(encoding="utf-8").split("## What")[0]


def test_a_classification_project_does_not_speak_of_masks(make: Make) -> None:
    project = make("clf", baseline="resnet18")
    files = [project / "README.md", project / "paperkit.yaml"]
    files += [*project.glob("configs/*.yaml"), *project.glob("experiments/*.yaml")]
    text = "".join(file.read_text(encoding="utf-8") for file in files).lower()
    words = ("mask", "iou", "dice", "encoder", "smp:", "u-net")
    assert [word for word in words if word in text] == []
    assert "predictions.csv" in text
    assert '--plug "stage.*.block.*.branch=coord_att"' in text


@pytest.mark.parametrize(("name", "hflip"), [("mnist", 0.0), ("svhn", 0.0), ("cifar10", 0.5)])
def test_digits_are_not_mirrored(make: Make, name: str, hflip: float) -> None:
    project = make("digits", task="classification", data_name=name)
    config = yaml.safe_load((project / "configs/baseline.yaml").read_text(encoding="utf-8"))
    assert config["augment"]["hflip"] == hflip


@pytest.mark.parametrize("baseline", ["alexnet", "vit_b_32", "fpn", "pan"])
def test_the_first_method_fits_its_baseline(
    make: Make, monkeypatch: pytest.MonkeyPatch, baseline: str
) -> None:
    """These want larger images, other places, or have the name of a method that is there anyway."""
    monkeypatch.chdir(make("first", baseline=baseline))
    assert main(["check", "configs/ours.yaml"]) == 0

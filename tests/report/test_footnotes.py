"""What a table admits: unequal budgets, missing runs and the command that fills the gap."""

import re
from typing import Any

import pytest
import yaml
from test_tables import generated, rows

CONFIG = {
    "task": "segmentation",
    "data": {"name": "synthetic", "size": [64, 64]},
    "model": {"name": "unet", "backbone_weights": None, "init_from": None},
    "augment": {"hflip": 0.5, "scale": [0.8, 1.25], "rotate": 10.0},
    "optim": {"lr": 0.001},
    "train": {"epochs": 50, "batch_size": 8, "accumulate": 1, "precision": "fp32"},
    "_origins_": {"train.epochs": "configs/baseline.yaml:1"},
}


def configure(writer: Any, identity: str, **change: Any) -> None:
    """Write config.yaml as training does; keys of `change` are dotted with __."""
    config = {key: dict(v) if isinstance(v, dict) else v for key, v in CONFIG.items()}
    for key, value in change.items():
        section, _, name = key.partition("__")
        config[section][name] = value
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    writer.text(f"runs/{identity}/config.yaml", text)


def everywhere(writer: Any, **change: Any) -> None:
    for variant in ("baseline", "ca", "cga", "ca-cga"):
        for seed in (0, 1):
            configure(writer, f"ablation/{variant}/seed{seed}", **change)


def notes(writer: Any, name: str = "tab_ablation.tex") -> dict[str, str]:
    text = generated(writer, name).partition("\\pktablenotes")[2]
    return dict(re.findall(r"\\textsuperscript\{(\w+)\}(.+?)(?=; \\textsuperscript|\.\}%)", text))


def test_equal_budgets_need_no_footnote(writer: Any) -> None:
    writer.ablation()
    everywhere(writer)
    assert notes(writer) == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"train__epochs": 100}, "epochs: 100 instead of 50"),
        ({"train__batch_size": 16}, "batch size: 16 instead of 8"),
        (
            {"train__batch_size": 4, "train__accumulate": 2},
            "batch size: 4 accumulated 2 times instead of 8",
        ),
        ({"train__precision": "bf16"}, "precision: bf16 instead of fp32"),
        ({"model__backbone_weights": "imagenet"}, "encoder weights: imagenet instead of none"),
        ({"model__init_from": "/home/me/w_1.pt"}, "initial weights: w\\_1.pt instead of none"),
        ({"augment__rotate": 0.0}, "augmentation: rotate 0 instead of rotate 10"),
        (
            {"augment__hflip": 0.0, "augment__scale": [1.0, 1.0]},
            "augmentation: hflip 0, scale 1 to 1 instead of hflip 0.5, scale 0.8 to 1.25",
        ),
    ],
)
def test_an_unequal_budget_is_named_with_the_usual_one(
    writer: Any, change: dict[str, Any], said: str
) -> None:
    writer.ablation()
    everywhere(writer)
    for seed in (0, 1):
        configure(writer, f"ablation/cga/seed{seed}", **change)
    assert notes(writer) == {"a": said}
    marked = ["textsuperscript{a}" in row[2] for row in rows(generated(writer, "tab_ablation.tex"))]
    assert marked == [False, False, True, False]


def test_what_belongs_to_a_method_is_no_budget(writer: Any) -> None:
    writer.ablation()
    everywhere(writer)
    for seed in (0, 1):
        configure(writer, f"ablation/cga/seed{seed}", optim__lr=0.1, train__early_stop=5)
    assert notes(writer) == {}


def test_stopping_early_within_an_equal_budget_is_no_difference(writer: Any) -> None:
    writer.ablation()
    everywhere(writer, train__early_stop=5)
    folder = writer.folder / "runs/ablation/cga/seed0"
    lines = folder.joinpath("metrics.jsonl").read_text().splitlines()
    writer.text("runs/ablation/cga/seed0/metrics.jsonl", "\n".join(lines[:2]) + "\n")
    assert notes(writer) == {}


def test_of_imported_runs_without_a_configuration_the_epochs_of_the_log_count(writer: Any) -> None:
    writer.ablation()
    everywhere(writer)
    for seed in (0, 1):
        writer.run(f"ablation/cga/seed{seed}", {"iou_set": 0.7}, status="imported")
        (writer.folder / f"runs/ablation/cga/seed{seed}/config.yaml").unlink()
    assert notes(writer) == {"a": "epochs: 3 instead of 50"}


def test_imported_runs_of_one_row_may_differ_among_themselves(writer: Any) -> None:
    writer.ablation()
    everywhere(writer)
    for seed, epochs in ((0, 50), (1, 80)):
        writer.run(f"ablation/cga/seed{seed}", {"iou_set": 0.7}, status="imported")
        configure(writer, f"ablation/cga/seed{seed}", train__epochs=epochs)
    assert notes(writer) == {"a": "epochs: 50 and 80 instead of 50"}


def test_a_row_with_more_seeds_is_said_to_have_them(writer: Any) -> None:
    writer.ablation()
    planned = [writer.row("ablation", v, None, [0, 1]) for v in ("baseline", "ca", "cga")]
    planned.append(writer.row("ablation", "ca-cga", None, [0, 1, 2, 3]))
    writer.plan("ablation", "ablation", planned, ["iou_set"])
    for seed in (2, 3):
        writer.run(f"ablation/ca-cga/seed{seed}", {"iou_set": 0.7})
    assert notes(writer) == {"a": "runs: 4 instead of 2"}


def test_the_same_difference_has_one_letter(writer: Any) -> None:
    writer.ablation()
    everywhere(writer)
    for variant in ("ca", "ca-cga"):
        for seed in (0, 1):
            configure(writer, f"ablation/{variant}/seed{seed}", train__epochs=100)
    # two of four rows each: the first in the table is the usual one
    assert notes(writer) == {"a": "epochs: 100 instead of 50"}


def test_a_damaged_configuration_is_no_crash(writer: Any) -> None:
    writer.ablation()
    everywhere(writer)
    writer.text("runs/ablation/cga/seed0/config.yaml", "train: [\nmodel: {name: &x unet}\n: :")
    (writer.folder / "runs/ablation/ca/seed0/config.yaml").write_bytes(b"\xff\xfe")
    assert notes(writer) == {}


def test_what_is_missing_names_the_command_that_fills_it(writer: Any) -> None:
    writer.ablation()
    for seed in (0, 1):
        writer.run(f"ablation/ca/seed{seed}", {"iou_set": 0.9}, status="queued")
    writer.run("ablation/cga/seed0", {"iou_set": 0.9}, status="failed")
    command = "paperkit run experiments/ablation.yaml"
    assert notes(writer) == {
        "a": f"no result (2 not run): {command}",
        "b": f"n = 1 of 2 runs (1 failed): {command}",
    }
    assert rows(generated(writer, "tab_ablation.tex"))[1][2].startswith("--\\rlap")


def test_the_command_has_the_overrides_of_the_launch(writer: Any) -> None:
    writer.ablation()
    plan = writer.folder / "runs/ablation/plan.json"
    text = plan.read_text("utf-8")
    plan.write_text(
        text.replace('"overrides": []', '"overrides": ["data.name=a b", "train.epochs=2"]', 1)
    )
    writer.run("ablation/ca/seed0", {}, status="failed")
    said = "n = 1 of 2 runs (1 failed): paperkit run experiments/ablation.yaml "
    told = r"-{}-set \textquotesingle{}data.name=a b\textquotesingle{} -{}-set train.epochs=2"
    assert notes(writer) == {"a": said + told}


def test_nobody_is_told_to_repeat_what_diverged(writer: Any) -> None:
    writer.ablation()
    writer.run("ablation/ca/seed0", {}, status="diverged")
    assert notes(writer) == {"a": "n = 1 of 2 runs (1 diverged)"}


def test_a_metric_that_some_runs_do_not_define(writer: Any) -> None:
    writer.ablation(["iou_set", "dice_img"])
    writer.run("ablation/ca/seed0", {"iou_set": 0.7, "dice_img": None})
    for seed in (0, 1):
        writer.run(f"ablation/cga/seed{seed}", {"iou_set": 0.7})
    assert notes(writer) == {
        "a": "Dice (img): n = 1 of 2 runs (undefined in the others)",
        "b": "no Dice (img) in its results",
    }


def test_what_holds_on_every_data_set_stands_once_at_the_name(writer: Any) -> None:
    writer.comparison()
    for dataset in ("camvid", "synthetic"):
        for seed in (0, 1):
            configure(writer, f"comparison/unet/{dataset}/seed{seed}")
            configure(writer, f"comparison/ours/{dataset}/seed{seed}", train__epochs=100)
    writer.run("comparison/ours/synthetic/seed1", {}, status="failed")
    shown = rows(generated(writer, "tab_comparison.tex"))
    assert [["superscript" in cell for cell in row[:3]] for row in shown] == [
        [False, False, False],
        [True, False, True],
    ]
    assert notes(writer, "tab_comparison.tex") == {
        "a": "epochs: 100 instead of 50",
        "b": "n = 1 of 2 runs (1 failed): paperkit run experiments/comparison.yaml",
    }

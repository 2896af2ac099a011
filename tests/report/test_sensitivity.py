"""Sensitivity tables: what the rows are, what is marked, and that test results choose nothing."""

import csv
import io
from typing import Any

import pytest
from test_footnotes import configure
from test_tables import generated, rows

from paperkit.report import build
from paperkit.report.compose import compose
from paperkit.report.tables.measured import value_cell

# learning rate: (test, validation) by seed. Best on test is 0.01, best on validation 0.001
LR = {
    0.0001: [(0.60, 0.50), (0.62, 0.52)],
    0.001: [(0.70, 0.66), (0.72, 0.70)],
    0.01: [(0.80, 0.64), (0.84, 0.66)],
}


def chosen(value: float | None, metric: str = "iou_set", mode: str = "max") -> dict[str, Any]:
    where = {"metric": metric, "mode": mode, "split": "val", "epoch": 2, "value": value}
    return {"selection": where}


def sweep(writer: Any, *, spec: Any = None, metrics: tuple[str, ...] = ("iou_set",)) -> list[Any]:
    planned = [
        writer.row("lr", f"baseline-lr{lr}", None, [0, 1]) | {"set": {"optim.lr": lr}} for lr in LR
    ]
    writer.plan("ablation", "lr", planned, list(metrics), grid=spec or {"optim.lr": list(LR)})
    for row, values in zip(planned, LR.values(), strict=True):
        for run, (test, val) in zip(row["runs"], values, strict=True):
            writer.run(run["id"], dict.fromkeys(metrics, test), **chosen(val))
    return planned


def caption(writer: Any, name: str = "tab_sensitivity_lr") -> str:
    lines = generated(writer, "macros.tex").splitlines()
    start = f"\\pk@put{{caption:{name}}}{{"
    (line,) = [line for line in lines if line.startswith(start)]
    return line.removeprefix(start)[:-1]


def table(writer: Any, name: str = "tab_sensitivity_lr.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(generated(writer, name))))


def test_the_value_that_is_best_on_validation_is_bold_not_the_best_on_test(writer: Any) -> None:
    sweep(writer)
    tex = generated(writer, "tab_sensitivity_lr.tex")
    # means 51, 68, 65 on validation and 61, 71, 82 on test; deviations |a - b| / sqrt 2
    assert rows(tex) == [
        [r"\ensuremath{10^{-4}}", r"51.00\pkstd{1.41}", r"61.00\pkstd{1.41}"],
        [r"\pkbest{0.001}", r"\pkbest{68.00}\pkstd{2.83}", r"71.00\pkstd{1.41}"],
        ["0.01", r"65.00\pkstd{1.41}", r"82.00\pkstd{2.83}"],
    ]
    assert "{Learning rate} & \\multicolumn{1}{c}{Val. mIoU\\,\\ensuremath{\\uparrow}}" in tex
    assert caption(writer) == (
        "Model: U-Net. mIoU: intersection over union from counts pooled over the test set, "
        r"averaged over the 3 classes, in percent. $\pm$: standard deviation over the 2 runs of a "
        "value ($n-1$ in the denominator). In bold: the choice by the mean mIoU on validation, at "
        "the epoch of each run's checkpoint; the test split took no part in it."
    )
    found = table(writer)
    assert [float(row["optim.lr"]) for row in found] == list(LR)
    assert [row["chosen"] for row in found] == ["0", "1", "0"]
    assert [float(row["validation/iou_set"]) for row in found] == pytest.approx([0.51, 0.68, 0.65])
    assert [row["iou_set/n"] for row in found] == ["2", "2", "2"]


@pytest.mark.parametrize(
    "change",
    [
        {"selection": None},
        chosen(None),
        {"selection": chosen(0.5)["selection"] | {"split": "train"}},
    ],
)
def test_without_validation_nothing_is_chosen(writer: Any, change: dict[str, Any]) -> None:
    planned = sweep(writer)
    writer.run(planned[0]["runs"][1]["id"], {"iou_set": 0.9}, **change)
    assert "pkbest" not in generated(writer, "tab_sensitivity_lr.tex")
    assert caption(writer).endswith("Measured on the test split; do not choose by it.")
    assert "chosen" not in table(writer)[0]


def test_a_loss_is_best_when_it_is_small(writer: Any) -> None:
    planned = sweep(writer)
    for row, loss in zip(planned, (0.3, 0.5, 0.4), strict=True):
        for run in row["runs"]:
            writer.run(run["id"], {"iou_set": 0.5}, **chosen(loss, "loss", "min"))
    shown = rows(generated(writer, "tab_sensitivity_lr.tex"))
    assert shown[0][:2] == [r"\pkbest{\ensuremath{10^{-4}}}", r"\pkbest{0.300}\pkstd{0.000}"]
    assert "Val. Loss\\,\\ensuremath{\\downarrow}" in generated(writer, "tab_sensitivity_lr.tex")


def test_a_gap_is_explained_and_takes_no_part(writer: Any) -> None:
    planned = sweep(writer)
    writer.run(planned[1]["runs"][1]["id"], {}, status="failed")
    for run in planned[2]["runs"]:
        writer.run(run["id"], {}, status="queued")
    tex = generated(writer, "tab_sensitivity_lr.tex")
    shown = rows(tex)
    assert shown[1][:2] == [r"\pkbest{0.001}", r"\pkbest{66.00}\phantom{\pkstd{1.41}}"]
    assert shown[2] == ["0.01", "--\\phantom{\\pkstd{1.41}}", shown[2][2]]
    assert shown[2][2].startswith("--\\rlap{\\textsuperscript{b}}")
    assert "n = 1 of 2 runs (1 failed): paperkit run experiments/lr.yaml" in tex
    assert "no result (2 not run): paperkit run experiments/lr.yaml" in tex


def test_the_swept_key_is_no_unequal_budget(writer: Any) -> None:
    planned = [
        writer.row("lr", f"baseline-epochs{n}", None, [0]) | {"set": {"train.epochs": n}}
        for n in (50, 100)
    ]
    writer.plan("ablation", "lr", planned, ["iou_set"], grid={"train.epochs": [50, 100]})
    for row, epochs in zip(planned, (50, 100), strict=True):
        writer.run(row["runs"][0]["id"], {"iou_set": 0.5})
        configure(writer, row["runs"][0]["id"], train__epochs=epochs)
    assert "pktablenotes" not in generated(writer, "tab_sensitivity_lr.tex")  # its column says it


def test_two_keys_are_a_matrix(writer: Any) -> None:
    grid = {"optim.lr": [0.001, 0.01], "optim.weight_decay": [0, 0.1, 1e-5]}
    test = {(0.001, 0): 0.1, (0.001, 0.1): 0.2, (0.001, 1e-5): 0.3}
    test |= {(0.01, 0): 0.4, (0.01, 0.1): 0.5, (0.01, 1e-5): 0.6}
    planned = [
        writer.row("lr", f"baseline-lr{lr}-weight_decay{decay}", None, [0])
        | {"set": {"optim.lr": lr, "optim.weight_decay": decay}}
        for lr, decay in test
    ]
    writer.plan("ablation", "lr", planned, ["iou_set", "dice_img"], grid=grid)
    for row, (values, score) in zip(planned, test.items(), strict=True):
        validation = 0.9 if values == (0.001, 0.1) else 0.8
        metrics = {"iou_set": score, "dice_img": 0.0}
        writer.run(row["runs"][0]["id"], metrics, **chosen(validation))
    tex = generated(writer, "tab_sensitivity_lr.tex")
    assert rows(tex) == [
        ["0.001", "10.00", r"\pkbest{20.00}", "30.00"],
        ["0.01", "40.00", "50.00", "60.00"],
    ]
    head = tex.split("\\toprule\n")[1].split("\\midrule\n")[0].splitlines()
    assert head[0].replace("@{}", "") == " & \\multicolumn{3}{c}{Weight decay} \\\\"
    assert head[1] == "\\cmidrule(lr){2-4}"
    assert head[2].replace("@{}", "") == (
        "\\multicolumn{1}{c}{Learning rate} & \\multicolumn{1}{c}{0} & \\multicolumn{1}{c}{0.1} & "
        "\\multicolumn{1}{c}{\\ensuremath{10^{-5}}} \\\\"
    )
    said = caption(writer)
    assert said.startswith("Model: U-Net. mIoU: intersection") and "Dice" not in said
    assert "in percent. One run per value. In bold: the choice by the mean mIoU on" in said
    (first, _) = table(writer)
    assert first["optim.weight_decay=0.1/iou_set"] == "0.2"
    assert first["optim.weight_decay=0.1/chosen"] == "1"


def test_a_matrix_for_each_data_set(writer: Any) -> None:
    grid = {"optim.lr": [0.1, 0.2], "train.epochs": [1, 2]}
    planned = [
        writer.row("lr", f"unet-lr{lr}-epochs{n}", dataset, [0])
        | {"set": {"optim.lr": lr, "train.epochs": n}, "method": "unet"}
        for lr in grid["optim.lr"]
        for n in grid["train.epochs"]
        for dataset in ("camvid", "voc")
    ]
    writer.plan("comparison", "lr", planned, ["iou_set"], grid=grid)
    for i, row in enumerate(planned):
        writer.run(row["runs"][0]["id"], {"iou_set": i / 10}, **chosen(0.5))
    # rows come lr, then epochs, then data set: voc has the odd numbers
    assert rows(generated(writer, "tab_sensitivity_lr_unet_voc.tex")) == [
        ["0.1", "10.00", "30.00"],
        ["0.2", "50.00", "70.00"],
    ]
    said = caption(writer, "tab_sensitivity_lr_unet_voc")
    assert said.startswith("Model: U-Net, on voc. ")
    assert said.endswith("On validation, no value has a better mIoU.")  # 0.5 each, nothing bold
    assert rows(generated(writer, "tab_sensitivity_lr_unet_camvid.tex"))[0][1] == "0.00"


def test_models_of_a_grid_stand_side_by_side(writer: Any) -> None:
    planned = [
        writer.row("lr", f"{variant}-lr{lr}", None, [0])
        | {"set": {"optim.lr": lr}, "on": [] if variant == "baseline" else ["ca"]}
        for variant in ("baseline", "ca")
        for lr in (0.1, 0.2)
    ]
    writer.plan("ablation", "lr", planned, ["iou_set"], grid={"optim.lr": [0.1, 0.2]})
    for row, test, val in zip(planned, (0.1, 0.2, 0.3, 0.4), (0.7, 0.5, 0.3, 0.8), strict=True):
        writer.run(row["runs"][0]["id"], {"iou_set": test}, **chosen(val))
    tex = generated(writer, "tab_sensitivity_lr.tex")
    assert rows(tex) == [
        ["0.1", r"\pkbest{70.00}", "10.00", "30.00", "30.00"],
        ["0.2", "50.00", "20.00", r"\pkbest{80.00}", "40.00"],
    ]
    assert " & \\multicolumn{2}{c}{U-Net} & \\multicolumn{2}{c}{Ours} \\\\" in tex.replace(
        "@{}", ""
    )
    assert list(table(writer)[0])[:2] == ["optim.lr", "baseline/validation/iou_set"]


def test_rows_that_an_ablation_sets_by_hand(writer: Any) -> None:
    values = {"baseline": None, "low": 0.0001, "high": 0.1, "wide": None}
    planned = [
        writer.row("lr", name, None, [0]) | {"set": {} if v is None else {"optim.lr": v}}
        for name, v in values.items()
    ]
    planned[-1]["set"] = {"model.width": 64}
    writer.plan("ablation", "lr", planned, ["iou_set"])
    for row, test, val in zip(planned, (0.3, 0.4, 0.2, 0.9), (0.6, 0.5, 0.4, 0.9), strict=True):
        writer.run(row["runs"][0]["id"], {"iou_set": test}, **chosen(val))
        configure(writer, row["runs"][0]["id"], optim__lr=row["set"].get("optim.lr", 0.01))
    # by size, the configured 0.01 in between; the one row that sets the width makes no table
    assert rows(generated(writer, "tab_sensitivity_lr.tex")) == [
        [r"\ensuremath{10^{-4}}", "50.00", "40.00"],
        [r"\pkbest{0.01}", r"\pkbest{60.00}", "30.00"],
        ["0.1", "40.00", "20.00"],
    ]


def test_an_experiment_without_a_sweep_has_no_such_table(writer: Any) -> None:
    writer.ablation()
    writer.comparison()
    assert not [path for path in build(writer.project()).files if "sensitivity" in path.name]


def test_a_sweep_of_one_value_is_none(writer: Any) -> None:
    sweep(writer, spec={"optim.lr": [0.1]})
    assert not [path for path in build(writer.project()).files if "sensitivity" in path.name]


@pytest.mark.parametrize(
    ("value", "tex", "plain"),
    [
        (0.001, "0.001", "0.001"),
        (100, "100", "100"),
        (1e-5, r"\ensuremath{10^{-5}}", "10-5"),
        (3e-5, r"\ensuremath{3{\times}10^{-5}}", "3x10-5"),
        (2.5e-7, r"\ensuremath{2.5{\times}10^{-7}}", "2.5x10-7"),
        (-0.5, "$-$0.5", "-0.5"),
        (0.0, "0", "0"),
        (True, "true", "true"),
        (None, "none", "none"),
        ([0.8, 1.25], "{[}0.8, 1.25{]}", "[0.8, 1.25]"),
        ("a_b", r"a\_b", "a_b"),
        (float("inf"), ".inf", ".inf"),
    ],
)
def test_values_as_a_reader_writes_them(value: Any, tex: str, plain: str) -> None:
    cell = value_cell(value)
    assert (cell.tex, cell.plain) == (tex, plain)


def test_a_name_of_a_value_is_data(writer: Any) -> None:
    planned = sweep(writer)
    planned[0]["set"] = {"optim.lr": "\\input{x}"}
    writer.plan("ablation", "lr", planned, ["iou_set"], grid={"optim.lr": list(LR)})
    assert r"\textbackslash{}input\{x\}" in generated(writer, "tab_sensitivity_lr.tex")


def test_settings_alone_are_not_ranked_by_the_test_set(writer: Any) -> None:
    sweep(writer)
    built = compose(writer.project())
    assert "tab_sensitivity_lr.tex" in built.texts
    assert "tab_lr.tex" not in built.texts

"""The table per class: means by hand, the best of each class, and what does not fit."""

import csv
import io
import json
from typing import Any

import pytest
from test_tables import generated, rows

from paperkit.report import build

# per class and seed; the means are 0.70 and 0.90, 0.50 and 0.40, and one run's 0.25 against none
VALUES = {
    "baseline": [(0.6, 0.4, None), (0.8, 0.6, 0.25)],
    "ca": [(0.85, 0.4, None), (0.95, 0.4, None)],
}
CLASSES = ("road", "side_walk", "car % van")


def ablation(writer: Any, metric: str = "iou_set", classes: tuple[str, ...] = CLASSES) -> None:
    rows = [writer.row("ablation", variant, None, [0, 1]) for variant in VALUES]
    writer.plan("ablation", "ablation", rows, [metric])
    for variant, seeds in VALUES.items():
        for seed, values in enumerate(seeds):
            folder = writer.run(f"ablation/{variant}/seed{seed}", {metric: 0.5})
            told = {name: {metric: values[i % 3]} for i, name in enumerate(classes)}
            change(folder, per_class=told)


def change(folder: Any, **values: Any) -> None:
    file = folder / "summary.json"
    summary = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(summary | values), encoding="utf-8")


def names(writer: Any) -> set[str]:
    return {path.name for path in build(writer.project()).files if "perclass" in path.name}


def test_means_over_the_seeds_and_the_best_of_each_class(writer: Any) -> None:
    ablation(writer)
    tex = generated(writer, "tab_perclass_ablation.tex")
    assert rows(tex) == [
        ["road", "70.00", "\\pkbest{90.00}"],
        ["side\\_walk", "\\pkbest{50.00}", "40.00"],
        ["car \\% van", "25.00", "--"],
    ]
    assert " & \\multicolumn{2}{c@{}}{IoU (\\%)} \\\\\n\\cmidrule(lr){2-3}\nClass & " in tex
    assert "\\multicolumn{1}{c}{U-Net} & \\multicolumn{1}{c@{}}{Ours}" in tex
    macros = generated(writer, "macros.tex")
    assert (
        "\\pk@put{caption:tab_perclass_ablation}{IoU: intersection over union of each class, "
        "pooled over the test set, in percent. Means over the 2 runs of a column. "
        "Best of each class in bold.}"
    ) in macros


def test_exact_values_are_in_the_csv_file(writer: Any) -> None:
    ablation(writer, "f1_set")
    text = generated(writer, "tab_perclass_ablation.csv")
    found = list(csv.reader(io.StringIO(text)))
    assert found[0] == ["class", "baseline/f1_set", "ca/f1_set"]
    assert [row[0] for row in found[1:]] == list(CLASSES)
    values = [[float(cell or "nan") for cell in row[1:]] for row in found[1:]]
    expected = [[0.7, 0.9], [0.5, 0.4], [0.25, float("nan")]]
    assert values == [pytest.approx(row, nan_ok=True) for row in expected]


def test_a_missing_seed_is_explained_at_its_column(writer: Any) -> None:
    ablation(writer)
    writer.run("ablation/ca/seed1", {"iou_set": 0.9}, status="failed")
    tex = generated(writer, "tab_perclass_ablation.tex")
    assert "\\multicolumn{1}{c@{}}{Ours\\textsuperscript{a}}" in tex
    note = "n = 1 of 2 runs (1 failed): paperkit run experiments/ablation.yaml"
    assert f"\\textsuperscript{{a}}{note}." in tex
    assert rows(tex)[0] == ["road", "70.00", "\\pkbest{85.00}"]


@pytest.mark.parametrize(
    ("metric", "count", "there"),
    [
        ("iou_set", 2, False),  # the background is of no interest
        ("iou_set", 20, True),
        ("iou_set", 21, False),
        ("f1_set", 2, True),
        ("acc_set", 3, False),  # nothing per class
    ],
)
def test_only_where_it_can_be_read(writer: Any, metric: str, count: int, there: bool) -> None:
    ablation(writer, metric, tuple(f"class {n}" for n in range(count)))
    files = {f"tab_perclass_ablation.{suffix}" for suffix in ("tex", "csv", "md", "docx", "xlsx")}
    assert names(writer) == (files if there else set())


def test_data_sets_have_tables_of_their_own(writer: Any) -> None:
    writer.comparison()
    assert {name for name in names(writer) if name.endswith("tex")} == {
        "tab_perclass_comparison_camvid.tex",
        "tab_perclass_comparison_synthetic.tex",
    }


def test_variants_that_do_not_fit_have_numbers_and_a_key(writer: Any) -> None:
    variants = ["baseline", *(f"a_variant_with_a_long_name_{n}" for n in range(8))]
    planned = [writer.row("ablation", variant, None, [0]) for variant in variants]
    writer.plan("ablation", "ablation", planned, ["iou_set"])
    for variant in variants:
        writer.run(f"ablation/{variant}/seed0", {"iou_set": 0.5})
    tex = generated(writer, "tab_perclass_ablation.tex")
    assert "{(1)} & \\multicolumn{1}{c}{(2)} & " in tex
    assert "\\pktablenotes{(1)~U-Net, (2)~a variant with a long name 0, " in tex
    (head, *_) = csv.reader(io.StringIO(generated(writer, "tab_perclass_ablation.csv")))
    assert head == ["class", *(f"{variant}/iou_set" for variant in variants)]
    assert not [w for w in build(writer.project()).warnings if "pt wide" in w]


def test_what_is_too_high_is_left_to_the_csv_file(writer: Any) -> None:
    variants = ["baseline", *(f"variant_{n}" for n in range(119)), "last"]
    planned = [writer.row("ablation", variant, None, [0]) for variant in variants]
    classes = tuple(f"class {n}" for n in range(20))
    writer.plan("ablation", "ablation", planned, ["iou_set"])
    for variant in variants:
        folder = writer.run(f"ablation/{variant}/seed0", {"iou_set": 0.5})
        change(folder, per_class={name: {"iou_set": 0.5} for name in classes})
    tex = generated(writer, "tab_perclass_ablation.tex")
    assert "{U-Net} & \\multicolumn{1}{c@{}}{last} \\\\" in tex
    assert not [w for w in build(writer.project()).warnings if "tab_perclass" in w]

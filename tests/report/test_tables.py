"""The printed table: marks, footnotes, head, width."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paperkit.latex import Tex
from paperkit.report import build, find_venue
from paperkit.report.collect import collect
from paperkit.report.files.fit import fit
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.table_tex import table_tex
from paperkit.report.names import Names
from paperkit.report.quantity import quantities
from paperkit.report.tables.ablation import ablation_table

IEEE = find_venue("ieee-journal")


def rows(tex: str) -> list[list[str]]:
    """Cells of the body's rows."""
    body = tex.split("\\midrule\n", 1)[1].split("\\bottomrule")[0]
    lines = [line for line in body.splitlines() if line != "\\midrule"]
    return [[cell.strip() for cell in line.removesuffix("\\\\").split("&")] for line in lines]


def generated(writer: Any, name: str) -> str:
    build(writer.project())
    return (writer.folder / "paper/generated" / name).read_text(encoding="utf-8")


def test_check_marks_best_second_and_difference(writer: Any) -> None:
    writer.ablation()
    assert rows(generated(writer, "tab_ablation.tex")) == [
        ["\\pkno{}", "\\pkno{}", "71.00\\pkstd{1.41}", "", "1.94", "0.50"],
        ["\\pkyes{}", "\\pkno{}", "\\pksecond{73.50}\\pkstd{2.12}", "+2.50", "1.95", "0.50"],
        ["\\pkno{}", "\\pkyes{}", "\\pksecond{73.50}\\pkstd{0.71}", "+2.50", "2.01", "0.50"],
        ["\\pkyes{}", "\\pkyes{}", "\\pkbest{77.00}\\pkstd{1.41}", "+6.00", "2.02", "0.50"],
    ]


def test_ranked_on_unrounded_values(writer: Any) -> None:
    writer.ablation()
    for seed in (0, 1):  # 77.004 and 76.996 print alike: both are bold; 76.99 does not
        writer.run(f"ablation/ca-cga/seed{seed}", {"iou_set": 0.77004})
        writer.run(f"ablation/ca/seed{seed}", {"iou_set": 0.76996})
        writer.run(f"ablation/cga/seed{seed}", {"iou_set": 0.7699})
    table = rows(generated(writer, "tab_ablation.tex"))
    assert [row[2].split("{")[0] for row in table[1:]] == ["\\pkbest", "\\pksecond", "\\pkbest"]


def test_a_missing_seed_keeps_the_columns_aligned_and_is_explained(writer: Any) -> None:
    writer.ablation()
    writer.run("ablation/ca/seed1", {"iou_set": 0.9}, status="failed")
    tex = generated(writer, "tab_ablation.tex")
    assert rows(tex)[1][2] == "72.00\\rlap{\\textsuperscript{a}}\\phantom{\\pkstd{1.41}}"
    note = "n = 1 of 2 runs (1 failed): paperkit run experiments/ablation.yaml"
    assert f"\\pktablenotes{{\\textsuperscript{{a}}{note}.}}" in tex


def test_what_is_unequal_is_explained(writer: Any) -> None:
    writer.ablation()
    plan = writer.folder / "runs/ablation/plan.json"
    plan.write_text(plan.read_text().replace('"data_sha256": "data"', '"data_sha256": null')
                    .replace('"code_sha256": "code"', '"code_sha256": null'))  # fmt: skip
    for seed in (0, 1):
        writer.run(f"ablation/ca/seed{seed}", {"iou_set": 0.9}, data_sha256="other")
    writer.run("ablation/cga/seed1", {"iou_set": 0.9}, code_sha256="other")
    model = {"name": "unet", "params": 1, "gmacs": 1, "input": [3, 128, 128]}
    writer.run("ablation/ca-cga/seed0", {"iou_set": 0.9}, model=model)
    tex = generated(writer, "tab_ablation.tex")
    notes = re.findall(r"\\textsuperscript\{(\w)\}([^;}]+)[;.]", tex.split("\\pktablenotes")[1])
    assert notes == [
        ("a", "other data than the other rows"),
        ("b", "its runs used different code"),
        ("c", "input 3x128x128"),
    ]


def test_data_sets_are_groups_and_ours_stands_apart(writer: Any) -> None:
    writer.comparison()
    tex = generated(writer, "tab_comparison.tex")
    assert " & \\multicolumn{1}{c}{camvid} & \\multicolumn{1}{c}{Synth\\_1} &  &  &  \\\\" in tex
    assert "\\cmidrule(lr){2-2} \\cmidrule(lr){3-3}" in tex
    assert "U-Net~\\cite{ronneberger2015unet} & 55.00\\pkstd{7.07}" in tex
    assert "\\midrule\nOurs & \\pkbest{75.00}\\pkstd{7.07}" in tex


def test_models_are_called_by_their_titles() -> None:
    expected = {
        "unet": "U-Net",
        "deeplabv3plus": "DeepLabV3+",
        "smp:FPN/resnet18": "FPN (ResNet-18)",
        "smp:Unet/tu-convnext_tiny": "U-Net (ConvNeXt-T)",
        "smp:DPT/tu-vit_base_patch16_224.augreg_in21k": "DPT",
        "timm:resnest50d": "ResNeSt-50",
        "timm:vit_tiny_patch16_224": "vit_tiny_patch16_224",
        "seg.mine:net": "seg.mine:net",
        "no_decay": "no decay",
    }
    assert {name: Names({}).plain(name) for name in expected} == expected
    assert Names({"unet": "Ours, small"}).plain("unet") == "Ours, small"


def test_a_method_that_is_a_model_and_nothing_else_has_its_title(writer: Any) -> None:
    settings = {
        "dl": {"model.name": "deeplabv3plus"},
        "pyramid": {"model.name": "smp:FPN/resnet18", "data.root": "x"},
        "slow": {"model.name": "unet", "optim.lr": 1e-4},
        "first": {"model.name": "resunet"},
        "second": {"model.name": "resunet"},
        "own": {"model.name": "seg.mine:net"},
        "plugged": {"model.name": "pan"},
        "given": {"model.name": "linknet"},
    }
    rows = [writer.row("comparison", name, None, [0]) | {"set": s} for name, s in settings.items()]
    rows[-2]["plugs"] = [{"modules": ["coord_att"]}]
    writer.plan("comparison", "comparison", rows, ["iou_set"])
    writer.text("paperkit.yaml", "names: {given: Mine}\n")
    writer.figures(False)
    for row in rows:
        writer.run(row["runs"][0]["id"], {"iou_set": 0.5})
    csv = generated(writer, "tab_comparison.csv")
    tex = generated(writer, "tab_comparison.tex")
    shown = ["DeepLabV3+", "FPN (ResNet-18)", "slow", "first", "second", "own", "plugged", "Mine"]
    body = tex.split("\\midrule\n", 1)[1]
    assert [line.split("~")[0].split(" & ")[0] for line in body.splitlines()][: len(shown)] == shown
    assert all(f"\n{name}," in csv for name in settings)  # the data keep the ids


def test_names_are_data(writer: Any) -> None:
    writer.ablation()
    names = "names: {ca: 'A&B_\\input{x}', iou_set: '50% $x$'}\nfigures: []\n"
    writer.text("paperkit.yaml", names)
    tex = generated(writer, "tab_ablation.tex")
    assert "A\\&B\\_\\textbackslash{}input\\{x\\} & CGA" in tex
    assert "50\\% \\$x\\$" in tex


def test_a_table_too_wide_for_the_column_gets_the_page(writer: Any) -> None:
    writer.ablation(["iou_set", "dice_img", "acc_set", "iou_img"])
    macros = generated(writer, "macros.tex")
    assert "\\pk@put{wide:tab_ablation}{}" in macros
    writer.ablation(["iou_set"])
    assert "wide:tab_ablation" not in generated(writer, "macros.tex")


def test_a_table_too_high_for_the_page_is_a_warning(writer: Any) -> None:
    variants = ["baseline", *(f"variant_{n}" for n in range(70))]
    planned = [writer.row("ablation", variant, None, [0]) for variant in variants]
    writer.plan("ablation", "ablation", planned, ["iou_set"])
    (warning,) = [w for w in build(writer.project()).warnings if "pt wide" in w]
    assert re.fullmatch(
        r"tab_ablation is about \d+ pt wide and 7\d\d pt high, the text 516 pt by 696 pt; "
        "print fewer metrics, data sets or rows",
        warning,
    )


@pytest.mark.latex
def test_the_estimated_width_is_what_tex_measures(writer: Any, tmp_path: Path) -> None:
    tables = []
    for metrics in (["iou_set"], ["iou_set", "dice_img"], ["iou_set", "dice_img", "acc_set"]):
        writer.ablation(metrics)
        (experiment,) = collect(writer.folder / "runs")
        table = ablation_table(experiment, quantities(experiment), Names({"ca": "CoordAtt"}))
        tables.append(replace(table, notes=()))
    names = Column(
        Cell(Tex("Method"), "Method"), (Cell(Tex("DeepLabV3+ wide"), "DeepLabV3+ wide"),)
    )
    tables.append(Table("tab_names", (names,)))
    build(writer.project())
    boxes = [f"\\measure{{{i}}}{{{table_tex(t, IEEE)}}}" for i, t in enumerate(tables)]
    source = "\n".join(
        [
            r"\documentclass[journal]{IEEEtran}\usepackage[T1]{fontenc}",
            r"\usepackage{booktabs,pifont,amssymb}\input{macros.tex}",
            r"\newcommand\measure[2]{\setbox0=\hbox{#2}\typeout{WIDTH #1 \the\wd0}}",
            r"\begin{document}",
            *boxes,
            r"x\end{document}",
        ]
    )
    (tmp_path / "main.tex").write_text(source)
    macros = writer.folder / "paper/generated/macros.tex"
    (tmp_path / "macros.tex").write_bytes(macros.read_bytes())
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8")
    measured = dict(re.findall(r"WIDTH (\d+) ([\d.]+)pt", done.stdout))
    assert len(measured) == len(tables), done.stdout[-1500:]
    for i, table in enumerate(tables):
        assert fit(table, IEEE).width == pytest.approx(float(measured[str(i)]), rel=0.04)


@pytest.mark.parametrize(
    ("listed", "there"),
    [
        ("[ablation]", {"tab_ablation"}),
        ("[tab_ablation, perclass_ablation]", {"tab_ablation", "tab_perclass_ablation"}),
        ("[{name: ablation}]", {"tab_ablation"}),
        ("[]", set()),
    ],
)
def test_only_the_tables_that_are_listed(writer: Any, listed: str, there: set[str]) -> None:
    writer.ablation()
    writer.text("paperkit.yaml", f"tables: {listed}\nfigures: []\n")
    built = build(writer.project())
    assert built.warnings == ()
    assert {path.stem for path in built.files if path.name.startswith("tab_")} == there


def test_a_listed_name_that_is_nothing_is_a_warning_with_the_nearest(writer: Any) -> None:
    writer.ablation()
    writer.text(
        "paperkit.yaml", "tables: [tab_ablaton, 7x]\nfigures: [{name: fig_curve_ablation}]\n"
    )
    first, second, third = build(writer.project()).warnings
    said = "paperkit.yaml: tables: the runs give nothing that is called"
    assert first == f"{said} 'tab_ablaton'; did you mean 'tab_ablation'?"
    assert second.startswith(f"{said} '7x'; known: tab_ablation, tab_")
    assert third == (
        "paperkit.yaml: figures: the runs give nothing that is called 'fig_curve_ablation'; "
        "did you mean 'fig_curves_ablation'?"
    )

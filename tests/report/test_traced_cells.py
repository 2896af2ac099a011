"""From any printed cell of any table to the runs behind it."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from test_sensitivity import sweep

from paperkit.errors import UserError
from paperkit.project import root
from paperkit.report import build, trace

RUNS = Path(__file__).parents[1] / "data/runs"
NUMBER = re.compile(r"[+−-]?(\d+(?:\.\d+)?)(?: ±.*)?")
SCALES = (1, 100, 1e-6, 1 / 60, 1 / 1024)  # of what is printed: a fraction, in percent, in millions


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The small real runs and their report."""
    folder = tmp_path_factory.mktemp("traced")
    shutil.copytree(RUNS, folder / "runs")
    answers = {"schema": 1, "package_name": "seg", "project_name": "seg", "author": "A"}
    (folder / ".paperkit").mkdir()
    (folder / ".paperkit/answers.json").write_text(json.dumps(answers), encoding="utf-8")
    (folder / "paperkit.yaml").write_text("names: {baseline: U-Net}\nfigures: []\n", "utf-8")
    build(root.find(folder))
    return root.find(folder)


def rows_of(project: Any, table: str) -> list[list[str]]:
    """The rows as the Markdown file shows them."""
    text = (project.root / f"paper/generated/{table}.md").read_text("utf-8")
    lines = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


@pytest.mark.parametrize(
    "table", ["ablation", "perclass_ablation", "cost_ablation", "statistics_ablation",
              "where_ablation", "data"],
)  # fmt: skip
def test_a_printed_number_is_found_by_row_and_column(real: Any, table: str) -> None:
    rows = rows_of(real, f"tab_{table}")
    names = 0 if table == "ablation" else 1  # check marks tell its rows
    found = [
        (i, j, digits[1])
        for i, row in enumerate(rows, 1)
        for j, shown in enumerate(row, 1)
        if j > names and (digits := NUMBER.fullmatch(shown.replace("**", "")))
    ]
    assert len(found) > 3
    for i, j, digits in found:
        traced = trace(real, f"{table}:{i}:{j}")
        assert traced.problems == () and (traced.runs or traced.origin), traced.key
        value, decimals = abs(float(traced.value or "nan")), len(digits.partition(".")[2])
        near = {f"{value * scale:.{decimals}f}" for scale in SCALES}
        assert digits in near, (traced.key, traced.value)


def ids(traced: Any) -> list[str]:
    return [run.id for run in traced.runs]


def seeds(*variants: str) -> list[str]:
    return [f"ablation/{variant}/seed{seed}" for variant in variants for seed in (0, 1)]


@pytest.mark.parametrize("column", ["ca/iou_set", "IoU (%) ca", "iou CA", "ca", "3"])
def test_a_class_is_the_mean_of_the_runs_of_its_column(real: Any, column: str) -> None:
    traced = trace(real, f"perclass_ablation:disk:{column}")
    files = [real.root / run.folder / "summary.json" for run in traced.runs]
    found = [json.loads(file.read_text("utf-8"))["per_class"]["disk"]["iou_set"] for file in files]
    assert ids(traced) == seeds("ca")
    assert float(traced.value or 0) == pytest.approx(sum(found) / len(found), rel=1e-14)


@pytest.mark.parametrize(
    ("cell", "header", "runs"),
    [
        ("where_ablation:small:Δ", "delta", seeds("baseline", "ca-cga")),
        ("where_ablation:disk:n", "n", seeds("baseline", "ca-cga")),
        ("where_ablation:all:U-Net", "baseline", seeds("baseline")),
        ("statistics_ablation:1:r", "effect", seeds("ca", "baseline")),
        ("statistics_ablation:4:W/T/L", "wins", seeds("ca", "baseline")),
        ("cost_ablation:ca:Time", "seconds", seeds("ca")),
        ("ablation:ca-cga:ca", "ca", seeds("ca-cga")),
        ("data:1:disk", "share/disk", seeds("baseline", "ca", "cga", "ca-cga")),
    ],
)
def test_a_cell_without_a_key_says_which_runs_it_compares(
    real: Any, cell: str, header: str, runs: list[str]
) -> None:
    traced = trace(real, cell)
    assert traced.key.rpartition(":")[2] == header
    assert (ids(traced), traced.problems) == (runs, ())


def test_what_two_runs_do_not_give_is_no_fault(real: Any) -> None:
    """Two seeds have no p; the baseline has no difference to itself."""
    traced = trace(real, "statistics_ablation:1:p")
    assert (traced.key, traced.value, traced.problems) == ("ablation/ca/iou_set/p", None, ())
    assert traced.what == (
        "p of the difference, adjusted for the differences of its table; these runs give none"
    )
    empty = trace(real, "ablation:baseline:mIoU Δ")
    assert (empty.value, empty.problems) == (None, ())
    assert empty.what == (
        "the cell of tab_ablation.csv in row 'baseline' and column 'iou_set/delta', which is empty"
    )


def test_a_rank_rests_on_every_method_and_a_difference_on_two(writer: Any) -> None:
    writer.comparison(("a", "b", "c"))
    build(writer.project())
    traced = trace(writer.project(), "tab_comparison:ours:Avg. rank")
    assert (float(traced.value or 0), len(traced.runs), traced.problems) == (1.0, 12, ())
    difference = trace(writer.project(), "statistics_comparison:2:Δ")
    assert difference.key == "comparison/unet/b/iou_set/delta"
    assert float(difference.value or 0) == pytest.approx(0.2)
    assert sorted(ids(difference)) == [
        f"comparison/{method}/b/seed{seed}" for method in ("ours", "unet") for seed in (0, 1)
    ]
    one = trace(writer.project(), "tab_comparison:ours:b mIoU")
    assert one.key == "comparison/ours/b/iou_set"
    with pytest.raises(UserError) as caught:
        trace(writer.project(), "tab_comparison:ours:mIoU")
    assert str(caught.value) == (
        "tab_comparison:ours:mIoU: 3 columns of tab_comparison are called 'mIoU': say which by its "
        "id, a/iou_set, b/iou_set, c/iou_set"
    )


def test_a_value_of_a_sweep_has_its_runs(writer: Any) -> None:
    sweep(writer)
    build(writer.project())
    traced = trace(writer.project(), "sensitivity_lr:0.001:Val. mIoU")
    assert float(traced.value or 0) == pytest.approx((0.66 + 0.70) / 2)
    assert ids(traced) == ["lr/baseline-lr0.001/seed0", "lr/baseline-lr0.001/seed1"]


def test_a_name_is_no_number(real: Any) -> None:
    with pytest.raises(UserError) as caught:
        trace(real, "where_ablation:disk:Images")
    assert str(caught.value) == (
        "where_ablation:disk:Images: the name of a row; ask for a number, such as "
        "tab_where_ablation:all:n"
    )

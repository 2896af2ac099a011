"""From a number to its runs and files, and every way in which it is not theirs any more."""

import hashlib
import shutil
from typing import Any

import pytest

from paperkit.errors import Findings, UserError
from paperkit.report import build, trace
from paperkit.report.checks.wording import split_key, statistic

COPIED = {"segnet": {"camvid": {"iou_set": 60.1}, "cite": "badrinarayanan2017segnet"}}
SPEC = """kind: comparison
experiment: comparison
literature:
  segnet:
    camvid: {iou_set: 60.1}
    cite: badrinarayanan2017segnet
"""


@pytest.fixture
def made(writer: Any) -> Any:
    writer.ablation()
    writer.comparison(literature=COPIED)
    writer.text("experiments/comparison.yaml", SPEC)
    writer.text("paper/main.tex", "Text.\nWe reach \\pk{ablation/ca/iou_set}.\n")
    command = "python train.py --config configs/ca.yaml seed=1"
    writer.run("ablation/ca/seed1", {"iou_set": 0.75}, command=command)
    build(writer.project())
    return writer


def problems(writer: Any, name: str = "ablation/ca/iou_set") -> tuple[str, ...]:
    return trace(writer.project(), name).problems


def test_a_number_leads_to_its_runs_and_their_files(made: Any) -> None:
    found = trace(made.project(), "ablation/ca/iou_set")
    assert (found.display, found.value, found.unit) == ("73.50", "0.735", "%")
    assert (found.what, found.n, found.tables, found.places) == (
        "mean over 2 runs",
        2,
        ("tab_ablation",),
        ("paper/main.tex:2",),
    )
    assert found.metric == (
        "intersection over union from counts pooled over the test set, averaged over the classes "
        "(metric_spec v1)"
    )
    assert [(run.id, run.seed, run.value) for run in found.runs] == [
        ("ablation/ca/seed0", 0, 0.72),
        ("ablation/ca/seed1", 1, 0.75),
    ]
    run = found.runs[1]
    assert (run.commit, run.dirty, run.status) == ("abc", False, "done")
    assert run.command == "python train.py --config configs/ca.yaml seed=1"
    assert run.checkpoint == {
        "file": "checkpoints/best.pt",
        "sha256": "0",
        "epoch": 2,
        "here": False,
    }
    summary = made.folder / "runs/ablation/ca/seed1/summary.json"
    hashes = {file.name: (file.sha256, file.state) for file in run.files}
    there = hashlib.sha256(summary.read_bytes()).hexdigest()
    assert hashes["summary.json"] == (there, "unchanged")
    assert set(hashes) >= {"run.json", "plugs.json", "summary.json"}
    assert found.problems == ()


@pytest.mark.parametrize(
    ("suffix", "what", "runs"),
    [
        ("/std", "standard deviation over 2 runs (n - 1 in the denominator)", 2),
        ("/n", "number of runs that count", 2),
        ("/ci", "95 % confidence interval of the mean over 2 runs (Student's t)", 2),
        (
            "/delta",
            "mean difference over 2 pairs of runs with the same seed: to the reference row, in a "
            "comparison of the own method to this row",
            4,
        ),
        (
            "/delta/ci",
            "95 % interval of this difference alone, not adjusted for the others of its table; "
            "these runs give none",
            4,
        ),
    ],
)
def test_every_statistic_says_what_it_is(made: Any, suffix: str, what: str, runs: int) -> None:
    found = trace(made.project(), f"ablation/ca/iou_set{suffix}")
    assert (found.what, len(found.runs), found.problems) == (what, runs, ())


def test_numbers_about_cases_say_so() -> None:
    assert statistic("ablation/where/all/delta", 4) == (
        "computed from the test cases of 4 runs; the caption of tab_where says how"
    )
    assert split_key("ablation/where/all/delta").metric == ""
    key = split_key("comparison/ours/camvid/iou_set/delta/ci")
    assert (key.experiment, key.where) == ("comparison", ("ours", "camvid"))
    assert (key.metric, key.suffix) == ("iou_set", "delta/ci")


@pytest.mark.parametrize(
    "cell",
    [
        "tab_ablation:ca:iou_set",
        "ablation:CA:mIoU",
        "tab_ablation:2:iou_set",
        "tab_ablation:2:3",  # two check marks, then the metric
    ],
)
def test_a_cell_goes_by_id_printed_name_or_number(made: Any, cell: str) -> None:
    assert trace(made.project(), cell).key == "ablation/ca/iou_set"


def test_cells_of_other_tables(made: Any) -> None:
    project = made.project()
    assert trace(project, "tab_ablation:ca:mIoU Δ").key == "ablation/ca/iou_set/delta"
    assert trace(project, "tab_ablation:ca:Params").key == "ablation/ca/params"
    several = trace(project, "tab_comparison:ours:synthetic/iou_set")
    assert several.key == "comparison/ours/synthetic/iou_set"
    costs = trace(project, "tab_comparison:ours:params")
    assert costs.key == "comparison/ours/camvid/params"
    judged = trace(project, "tab_statistics_ablation:ca:delta")
    assert judged.key == "ablation/ca/iou_set/delta"
    one = trace(project, "tab_perclass_ablation:disk:ca/iou_set")
    assert (one.key, float(one.value or 0), [run.id for run in one.runs]) == (
        "tab_perclass_ablation:disk:ca/iou_set",
        pytest.approx(0.735),
        ["ablation/ca/seed0", "ablation/ca/seed1"],
    )


def test_what_no_run_gives_has_an_origin(made: Any) -> None:
    copied = trace(made.project(), "comparison/segnet/camvid/iou_set")
    assert copied.what == "as the other paper prints it; its data, code and protocol may be others"
    assert copied.origin is not None
    assert (copied.origin.place, copied.origin.what, copied.origin.cite) == (
        "experiments/comparison.yaml:5",
        "copied from the paper [badrinarayanan2017segnet]",
        "badrinarayanan2017segnet",
    )
    planned = trace(made.project(), "ablation/full/params")
    assert planned.origin is not None
    assert (planned.origin.place, planned.origin.what) == (
        "runs/ablation/plan.json",
        "counted for configs/baseline.yaml",
    )
    assert copied.problems == planned.problems == ()
    (made.folder / "experiments/comparison.yaml").unlink()
    assert problems(made, "comparison/segnet/camvid/iou_set") == (
        "experiments/comparison.yaml: no such file",
    )


def test_a_changed_a_lost_and_a_moved_file(made: Any) -> None:
    made.run("ablation/ca/seed0", {"iou_set": 0.60})
    assert problems(made) == ("runs/ablation/ca/seed0/summary.json changed",)
    (made.folder / "runs/ablation/ca/seed0/plugs.json").unlink()
    assert problems(made)[0] == "runs/ablation/ca/seed0/plugs.json is lost"
    build(made.project())
    assert problems(made) == ()
    # a folder may be moved: its id is in run.json
    shutil.move(made.folder / "runs/ablation/ca", made.folder / "runs/ablation/moved")
    assert problems(made) == ()
    shutil.rmtree(made.folder / "runs/ablation/moved/seed0")
    assert problems(made) == (
        "ablation/ca/seed0: its folder is gone (it was runs/ablation/ca/seed0)",
    )


def test_a_run_that_counts_no_more_or_only_now(made: Any) -> None:
    values = {"iou_set": 0.73, "dice_img": 0.73 + 0.1}
    made.run("ablation/cga/seed0", values, status="failed")
    assert problems(made, "ablation/cga/iou_set") == (
        "runs/ablation/cga/seed0/run.json changed",
        "ablation/cga/seed0: its status is failed now",
    )
    build(made.project())
    assert problems(made, "ablation/cga/iou_set") == ()
    made.run("ablation/cga/seed0", values)
    assert problems(made, "ablation/cga/iou_set") == (
        "ablation/cga/seed0 is done since the report and not in the number",
    )
    made.run("ablation/ca/seed0", {"iou_set": 0.72}, code_sha256="other")
    assert problems(made)[-1] == (
        "ablation/ca/seed0: its code, data or configuration are not the plan's any more"
    )


def test_a_number_that_is_missing_or_was_edited(made: Any) -> None:
    macros = made.folder / "paper/generated/macros.tex"
    macros.write_text(macros.read_text().replace("73.50", "83.50"))
    assert problems(made) == ("paper/generated/macros.tex was edited or lost since the report",)
    for seed in (0, 1):
        made.run(f"ablation/ca/seed{seed}", {"iou_set": None})
    build(made.project())
    assert problems(made) == ("no run that counts has a value",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "ablation/cb/iou_set",
            "ablation/cb/iou_set: no such number in the report; did you mean "
            "'ablation/ca/iou_set'?",
        ),
        ("abl/x", "abl/x: no such number in the report; known: ablation, comparison"),
        (
            "tab_abl:1:2",
            "tab_abl:1:2: no table 'tab_abl' in the report; did you mean 'tab_ablation'?",
        ),
        (
            "ablation:cx:iou_set",
            "ablation:cx:iou_set: no row 'cx' in tab_ablation; known: baseline, ca, cga, ca-cga",
        ),
        (
            "ablation:ca:iou_sat",
            "ablation:ca:iou_sat: no column 'iou_sat' in tab_ablation; did you mean 'iou_set'?",
        ),
        ("ablation:9:iou_set", "ablation:9:iou_set: no row '9' in tab_ablation; known: baseline, "
         "ca, cga, ca-cga"),
        (
            "ablation:ca",
            "ablation:ca: expected TABLE:ROW:COL, such as tab_ablation:baseline:iou_set; or a "
            "key, such as ablation/full/iou_set",
        ),
    ],
)  # fmt: skip
def test_an_unknown_name_says_what_is_there(made: Any, name: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        trace(made.project(), name)
    assert str(caught.value) == message


def test_without_a_report_there_is_nothing_to_trace(writer: Any) -> None:
    writer.ablation()
    with pytest.raises(Findings) as caught:
        trace(writer.project(), "ablation/ca/iou_set")
    assert str(caught.value) == (
        "there is no report yet, so there is no number to trace: paperkit report"
    )

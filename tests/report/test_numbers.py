"""Every printed number against hand computation."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from paperkit.errors import UserError
from paperkit.report import build
from paperkit.report.collect import collect
from paperkit.report.quantity import quantities


def displays(writer: Any, experiment: str) -> dict[str, str]:
    (found,) = [e for e in collect(writer.folder / "runs") if e.name == experiment]
    return {
        key.removeprefix(f"{experiment}/"): str(q.display) for key, q in quantities(found).items()
    }


def test_the_ablation_by_hand(writer: Any) -> None:
    writer.ablation()
    shown = displays(writer, "ablation")
    # (0.70 + 0.72) / 2; sqrt(((0.70 - 0.71)^2 + (0.72 - 0.71)^2) / 1) = 0.01414
    assert (shown["baseline/iou_set"], shown["baseline/iou_set/std"]) == ("71.00", "1.41")
    assert (shown["ca/iou_set"], shown["ca/iou_set/std"]) == ("73.50", "2.12")
    assert (shown["cga/iou_set"], shown["cga/iou_set/std"]) == ("73.50", "0.71")
    assert shown["ca-cga/iou_set/delta"] == "+6.00"
    assert shown["full/iou_set"] == shown["ca-cga/iou_set"] == "77.00"
    assert (shown["full/iou_set/n"], shown["full/params"], shown["full/gmacs"]) == (
        "2",
        "2.02",
        "0.50",
    )
    assert "baseline/iou_set/delta" not in shown


def test_the_difference_is_paired_by_seed_and_not_the_difference_of_rounded_means(
    writer: Any,
) -> None:
    writer.ablation()
    for variant, extra in (("baseline", 0.00004), ("ca", 0.00006)):
        for seed, value in ((0, 0.70), (1, 0.72)):
            writer.run(f"ablation/{variant}/seed{seed}", {"iou_set": value + extra})
    shown = displays(writer, "ablation")
    assert (shown["baseline/iou_set"], shown["ca/iou_set"]) == ("71.00", "71.01")
    assert shown["ca/iou_set/delta"] == "+0.00"  # 0.00002, not 71.01 - 71.00
    writer.run("ablation/ca/seed0", {"iou_set": 0.73})
    writer.run("ablation/ca/seed1", {"iou_set": 0.9}, status="failed")
    # seed 0 against seed 0: 0.73 - 0.70004, not against the mean 0.71004
    assert displays(writer, "ablation")["ca/iou_set/delta"] == "+3.00"


def test_without_a_baseline_row_the_full_method_is_the_reference(writer: Any) -> None:
    rows = [writer.row("ablation", variant, None, [0, 1]) for variant in ("ca", "cga", "ca-cga")]
    writer.ablation()
    writer.plan("ablation", "ablation", rows, ["iou_set"])
    shown = displays(writer, "ablation")
    assert shown["ca/iou_set/delta"] == "$-$3.50"  # 73.50 - 77.00
    assert "ca-cga/iou_set/delta" not in shown
    build(writer.project())
    macros = (writer.folder / "paper/generated/macros.tex").read_text()
    assert "difference to Ours, paired by seed" in macros


def test_a_row_that_only_changes_settings_is_compared_to_the_untouched_one(writer: Any) -> None:
    writer.ablation()
    rows = [writer.row("ablation", variant, None, [0, 1]) for variant in ("baseline", "cga")]
    lower = writer.row("ablation", "no_decay", None, [0, 1]) | {"set": {"optim.weight_decay": 0}}
    writer.plan("ablation", "ablation", [*rows, lower], ["iou_set"])
    for seed in (0, 1):
        writer.run(f"ablation/no_decay/seed{seed}", {"iou_set": 0.75})
    shown = displays(writer, "ablation")
    assert shown["no_decay/iou_set/delta"] == "+4.00"  # 75.00 - 71.00
    assert "baseline/iou_set/delta" not in shown


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "failed"}, "1 failed"),
        ({"status": "diverged"}, "1 diverged"),
        ({"status": "running"}, "1 running"),
        ({"status": "queued"}, "1 not run"),
        ({"status": "stopped"}, "1 stopped"),
        ({"code_sha256": "changed"}, "1 stale"),
        ({"config_sha256": "changed"}, "1 stale"),
        ({"data_sha256": "changed"}, "1 stale"),
        ({"seed": "one"}, "1 damaged"),
    ],
)
def test_only_finished_fresh_runs_are_numbers(
    writer: Any, change: dict[str, Any], reason: str
) -> None:
    writer.ablation()
    writer.run("ablation/ca/seed1", {"iou_set": 0.99}, **change)
    shown = displays(writer, "ablation")
    assert (shown["ca/iou_set"], shown["ca/iou_set/std"], shown["ca/iou_set/n"]) == (
        "72.00",
        "--",
        "1",
    )
    built = build(writer.project())
    fill = "; to fill it: paperkit run experiments/ablation.yaml"
    found = f"ablation/ca: {reason} of 2; the table says so"
    assert built.warnings == (found if "diverged" in reason else found + fill,)
    table = (writer.folder / "paper/generated/tab_ablation.tex").read_text()
    assert f"\\textsuperscript{{a}}n = 1 of 2 runs ({reason})" in table
    assert "99.00" not in table


def test_a_missing_value_is_a_dash_and_never_zero(writer: Any) -> None:
    writer.ablation()
    for seed in (0, 1):
        writer.run(f"ablation/cga/seed{seed}", {"iou_set": None})
        writer.run(f"ablation/ca/seed{seed}", {}, status="failed")
    shown = displays(writer, "ablation")
    assert (shown["cga/iou_set"], shown["cga/iou_set/delta"]) == ("--", "--")
    assert (shown["ca/iou_set"], shown["ca/iou_set/n"]) == ("--", "0")
    build(writer.project())
    macros = (writer.folder / "paper/generated/macros.tex").read_text()
    assert "{ablation/cga/iou_set}" not in macros  # so that \pk prints ??


def test_a_checkpoint_chosen_on_test_is_refused(writer: Any) -> None:
    writer.ablation()
    chosen = {"metric": "iou_set", "mode": "max", "split": "test", "epoch": 3}
    writer.run("ablation/ca/seed0", {"iou_set": 0.9}, selection=chosen)
    with pytest.raises(UserError) as caught:
        build(writer.project())
    assert str(caught.value) == (
        "the checkpoint was chosen on the test set in ablation/ca/seed0: such a number is no test "
        "result; choose it on validation (eval.monitor) and run again, or remove these runs"
    )
    assert not (writer.folder / "paper/generated").exists()


def test_provenance_leads_from_a_number_to_its_runs(writer: Any) -> None:
    writer.ablation()
    build(writer.project())
    document = json.loads((writer.folder / "paper/generated/provenance.json").read_text())
    number = document["numbers"]["ablation/full/iou_set/std"]
    assert float(number["value"]) == pytest.approx(0.0141421356)
    assert number | {"value": None} == {
        "value": None, "display": "1.41", "unit": "%", "n": 2, "ddof": 1, "source": "runs",
        "runs": ["ablation/ca-cga/seed0", "ablation/ca-cga/seed1"],
    }  # fmt: skip
    delta = document["numbers"]["ablation/ca/iou_set/delta"]
    assert delta["runs"] == [
        f"ablation/{variant}/seed{seed}" for variant in ("ca", "baseline") for seed in (0, 1)
    ]
    run = document["runs"]["ablation/ca/seed0"]
    assert (run["commit"], run["metric_spec"]) == ("abc", "v1")
    assert run["folder"] == "runs/ablation/ca/seed0"
    assert set(run["files"]) == {"run.json", "summary.json", "plugs.json"}
    assert document["date"] == "2026-01-02T00:00:00Z"


def test_the_csv_has_exact_values(writer: Any) -> None:
    writer.ablation()
    build(writer.project())
    path: Path = writer.folder / "paper/generated/tab_ablation.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["variant"] for row in rows] == ["baseline", "ca", "cga", "ca-cga"]
    assert float(rows[1]["iou_set"]) == pytest.approx(0.735, abs=1e-15)
    assert (rows[0]["iou_set/delta"], rows[1]["ca"], rows[1]["cga"]) == ("", "1", "0")


def test_copied_rows_are_shown_as_printed_and_not_ranked(writer: Any) -> None:
    copied = {"segnet": {"camvid": {"iou_set": 99.9}, "cite": "nobody2020"}}
    writer.comparison(literature=copied)
    shown = displays(writer, "comparison")
    assert shown["segnet/camvid/iou_set"] == "99.9"
    assert shown["ours/camvid/iou_set"] == "75.00"  # (0.7 + 0.8) / 2
    assert shown["unet/synthetic/iou_set/delta"] == "+20.00"  # ours - unet
    built = build(writer.project())
    table = (writer.folder / "paper/generated/tab_comparison.tex").read_text()
    assert "\\pkbest{75.00}" in table and "\\pkbest{99.9" not in table
    assert "not ranked" in table
    assert built.uncited == (
        "nobody2020 is used without a citation: neither references.bib nor refs.bib has this key",
    )

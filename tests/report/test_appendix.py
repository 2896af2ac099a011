"""The statistics appendix against scipy and counts by hand."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats

from paperkit.report import build

# IoU in thousandths by [seed, case]; ours gains on three cases, loses on one, is equal on one
THEIRS = np.array([[500, 600, 700, 400, 300], [510, 590, 700, 410, 300], [490, 610, 700, 390, 300]])
GAIN = np.array([40, 30, 20, -10, 0])


def run(writer: Any, identity: str, tp: np.ndarray) -> None:
    folder = writer.run(identity, {"iou_img": float(np.mean(tp / 1000)), "loss": 1 - tp[0] / 1000})
    rows = [f"test,c{i},,thing,{hit},0,{1000 - hit},0,,," for i, hit in enumerate(tp)]
    head = "split,case,group,class,tp,fp,fn,tn,hd95,assd,nsd"
    (folder / "cases.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


def appendix(writer: Any, metrics: list[str]) -> tuple[list[dict[str, str]], list[str], str]:
    """Rows of the CSV file, lines of the printed table, and the caption."""
    rows = [writer.row("comparison", method, "camvid", [0, 1, 2]) for method in ("unet", "ours")]
    writer.plan("comparison", "comparison", rows, metrics)
    for seed in range(3):
        run(writer, f"comparison/unet/camvid/seed{seed}", THEIRS[seed])
        run(writer, f"comparison/ours/camvid/seed{seed}", THEIRS[seed] + GAIN)
    build(writer.project())
    folder: Path = writer.folder / "paper/generated"
    with (folder / "tab_statistics_comparison.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    tex = (folder / "tab_statistics_comparison.tex").read_text(encoding="utf-8")
    body = tex.split("\\midrule\n", 1)[1].split("\\bottomrule")[0]
    macros = (folder / "macros.tex").read_text(encoding="utf-8")
    caption = macros.split("caption:tab_statistics_comparison}{")[1].split("}\n")[0]
    return found, body.splitlines(), caption


def test_effect_wins_ties_losses_and_sizes(writer: Any) -> None:
    (row,), (line,), _ = appendix(writer, ["iou_img"])
    # ranks of 0 (tie), 10, 20, 30, 40 are 1 to 5: (3 + 4 + 5 - 2) / (2 + 3 + 4 + 5)
    assert float(row["effect"]) == pytest.approx(10 / 14)
    assert [row[name] for name in ("wins", "ties", "losses")] == ["3", "1", "1"]
    assert [row[name] for name in ("ours", "theirs", "dataset", "seeds", "cases")] == [
        "ours", "unet", "camvid", "3", "5",
    ]  # fmt: skip
    assert float(row["delta"]) == pytest.approx(0.016)
    assert line.startswith("Ours $-$ U-Net & IoU (img) & +1.60 & ")
    assert "& +0.71 & 3/1/1 & 3 $\\times$ 5 & seed noise (" in line


def test_less_is_better_and_a_rule_between_what_is_adjusted_apart(writer: Any) -> None:
    (_, row), lines, caption = appendix(writer, ["iou_img", "loss"])
    assert lines[1] == "\\midrule"
    assert (row["metric"], row["effect"], row["wins"]) == ("loss", "", "")
    interval = scipy.stats.ttest_ind(
        1 - (THEIRS + GAIN)[:, 0] / 1000, 1 - THEIRS[:, 0] / 1000
    ).confidence_interval(0.95)
    assert float(row["delta/ci/low"]) == pytest.approx(interval.low)
    assert lines[2].startswith("Ours $-$ U-Net & Loss & $-$0.040 & $-$0.063 to $-$0.017 & ")
    assert lines[2].endswith("& -- & -- & 3 & better (method) \\\\")
    assert "$\\Delta$: the first minus the second. " in caption  # two units


def test_what_the_experiment_could_have_found(writer: Any) -> None:
    """The difference whose power is 80 %, by scipy's noncentral t with 4 degrees of freedom."""
    _, _, caption = appendix(writer, ["loss"])
    least = scipy.stats.t.ppf(0.975, 4)
    effects = np.linspace(0, 10, 100_001)
    effect = effects[np.argmax(scipy.stats.nct.sf(least, 4, effects) >= 0.8)]
    shown = effect * 0.01 * np.sqrt(2 / 3)  # both methods' seeds have a deviation of 0.01
    assert caption.endswith(
        "With 3 seeds, of the spread that they have over all rows, a true difference of "
        f"{shown:.3f} (Loss) would be found four times in five."
    )

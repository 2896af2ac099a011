"""What the caption says where data sets, numbers of runs and references differ."""

import json
from typing import Any

from paperkit.report.captions import captions, setup_sentence
from paperkit.report.collect import collect
from paperkit.report.names import Names
from paperkit.report.quantity import quantities

NAMES = Names({"baseline": "U-Net", "synthetic": "Synth_1"})


def caption(writer: Any) -> str:
    (experiment,) = collect(writer.folder / "runs")
    return str(captions(experiment, NAMES, quantities(experiment))[f"tab_{experiment.name}"])


def setup(writer: Any) -> str:
    (experiment,) = collect(writer.folder / "runs")
    return str(setup_sentence(experiment, NAMES))


def summarised(writer: Any, identity: str, **change: Any) -> None:
    path = writer.folder / "runs" / identity / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change), encoding="utf-8")


def test_data_sets_with_other_classes_and_sizes(writer: Any) -> None:
    writer.comparison()
    assert "from counts pooled over the test set, averaged over the 3 classes," in caption(writer)
    assert "The test sets have 8 (camvid) and 8 (Synth\\_1) images" in setup(writer)
    classes = {name: {"iou_set": 0.5} for name in ("road", "sky", "car", "tree", "sign")}
    for method in ("unet", "ours"):
        for seed in (0, 1):
            identity = f"comparison/{method}/camvid/seed{seed}"
            summarised(writer, identity, per_class=classes, n_cases=40)
    assert "averaged over the classes (5 in camvid, 3 in Synth\\_1)" in caption(writer)
    assert (
        "The test sets have 40 (camvid) and 8 (Synth\\_1) images and were evaluated once."
    ) in setup(writer)
    assert "Every method was trained in PyTorch 2.9 on CPU with seeds 0 and 1." in setup(writer)
    assert "$n=2$ runs of a row and data set" in caption(writer)


def test_rows_with_one_run_are_told_from_rows_with_more(writer: Any) -> None:
    writer.ablation()
    assert "over the $n=2$ runs of a row ($n-1$ in the denominator). " in caption(writer)
    writer.run("ablation/ca/seed1", {"iou_set": 0.9}, status="failed")
    assert "($n-1$ in the denominator); without $\\pm$ one run. " in caption(writer)
    for variant in ("baseline", "cga", "ca-cga"):
        writer.run(f"ablation/{variant}/seed1", {"iou_set": 0.9}, status="failed")
    assert "One run per row: the spread over seeds is not known. " in caption(writer)


def test_rows_with_settings_of_their_own_have_their_own_reference(writer: Any) -> None:
    writer.ablation()
    assert "$\\Delta$: difference to U-Net, paired by seed. " in caption(writer)
    large = {"set": {"data.size": 512}}
    rows = [writer.row("ablation", variant, None, [0, 1]) for variant in ("baseline", "cga")]
    rows += [writer.row("ablation", variant, None, [0, 1]) | large for variant in ("big", "big-ca")]
    writer.plan("ablation", "ablation", rows, ["iou_set"])
    assert (
        "$\\Delta$: difference to U-Net or big, whichever has the settings of the row, paired"
    ) in caption(writer)

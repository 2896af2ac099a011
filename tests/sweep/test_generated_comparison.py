"""Methods by their names on a real generated project: planned, trained, and put into a table."""

import json
import re
from pathlib import Path

import pytest

from paperkit import scaffold
from paperkit.project import Project, root
from paperkit.report import build
from paperkit.sweep import launch, make_plan

FACTORY = """
from torch import nn

def net(channels, classes):
    return nn.Sequential(nn.Conv2d(channels, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, classes, 1))
"""
TINY = "set: {train.epochs: 1, optim.warmup: 0, data.limit: 8, data.size: 32}\n"
EVERY_KIND = """
kind: comparison
experiment: kinds
methods:
  fpn: {model: fpn, set: {optim.lr: 0.001}}
  mine: {model: "segs.mine:net"}
  ours: {config: configs/ours.yaml}
datasets:
  small: {set: {data.size: 32}}
  wide: {set: {data: {size: [32, 64]}}}
seeds: [0, 1]
"""
TWO = """
kind: comparison
experiment: comparison
methods:
  unet: {model: unet, set: {model.width: 4}}
  other: {model: smp:FPN/resnet18}
seeds: [0, 1]
metrics: [iou_set]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    answers = scaffold.make_answers({"project_name": "segs", "baseline": "unet"})
    folder = scaffold.create(answers, tmp_path / "segs")
    (folder / "segs/mine.py").write_text(FACTORY, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    return root.find(folder)


def spec(name: str, text: str) -> Path:
    path = Path("experiments", f"{name}.yaml")
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
def test_every_kind_of_method_on_two_data_sets(project: Project) -> None:
    plan = make_plan(project, spec("kinds", EVERY_KIND))
    assert [row.label for row in plan.rows] == [
        f"{method}/{dataset}" for method in ("fpn", "mine", "ours") for dataset in ("small", "wide")
    ]
    params = {row.variant: row.params for row in plan.rows}
    assert params["mine"] == (3 * 8 * 9 + 8) + (8 * 4 + 4)
    # the baseline's width is the U-Net's: it changes no other model
    assert params["fpn"] == 23_155_780
    assert [row.input for row in plan.rows[:2]] == [(3, 32, 32), (3, 32, 64)]
    small, wide = (row.gmacs or 0 for row in plan.rows[2:4])
    assert wide == pytest.approx(2 * small)
    assert small == pytest.approx((3 * 8 * 9 + 8 * 4) * 32 * 32 / 1e9)
    assert len(plan.runs) == 12


@pytest.mark.slow
def test_two_methods_become_a_table(project: Project) -> None:
    plan = make_plan(project, spec("comparison", TWO + TINY))
    outcome = launch(plan, workers=2, threads=1)
    assert not outcome.failed and len(outcome.done) == 4
    Path("paperkit.yaml").write_text("figures: []\n", encoding="utf-8")
    assert not build(root.find(Path.cwd())).uncited
    tex = Path("paper/generated/tab_comparison.tex").read_text(encoding="utf-8")
    heads = re.findall(r"\{(Params|GMACs)\}", tex)
    assert heads == ["Params", "GMACs"]
    (unet,) = re.findall(r"^U-Net~\\cite\{(.*?)\} & (.*) \\\\$", tex, re.MULTILINE)
    (fpn,) = re.findall(r"^FPN \(ResNet-18\)~\\cite\{(.*?)\} & (.*) \\\\$", tex, re.MULTILINE)
    assert unet[0] == "ronneberger2015unet"
    assert {"lin2017fpn", "he2016resnet"} < set(fpn[0].split(","))
    for row, (_, cells) in zip(plan.rows, (unet, fpn), strict=True):
        values = []
        for run in row.runs:
            summary = json.loads(Path(run.dir, "summary.json").read_text(encoding="utf-8"))
            values.append(100 * summary["metrics"]["iou_set"])
        mean, std = sum(values) / 2, abs(values[0] - values[1]) / 2**0.5
        found = [float(number) for number in re.findall(r"\d+\.\d+", cells)]
        assert found[:2] == pytest.approx([mean, std], abs=0.0051)
        assert found[2] == pytest.approx((row.params or 0) / 1e6, abs=0.0051)
    bib = Path("paper/generated/references.bib").read_text(encoding="utf-8")
    assert all(f"{{{key}," in bib for key in [*unet[0].split(","), *fpn[0].split(",")])
    classes = Path("paper/generated/tab_perclass_comparison.tex").read_text(encoding="utf-8")
    assert re.findall(r"^(\w+) & ", classes, re.MULTILINE)[1:] == [
        "background", "disk", "square", "triangle",
    ]  # fmt: skip

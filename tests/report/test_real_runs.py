"""The sample runs that a real training left behind (tests/data/make_runs.py), files to pages."""

import json
import re
import shutil
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paperkit import paper
from paperkit.report import build, check
from paperkit.runs import load_plan, load_runs

RUNS = Path(__file__).parents[1] / "data/runs"
TEMPLATE = Path(__file__).parents[2] / "template/{{cookiecutter.project_slug}}/paper"


@pytest.fixture
def real(writer: Any) -> Any:
    shutil.copytree(RUNS, writer.folder / "runs")
    shutil.copytree(TEMPLATE, writer.folder / "paper")
    writer.figures(True)
    return writer


def test_the_sample_runs_are_whole_and_small() -> None:
    plan, runs = load_plan(RUNS, "ablation"), load_runs(RUNS)
    assert [row.variant for row in plan.rows] == ["baseline", "ca", "cga", "ca-cga"]
    planned = {planned.id for row in plan.rows for planned in row.runs}
    assert {run.id for run in runs} == planned and len(planned) == 8
    assert all(run.status == "done" and run.selection and run.summary for run in runs)
    files = [path for path in RUNS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1.5e6
    text = "".join(path.read_text("utf-8") for path in files if path.suffix != ".png")
    assert re.findall(r"/(?:home|root|tmp|Users)/", text) == []


def test_the_summaries_follow_from_the_cases() -> None:
    """The pooled IoU from the counts of cases.csv is the number that the table prints."""
    for run in load_runs(RUNS):
        counts: dict[str, list[float]] = {}
        for case in run.cases():
            add = [case.values[name] or 0.0 for name in ("tp", "fp", "fn")]
            old = counts.setdefault(case.label, [0.0, 0.0, 0.0])
            counts[case.label] = [a + b for a, b in zip(old, add, strict=True)]
        iou = statistics.fmean(tp / (tp + fp + fn) for tp, fp, fn in counts.values())
        assert run.summary is not None
        assert run.summary.metrics["iou_set"] == pytest.approx(iou, abs=1e-9)


def test_figures_are_built_once_and_checked(
    real: Any, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    told: list[str] = []
    built = build(real.project(), on_event=told.append)
    assert built.warnings == ()
    assert {"fig_curves_ablation", "fig_qualitative_ablation"} <= set(told)
    names = {path.relative_to(real.folder / "paper/generated").as_posix() for path in built.files}
    assert {"fig_curves_ablation.pdf", "previews/fig_curves_ablation.png"} <= names
    before = tree(real.folder / "paper")
    again: list[str] = []
    assert build(real.project(), on_event=again.append).written == ()
    assert not [name for name in again if name.startswith("fig_")]
    shutil.rmtree(real.folder / "paper/generated")
    build(real.project())
    assert {k: v for k, v in tree(real.folder / "paper").items() if "README" not in k} == {
        k: v for k, v in before.items() if "README" not in k
    }
    assert check(real.project()) == []


def test_a_changed_log_or_a_lost_figure_is_a_finding(real: Any) -> None:
    build(real.project())
    log = real.folder / "runs/ablation/ca/seed0/metrics.jsonl"
    log.write_text(log.read_text("utf-8") + json.dumps({"epoch": 99, "split": "val"}) + "\n")
    (real.folder / "paper/generated/fig_qualitative_ablation.pdf").unlink()
    assert [str(finding) for finding in check(real.project())] == [
        "paper/generated/fig_curves_ablation: out of date",
        "paper/generated/fig_qualitative_ablation.pdf: missing",
    ]
    build(real.project())
    assert check(real.project()) == []


@pytest.mark.latex
@pytest.mark.poppler
def test_the_pages_show_the_runs_in_vector_fonts(real: Any) -> None:
    build(real.project())
    pdf = paper.compile_pdf(real.project())
    text = subprocess.run(
        ["pdftotext", str(pdf), "-"], capture_output=True, encoding="utf-8", check=True
    ).stdout
    aligned = re.sub(r"±\s+", "±", text)  # a shorter deviation is padded to the column's width
    for variant in ("baseline", "ca", "cga", "ca-cga"):
        files = sorted((RUNS / "ablation" / variant).glob("seed*/summary.json"))
        values = [json.loads(file.read_text("utf-8"))["metrics"]["iou_set"] for file in files]
        assert (
            f"{100 * statistics.fmean(values):.2f}±{100 * statistics.stdev(values):.2f}" in aligned
        )
    fonts = subprocess.run(["pdffonts", str(pdf)], capture_output=True, encoding="utf-8").stdout
    assert "Times" in fonts or "Nimbus" in fonts
    assert "Type 3" not in fonts

"""paperkit trace, as it is typed, on the small real runs."""

import json
import shutil
from pathlib import Path

import pytest

from paperkit.cli import main
from paperkit.project import root
from paperkit.report import build

RUNS = Path(__file__).parents[1] / "data/runs"
Told = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the small real runs and their report; we stand below its root."""
    folder = tmp_path / "a project 分割"
    shutil.copytree(RUNS, folder / "runs")
    answers = {"schema": 1, "package_name": "seg", "project_name": "seg", "author": "A"}
    for name, text in {
        ".paperkit/answers.json": json.dumps(answers),
        "paperkit.yaml": "figures: []\n",
        "paper/main.tex": "We reach\n\\pk{ablation/ca/iou_set}.\n",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder / "paper")
    build(root.find(folder))
    return folder


def test_a_key_shows_its_runs_and_exits_0(project: Path, capsys: Told) -> None:
    summary = json.loads((project / "runs/ablation/ca/seed0/summary.json").read_text("utf-8"))
    assert main(["trace", "ablation/ca/iou_set"]) == 0
    told = capsys.readouterr()
    lines = [line.rstrip() for line in told.out.splitlines()]
    assert told.err == "" and lines[0].startswith("ablation/ca/iou_set = ")
    assert "  printed in  tab_ablation, paper/main.tex:2" in lines
    run = lines[lines.index("ablation/ca/seed0") + 1 : lines.index("ablation/ca/seed1")]
    said = {line.split()[0]: " ".join(line.split()[1:]) for line in run if line.startswith("  ")}
    assert float(said["value"]) == summary["metrics"]["iou_set"]
    assert said["command"].startswith("python train.py --config configs/baseline.yaml")
    assert said["summary.json"].endswith(" unchanged")


def test_json_is_one_document(project: Path, capsys: Told) -> None:
    assert main(["trace", "tab_ablation:ca:iou_set", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["key"], document["problems"]) == ("ablation/ca/iou_set", [])
    for run in document["runs"]:
        folder = project / run["folder"]
        record = json.loads((folder / "run.json").read_text("utf-8"))
        assert (run["id"], run["seed"], run["command"]) == (
            record["id"],
            record["seed"],
            record["command"],
        )
        assert run["commit"] == record["git"]["commit"]
    values = [run["value"] for run in document["runs"]]
    assert float(document["value"]) == pytest.approx(sum(values) / len(values), abs=1e-12)


def test_a_changed_file_is_exit_1_and_a_wrong_name_exit_2(project: Path, capsys: Told) -> None:
    path = project / "runs/ablation/ca/seed0/summary.json"
    path.write_text(path.read_text("utf-8") + "\n", encoding="utf-8")
    assert main(["trace", "ablation/ca/iou_set"]) == 1
    told = capsys.readouterr()
    assert told.err == (
        "paperkit: ablation/ca/iou_set: not what its files give now: "
        "runs/ablation/ca/seed0/summary.json changed; run paperkit report\n"
    )
    assert "changed" in told.out
    assert main(["trace", "ablation/ca/iou_sett"]) == 2
    assert capsys.readouterr().err == (
        "paperkit: ablation/ca/iou_sett: no such number in the report; did you mean "
        "'ablation/ca/iou_set'?\n"
    )


def test_a_number_that_no_run_has_is_missing_not_out_of_date(project: Path, capsys: Told) -> None:
    shutil.rmtree(project / "runs/ablation/ca")
    build(root.find(project))
    capsys.readouterr()
    assert main(["trace", "ablation/ca/iou_set"]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("ablation/ca/iou_set = ")
    assert told.err == (
        "paperkit: ablation/ca/iou_set: no run that counts has a value; paperkit report names the "
        "command that fills it\n"
    )

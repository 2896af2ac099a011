"""From `paperkit new --data torchvision:CIFAR10` to the paper, on files in CIFAR-10's layout."""

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import fmean

import made_sets
import pytest

from paperkit.cli import main

# read by every Python that is started from here: ours are not the published files
TRUSTING = """
import importlib.util
import sys


class Trusting:
    def find_spec(self, name, path=None, target=None):
        if name != "torchvision.datasets.utils":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def patched(module):
            execute(module)
            module.check_md5 = lambda *_, **__: True

        spec.loader.exec_module = patched
        return spec


sys.meta_path.insert(0, Trusting())
"""
SPEC = """
kind: ablation
experiment: ablation
baseline: configs/baseline.yaml
rows: [{id: baseline}]
set: {train.epochs: 1, optim.warmup: 0, train.batch_size: 32, model.width: 4, data.limit: 64}
seeds: [0]
metrics: [acc_set, top5_set, f1_set]
"""


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(TRUSTING, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setattr("torchvision.datasets.utils.check_md5", lambda *_, **__: True)


def scores(rows: list[dict[str, str]], classes: list[str]) -> dict[str, float]:
    """Counted by hand from cases.csv."""
    hits = Counter(row["target"] for row in rows if row["target"] == row["prediction"])
    said = Counter(row["prediction"] for row in rows)
    true = Counter(row["target"] for row in rows)
    return {
        "acc_set": sum(hits.values()) / len(rows),
        "top5_set": sum(int(row["rank"]) <= 5 for row in rows) / len(rows),
        "f1_set": fmean(2 * hits[name] / (said[name] + true[name]) for name in classes),
    }


@pytest.mark.slow
@pytest.mark.usefixtures("trusting")
def test_cifar10_from_new_to_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sets").mkdir()
    written = made_sets.cifar10(tmp_path / "sets")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.chdir(tmp_path)
    new = ["new", "clf", "--task", "classification", "--data", "torchvision:CIFAR10", "--yes"]
    assert main([*new, "--baseline", "resnet18", "--set", "data_root=sets"]) == 0
    told = capsys.readouterr().out
    assert "train 230, val 20, test 30 (val is a tenth of train, drawn with seed 0)" in told
    monkeypatch.chdir(tmp_path / "clf")
    Path("experiments/ablation.yaml").write_text(SPEC, encoding="utf-8")
    with Path("paperkit.yaml").open("a", encoding="utf-8") as settings:
        settings.write("\nfigures: [fig_confusion_ablation]\n")
    assert main(["run", "experiments/ablation.yaml"]) == 0, capsys.readouterr()

    run = Path("runs/ablation/baseline/seed0")
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    with (run / "cases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    official = [
        (f"test-{n:06d}", written.classes[label])
        for n, (_, label) in enumerate(written.parts["test"])
    ]
    assert [(row["case"], row["target"]) for row in rows] == official
    counted = scores(rows, written.classes)
    assert summary["metrics"] == pytest.approx(counted)
    assert list(summary["per_class"]) == written.classes

    before = (run / "cases.csv").read_bytes()
    again = subprocess.run(
        [sys.executable, "evaluate.py", "--run", run],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith(f"{run}: 30 cases of test\n")
    assert (run / "cases.csv").read_bytes() == before

    assert main(["report"]) == 0, capsys.readouterr()
    made = Path("paper/generated")
    table = (made / "tab_ablation.tex").read_text(encoding="utf-8")
    (cells,) = re.findall(r"^ResNet-18 & (.*) \\\\$", table, re.MULTILINE)
    assert cells.split(" & ")[:3] == [f"{100 * counted[name]:.2f}" for name in counted]
    assert (made / "fig_confusion_ablation.pdf").read_bytes().startswith(b"%PDF")
    classes = (made / "tab_perclass_ablation.tex").read_text(encoding="utf-8")
    assert re.findall(r"^(\w+) & ", classes, re.MULTILINE)[1:] == written.classes
    assert "It was read by torchvision in its own split; a tenth of each class" in (
        made / "data_ablation.tex"
    ).read_text(encoding="utf-8").replace("\n", " ")

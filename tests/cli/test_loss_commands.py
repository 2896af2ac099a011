"""`paperkit modules` and `paperkit add` with losses: list, show, check, new, add, import, diff."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paperkit import scaffold, zoo
from paperkit.cli import main

Told = pytest.CaptureFixture[str]
LOSSES = [name for name in zoo.names() if zoo.info(name)["kind"] == "loss"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One project for all tests that only add files of their own."""
    answers = scaffold.make_answers({"project_name": "seg"})
    return scaffold.create(answers, tmp_path_factory.mktemp("损失 losses") / "seg")


@pytest.fixture
def project(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(shared)
    return shared


def told(capsys: Told, *arguments: str, code: int = 0) -> str:
    """What the command prints; its error where one is expected."""
    capsys.readouterr()
    got = main([*arguments])
    said = capsys.readouterr()
    assert got == code, said.out + said.err
    return said.err if code > 1 else said.out


def test_list_and_show_know_losses_without_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Told
) -> None:
    monkeypatch.chdir(tmp_path)
    listed = json.loads(told(capsys, "modules", "list", "--kind", "loss", "--json"))
    assert [entry["name"] for entry in listed] == LOSSES
    (focal,) = (entry for entry in listed if entry["name"] == "focal")
    assert (focal["noun"], focal["tasks"]) == ("focal loss", ["segmentation", "classification"])
    assert focal["arity"] == 2 and focal["parameters"] == 0
    assert "gdice" in told(capsys, "modules", "list", "generalised dice loss")
    code = (
        "import sys; from paperkit.cli import main; main(['modules', 'list', '--kind', 'loss']); "
        "main(['modules', 'show', 'dice']); sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_show_tells_how_to_train_with_a_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Told
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = told(capsys, "modules", "show", "focal").splitlines()
    assert lines[2:4] == [
        "  Conference on Computer Vision (ICCV)",
        "  kind loss, takes logits and classes; in a sentence: focal loss; for segmentation and "
        "classification",
    ]
    assert "    python train.py loss.name=focal" in lines
    assert "    gamma: float = 2.0" in lines and "  parameters" not in lines
    shown = json.loads(told(capsys, "modules", "show", "focal", "--json"))
    assert shown["commands"] == ["python train.py loss.name=focal"] and shown["plugs"] == []
    # ignored pixels come from the data's settings, not from the loss's
    assert [option["name"] for option in shown["options"]] == ["gamma", "alpha"]


def test_new_and_added_losses_work_and_their_tests_can_fail(project: Path, capsys: Told) -> None:
    text = told(capsys, "modules", "new", "edge_loss", "--kind", "loss")
    assert text == (
        "edge_loss: written (seg/modules/edge_loss.py)\n"
        "  its test: tests/test_edge_loss.py\n"
        "  edit it, then: paperkit modules check edge_loss\n"
        "  try it: python train.py loss.name=edge_loss\n"
    )
    assert zoo.read_info(project / "seg/modules/edge_loss.py")["noun"] == "edge loss"
    assert "21 checks, all kept" in told(capsys, "modules", "check", "edge_loss")
    text = told(capsys, "add", "boundary", "mcc")
    assert "@inproceedings{kervadec" in text
    assert text.endswith("  try it: python train.py loss.name=mcc\n")
    file = project / "seg/modules/mcc.py"
    text = file.read_text(encoding="utf-8")
    right = "(1 - together / spread.sqrt())"
    assert right in text
    file.write_text(text.replace(right, "(together / spread.sqrt())"), encoding="utf-8")
    found = json.loads(told(capsys, "modules", "check", "mcc", "--json", code=1))
    (wrong,) = (check for check in found["checks"] if not check["ok"])
    assert wrong["check"] == "direction"
    assert wrong["message"].endswith("should rise; is it a similarity? return 1 minus it")
    done = ran(project, "test_edge_loss", "test_boundary", "test_mcc")
    file.write_text(text, encoding="utf-8")
    assert "2 failed, 31 passed" in done.stdout, done.stdout
    name = "test_mcc.py::test_right_costs_less_than_undecided_and_that_less_than_wrong"
    assert done.stdout.count(f"FAILED tests/{name}") == 2  # of 2 and of 4 classes


def ran(project: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """The tests in the project, where paperkit cannot be imported."""
    blocked = project.parent / "nothing/paperkit"
    blocked.mkdir(parents=True, exist_ok=True)
    (blocked / "__init__.py").write_text("raise ImportError('not here')", encoding="utf-8")
    files = [f"tests/{name}.py" for name in tests]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(blocked.parent), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf-8",
    )


REFUSED = [
    (
        ["new", "x", "--kind", "conv"],
        "--kind conv: new writes one of attention, fusion, loss; any other by hand",
    ),
    (
        ["new", "x", "--kind", "loss", "--from", "se"],
        "--from makes a module of modules, not a loss; for a sum of losses write loss.plus in the "
        "configuration, as in loss.plus={dice: 0.5}",
    ),
    (
        ["new", "dice", "--kind", "loss"],
        "the catalogue has a module dice; copy it (paperkit add dice), or choose another name",
    ),
    (
        ["new", "two", "--from", "chain(se, dice)"],
        "dice is of kind loss; a composite is made of modules that take one feature map and keep "
        "its shape",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_is_no_loss_or_no_module_is_refused(
    arguments: list[str], message: str, project: Path, capsys: Told
) -> None:
    assert told(capsys, "modules", *arguments, code=2) == f"paperkit: {message}\n"


COPIED = '''"""Somebody's losses."""
import torch
from torch import nn


class DiceLoss(nn.Module):
    def __init__(self, n_classes, smooth=1.0):
        super().__init__()
        self.n_classes, self.smooth = n_classes, smooth

    def forward(self, inputs, target):
        total = 0
        for k in range(self.n_classes):
            p, g = inputs[:, k], (target == k).float()
            total += (2 * (p * g).sum() + self.smooth) / (p.sum() + g.sum() + self.smooth)
        return 1 - total / self.n_classes


class Overlap(DiceLoss):
    def forward(self, inputs, target):
        return 1 - super().forward(inputs, target)


class Weighted(nn.Module):
    def forward(self, logits, target, weights):
        return (logits * weights).mean()
'''
ENTRY = """@inproceedings{doe2020overlap,
  title = {An Overlap}, author = {Doe, Jane}, booktitle = {Proc. Losses}, year = {2020}
}
"""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    file = tmp_path / "third party" / "losses.py"
    file.parent.mkdir()
    file.write_text(COPIED, encoding="utf-8")
    (file.parent / "overlap.bib").write_text(ENTRY, encoding="utf-8")
    return file


def test_a_copied_loss_becomes_one_of_the_project(
    project: Path, copied: Path, capsys: Told
) -> None:
    options = ["--name", "their_dice", "--licence", "MIT"]
    options += ["--bibtex", str(copied.parent / "overlap.bib")]
    text = told(capsys, "modules", "import", f"{copied}:DiceLoss", *options)
    assert text.startswith(
        "their_dice: written (seg/modules/their_dice.py; the copy, word for word: _their_dice.py)\n"
        "  DiceLoss takes n_classes (classes) and probabilities (the softmax is in the class "
        "around it), truth as indices; all pixels of the batch together\n"
        "  its test: tests/test_their_dice.py\n"
        "  try it: python train.py loss.name=their_dice\n"
    )
    assert text.endswith("21 checks, all kept\n")
    info = zoo.read_info(project / "seg/modules/their_dice.py")
    assert (info["kind"], info["noun"], info["key"]) == (
        "loss",
        "their dice loss",
        "doe2020overlap",
    )
    shown = json.loads(told(capsys, "modules", "show", "their_dice", "--json"))
    assert [(o["name"], o["default"]) for o in shown["options"]] == [("smooth", "1.0")]
    assert (project / "tests/test_their_dice.py").is_file()


def test_a_loss_that_needs_more_than_the_truth_is_refused(
    project: Path, copied: Path, capsys: Told
) -> None:
    assert told(capsys, "modules", "import", f"{copied}:Weighted", code=2) == (
        "paperkit: Weighted.forward takes logits, target, weights; a loss takes logits and truth: "
        "write a class around it that does\n"
    )
    assert not (project / "seg/modules/weighted.py").exists()


def test_diff_shows_values_and_says_what_differs(
    copied: Path, monkeypatch: pytest.MonkeyPatch, capsys: Told
) -> None:
    monkeypatch.chdir(copied.parent)
    text = told(capsys, "modules", "diff", "losses.py:DiceLoss", "dice", code=1)
    head, note, end = text.split("\n\n")
    assert head.splitlines()[0].split("  ")[0] == "on the same probabilities"
    assert note == "yours takes probabilities, so call it with softmax(logits, dim=1)"
    assert end == (
        "DiceLoss differs from the catalogue's dice:\n"
        "  - adds 0.5 (1 where TP is doubled) to the true positives, above and below, where the "
        "catalogue adds 0\n"
        "  - a class that the batch lacks counts as any other, where it adds nothing in the "
        "catalogue\n"
        "apart from that, values are equal\n"
    )
    found = json.loads(
        told(capsys, "modules", "diff", "losses.py:Overlap", "dice", "--json", code=1)
    )
    assert found["explained"] and len(found["values"]) == 5
    assert found["differences"][0] == (
        "returns the overlap itself, a similarity: the loss is 1 minus it"
    )

"""`paperkit eject` in a project: files, exit codes, messages, and no half file."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import torch

from paperkit.cli.app import main

ROOT = Path(__file__).parents[2]
SLOTS = ROOT / "paperkit/slots"
PROJECT = {
    "configs/ours.yaml": "",
    "net/__init__.py": "",
    "net/config.py": """
from types import SimpleNamespace

def load(path, overrides=(), plugs=()):
    given = dict(pair.split("=") for pair in overrides)
    return SimpleNamespace(width=int(given.get("width", 8)), looks=given.get("looks"), plugs=plugs)
""",
    "net/data.py": """
import torch

def example(config):
    return torch.zeros(1, 3, 32, 32)
""",
    "net/pixel_gate.py": """
import torch
from torch import nn

INFO = {"name": "pixel_gate", "title": "A gate", "authors": ["A. Author"], "venue": "V",
        "year": 2020, "licence": "MIT", "key": "author2020gate"}

class PixelGate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.conv(x))
""",
    "net/models.py": """
import torch
from torch import nn
from . import pixel_gate, slots

class Net(nn.Module):
    def __init__(self, width, looks):
        super().__init__()
        self.looks = looks
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.slot = slots.Slot("encoder.0", "conv")
        self.head = nn.Conv2d(width, 2, 1)

    def forward(self, x):
        x = self.slot(self.conv(x))
        if self.looks and x.sum() > 0:
            x = x + 1
        return self.head(x)

def build(config):
    torch.manual_seed(0)
    model = Net(config.width, config.looks)
    plugs = ["encoder.0=pixel_gate", *config.plugs]
    slots.apply(model, plugs, torch.zeros(1, 3, 32, 32), find=lambda name: pixel_gate.PixelGate)
    return model
""",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    shutil.copytree(SLOTS, tmp_path / "net/slots", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".paperkit").mkdir()
    answers = {"package_name": "net"}
    (tmp_path / ".paperkit/answers.json").write_text(json.dumps(answers), encoding="utf-8")
    monkeypatch.setenv("PAPERKIT_PYTHON", sys.executable)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checkpoint(project, **tensors):
    state = {
        "conv.weight": torch.rand(8, 3, 3, 3),
        "conv.bias": torch.rand(8),
        "slot.plugs.0.conv.weight": torch.rand(8, 8, 1, 1),
        "slot.plugs.0.conv.bias": torch.rand(8),
        "head.weight": torch.rand(2, 8, 1, 1),
        "head.bias": torch.rand(2),
    } | tensors
    torch.save({"model": state, "ema": None, "epoch": 3}, project / "best.pt")
    return state


def test_the_file_and_its_weights_stand_alone(project, capsys):
    state = checkpoint(project)
    arguments = ["--out", "release/model.py", "--weights", "best.pt", "--class", "OurNet"]
    assert main(["eject", "configs/ours.yaml", *arguments]) == 0
    captured = capsys.readouterr()
    files = [str(Path("release/model.py")), str(Path("release/model.pt"))]
    assert captured.out.splitlines() == files
    assert captured.err == (
        "OurNet: 314 parameters; outputs, gradients and statistics are equal in training and "
        "evaluation\n"
    )
    assert sorted(path.name for path in (project / "release").iterdir()) == ["model.pt", "model.py"]
    space = {"__name__": "model"}
    exec((project / "release/model.py").read_text(encoding="utf-8"), space)
    net = space["OurNet"]()
    net.load_state_dict(torch.load("release/model.pt", weights_only=True), strict=True)
    x = torch.rand(1, 3, 8, 8)
    conv = torch.nn.functional.conv2d
    y = conv(x, state["conv.weight"], state["conv.bias"], padding=1)
    gate = conv(y, state["slot.plugs.0.conv.weight"], state["slot.plugs.0.conv.bias"])
    expected = conv(y * gate.sigmoid(), state["head.weight"], state["head.bias"])
    torch.testing.assert_close(net(x), expected)


def test_the_docstring_says_what_it_is_made_of(project):
    arguments = ["width=4", "--plug", "encoder.0=pixel_gate", "--out", "model.py"]
    assert main(["eject", "configs/ours.yaml", *arguments]) == 0
    head = Path("model.py").read_text(encoding="utf-8").partition("\nimport")[0]
    assert head.splitlines()[0] == (
        '"""Net, the network of configs/ours.yaml width=4 --plug "encoder.0=pixel_gate".'
    )
    assert "  pixel_gate: encoder.0, encoder.0" in head.splitlines()
    assert (
        "  pixel_gate: A. Author: A gate, V, 2020. Licence of the code: MIT." in head.splitlines()
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["looks=yes", "--out", "model.py"],
            1,
            "the model (Net): its forward looks at the values of a tensor (if or bool()), so the "
            "code that runs depends on the data",
        ),
        (
            ["--out", "model.txt"],
            2,
            "--out model.txt: the model becomes a Python file; give it the ending .py",
        ),
        (
            ["--out", "model.py", "--class", "our net"],
            2,
            "--class our net: not a name of a Python class; for example OurNet",
        ),
        (
            ["--out", "model.py", "--weights", "gone.pt"],
            2,
            "--weights gone.pt: no such file; a run has checkpoints/best.pt in its folder",
        ),
    ],
)
def test_what_is_refused_leaves_no_file(project, capsys, arguments, code, message):
    assert main(["eject", "configs/ours.yaml", *arguments]) == code
    assert capsys.readouterr().err == f"paperkit: {message}\n"
    assert not list(project.glob("model*"))


def test_a_checkpoint_of_another_model_is_refused(project, capsys):
    checkpoint(project, **{"head.weight": torch.rand(5, 8, 1, 1), "more": torch.rand(1)})
    arguments = ["--out", "model.py", "--weights", "best.pt"]
    assert main(["eject", "configs/ours.yaml", *arguments]) == 1
    assert capsys.readouterr().err == (
        f"paperkit: {project / 'best.pt'} is of another model, it differs in head.weight, more; "
        "give the configuration and the plugs of that run\n"
    )
    assert not list(project.glob("model*"))


def test_a_files_earlier_version_survives_a_refusal(project):
    Path("model.py").write_text("kept", encoding="utf-8")
    assert main(["eject", "configs/ours.yaml", "looks=yes", "--out", "model.py"]) == 1
    assert Path("model.py").read_text(encoding="utf-8") == "kept"

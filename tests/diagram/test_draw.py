"""`draw` and `paperkit diagram`, on a project whose code runs in a child of its own Python."""

import json
from pathlib import Path

import pytest

from paperkit.cli.app import main
from paperkit.diagram import draw
from paperkit.errors import UserError
from paperkit.project import root

MODELS = """
import torch
from torch import nn
from .slot import Slot

class Net(nn.Module):
    def __init__(self, broken):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(9 if broken else 8, 2, 1)
        self.slot = Slot("encoder.0")
    def forward(self, x):
        return self.b(self.slot(self.a(x)))

class SE(nn.Sequential):
    pass

SE.__module__ = "se"

def build(config):
    net = Net("broken" in config)
    for plug in config.plugs:
        net.slot.add(SE(nn.Conv2d(8, 8, 1)), label=plug.partition("=")[2])
    return net
"""
CONFIG = """
class ConfigError(ValueError):
    pass
class Config(list):
    plugs = ()
def load(path, overrides=(), plugs=()):
    text = open(path, encoding="utf-8").read()
    if "wrong" in overrides:
        raise ConfigError(f"{path}: 'wrong' is no setting")
    config = Config(overrides)
    config.plugs = [*text.split(), *plugs]
    return config
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, in a folder with a space and Chinese letters."""
    home = tmp_path / "我的 project"
    files = {
        ".paperkit/answers.json": json.dumps({"package_name": "net", "venue": "ieee-journal"}),
        "paperkit.yaml": "names: {se: Squeeze & excite}\n",
        "configs/ours.yaml": "encoder.0=se",
        "net/__init__.py": "",
        "net/models.py": MODELS,
        "net/config.py": CONFIG,
        "net/data.py": "import torch\ndef example(config): return torch.zeros(1, 3, 32, 48)\n",
        "net/slot.py": Path("paperkit/slots/slot.py").read_text(encoding="utf-8"),
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    (home / "configs" / "base.yaml").write_text("", encoding="utf-8")
    monkeypatch.chdir(home)
    return home


@pytest.fixture(autouse=True)
def _from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    monkeypatch.delenv("PAPERKIT_PYTHON", raising=False)


def test_files_and_display_names(folder: Path) -> None:
    project = root.find(folder)
    files = draw(project, config="configs/ours.yaml", out=folder / "fig" / "net")
    assert [path.relative_to(folder).as_posix() for path in files] == [
        "fig/net.pdf", "fig/net.tex", "fig/net.png",
    ]  # fmt: skip
    tex = files[1].read_text(encoding="utf-8")
    assert r"Squeeze \& excite" in tex and tex.isascii()
    assert files[0].read_bytes().startswith(b"%PDF") and files[2].read_bytes()[1:4] == b"PNG"


def test_command_plugs_and_writes_one_format_to_the_named_file(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "configs")
    arguments = ["diagram", "base.yaml", "--plug", "encoder.0=se(reduction=4)"]
    assert main([*arguments, "--format", "tikz", "--out", "one.tex"]) == 0
    assert capsys.readouterr().out.strip() == "one.tex"
    tex = (folder / "configs" / "one.tex").read_text(encoding="utf-8")
    assert tex.count(r"Squeeze \& excite") == 1
    names = sorted(path.name for path in (folder / "configs").iterdir())
    assert names == ["base.yaml", "one.tex", "ours.yaml"]


def test_a_mistake_in_the_configuration_is_one_message(folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        draw(root.find(folder), config="configs/ours.yaml", overrides=["wrong"], out=folder / "x")
    assert str(caught.value) == "configs/ours.yaml: 'wrong' is no setting"


def test_an_error_in_the_model_shows_the_students_frames_only(folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        draw(root.find(folder), config="configs/ours.yaml", overrides=["broken"], out=folder / "x")
    first, *frames = str(caught.value).splitlines()
    assert "weight of size [2, 9, 1, 1]" in first
    assert any("net/models.py" in line for line in frames)
    assert not any("trace.py" in line or "site-packages" in line for line in frames)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"formats": ["pdf", "tiks"]}, "unknown format 'tiks'; did you mean 'tikz'?"),
        (
            {"venue": "neurips"},
            "unknown venue 'neurips'; known: acmart-sigconf, cas-dc, cvpr, elsarticle-3p, "
            "elsarticle-5p, ieee-conference, ieee-journal, lncs",
        ),
        ({"style": "box"}, "unknown style 'box'; known: flat"),
    ],
)
def test_unknown_words_are_refused_before_anything_runs(
    folder: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        draw(root.find(folder), config="nowhere.yaml", out=folder / "x", **change)
    assert str(caught.value) == message

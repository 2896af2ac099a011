"""The file is the network: outputs, gradients, parameters and weights, without paperkit."""

import re
import subprocess
import sys

import pytest
from conftest import CASES

from paperkit.eject.writer.verify import difference


@pytest.mark.parametrize("name", CASES)
def test_the_file_alone_gives_the_models_outputs_and_gradients(comparison, name):
    equal = {"output": True, "input_gradient": True, "gradients": True}
    assert comparison.found[name]["runs"] == [equal, equal]


@pytest.mark.parametrize("name", CASES)
def test_the_file_has_the_models_parameters(comparison, name):
    assert comparison.found[name]["params"] == comparison.params[name]


@pytest.mark.parametrize("name", CASES)
def test_nothing_of_the_engine_is_in_the_code(comparison, name):
    code = re.sub(r"RENAMED = \{.*?\n\}", "", comparison.texts[name], flags=re.DOTALL)
    assert re.findall(r"(?i)\b\w*(?:slot|hook|plug)\w*\b", code) == []
    imported = set(re.findall(r"^(?:from|import) ([\w.]+)", code, flags=re.MULTILINE))
    assert imported <= {"torch", "torch.nn.functional", "typing", "math", "collections.abc"}


def test_two_files_of_one_model_are_byte_identical(comparison):
    for name in ("combine", "fuse"):
        assert CASES[name].ejected().text == comparison.texts[name]


def test_files_are_formatted_and_have_nothing_unused(comparison, tmp_path):
    ruff = pytest.importorskip("ruff").find_ruff_bin()
    for name, text in comparison.texts.items():
        (tmp_path / f"{name.replace('-', '_')}.py").write_text(text, encoding="utf-8")
    plain = ["--isolated", "--line-length", "100", str(tmp_path)]
    for command in (["format", "--check"], ["check", "--select", "E,W,F,I,UP"]):
        ended = subprocess.run(
            [ruff, *command, *plain], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_main_prints_shapes_and_parameters(comparison, tmp_path):
    file = tmp_path / "model.py"
    file.write_text(comparison.texts["branch"], encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ended.stdout.splitlines() == [
        "input      [1, 3, 32, 48]",
        "output     [1, 5]",
        f"parameters {comparison.params['branch']}",
    ]


def test_a_file_that_is_not_the_network_is_found_out(comparison):
    case = CASES["insert"]
    model, text = case.model(), comparison.texts["insert"]
    other = text.replace("x = self.bottleneck_aspp(self.bottleneck(x))", "x = self.bottleneck(x)")
    assert other != text
    size = (2, 3, 32, 48)
    assert difference(model, text, "TinyUNet", size) is None
    said = "the output differs, in evaluation at [2, 3, 32, 48]"
    assert difference(model, other, "TinyUNet", size) == said
    extra = text.replace(
        "self.down = nn", "self.spare = nn.Conv2d(1, 1, 1)\n        self.down = nn"
    )
    assert "spare.weight" in str(difference(model, extra, "TinyUNet", size))


def test_statistics_of_training_are_compared_too(comparison):
    case = CASES["insert"]
    model, text = case.model(), comparison.texts["insert"]
    other = text.replace("nn.BatchNorm2d(8)", "nn.BatchNorm2d(8, momentum=0.3)")
    said = difference(model, other, "TinyUNet", (2, 3, 32, 48))
    assert said == "the buffer of encoder.0.1.running_mean differs, in training at [2, 3, 32, 48]"

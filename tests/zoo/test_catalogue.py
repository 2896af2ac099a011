"""The catalogue is read without torch, and formulas without eval."""

import subprocess
import sys

import pytest

from paperkit import zoo
from paperkit.errors import UserError


def test_names():
    named = {"aspp", "attn_gate", "cbam", "cga_fusion", "coord_att", "scconv23", "se"}
    assert named <= set(zoo.names())
    assert zoo.names() == sorted(zoo.names())
    assert [zoo.path(name).name for name in zoo.names()] == [f"{n}.py" for n in zoo.names()]


def test_torch_is_not_imported():
    code = (
        "import sys; from paperkit import zoo; [zoo.info(n) for n in zoo.names()]; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_name():
    with pytest.raises(UserError) as caught:
        zoo.info("coord_attention")
    assert str(caught.value) == "the catalogue has no module 'coord_attention'; nearest: coord_att"


FILES = [
    ("x = 1\n", "{}: there is no INFO = {{...}}, so nothing is known about this module"),
    (
        "\nINFO = {'year': int('3')}\n",
        "{}:2: INFO must be literal (texts, numbers, lists, dictionaries), because it is read "
        "without running the file",
    ),
    ("INFO = [1]\n", "{}:1: INFO is a list, not a dictionary"),
    ("INFO = {\n", "{}:1: '{{' was never closed"),
]


@pytest.mark.parametrize(("text", "message"), FILES, ids=["none", "call", "list", "syntax"])
def test_files_that_say_nothing(tmp_path, text, message):
    file = tmp_path / "mine.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        zoo.read_info(file)
    assert str(caught.value) == message.format(file)


FORMULAS = [
    ("3*C*m + 3*m + 2*C with m=max(8, C//32)", 64, 3 * 64 * 8 + 24 + 128),
    ("29*C**2/16 + 3*C", 8, 140),
    ("a*b with a=C//2; b=a + 1", 9, 20),
    ("min(C, 3) - 1", 9, 2),
    ("0", 9, 0),
]


@pytest.mark.parametrize(("formula", "channels", "value"), FORMULAS)
def test_formulas(formula, channels, value):
    assert zoo.evaluate(formula, C=channels) == value


NO_FORMULAS = [
    ("C/2", "the formula 'C/2' gives 4.5, not a whole number, for {'C': 9}"),
    ("D + 1", "the formula 'D + 1' may not contain 'D'"),
    ("C.real", "the formula 'C.real' may not contain 'C.real'"),
    ("__import__('os')", "the formula \"__import__('os')\" may not contain \"__import__('os')\""),
    ("max(*[C])", "the formula 'max(*[C])' may not contain '*[C]'"),
    ("True", "the formula 'True' may not contain 'True'"),
    ("C +", "the formula 'C +' cannot be read: invalid syntax"),
]


@pytest.mark.parametrize(("formula", "message"), NO_FORMULAS)
def test_nothing_else_is_a_formula(formula, message):
    with pytest.raises(UserError) as caught:
        zoo.evaluate(formula, C=9)
    assert str(caught.value) == message


def test_an_editor_runs_a_copy_in_a_folder_with_any_name(tmp_path):
    folder = tmp_path / "my project 分割"
    folder.mkdir()
    (folder / "cga_fusion.py").write_bytes(zoo.path("cga_fusion").read_bytes())
    ran = subprocess.run(
        [sys.executable, "cga_fusion.py"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == [
        "inputs (2, 64, 32, 48) (2, 64, 32, 48)",
        "output (2, 64, 32, 48)",
        "parameters 11691",
    ]

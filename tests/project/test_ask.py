"""Asking a project: its mistakes are data, its death is one message."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from paperkit.errors import MachineError, UserError
from paperkit.project import Project
from paperkit.project.ask import ask

MODELS = """
class Model:
    pass

def build(config):
    return Model()
"""
PARTS = {
    "__init__": "",
    "config": "def load(path, overrides, plugs=()):\n"
    "    return {'path': path, 'overrides': overrides}\n",
    "models": MODELS,
    "data": "class Example:\n    shape = (1, 3, 4, 5)\n\n"
    "def example(config):\n    return Example()\n",
    "identity": "def of(config):\n    return {'config_sha256': str(config)}\n",
    "slots": "def cost(model, example):\n    return 7, 0.25\n\n"
    "def records(model):\n    return []\n",
}
ITEM = {"config": "c.yaml", "overrides": ["a=é"]}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "a 研究"
    (folder / "pkg").mkdir(parents=True)
    for name, text in PARTS.items():
        (folder / "pkg" / f"{name}.py").write_text(text, encoding="utf-8")
    return Project(folder, "pkg", {}, Path(sys.executable))


def put(project: Project, name: str, text: str) -> None:
    (project.root / "pkg" / f"{name}.py").write_text(text, encoding="utf-8")


def describe(project: Project, **options: float) -> dict:
    return ask(project, {"do": "describe", "items": [ITEM]}, **options)["items"][0]


def test_describe(project: Project) -> None:
    answer = describe(project)
    assert answer == {
        "config": {"path": "c.yaml", "overrides": ["a=é"]},
        "config_sha256": "{'path': 'c.yaml', 'overrides': ['a=é']}",
        "code_sha256": None, "data_sha256": None,
        "params": 7, "gmacs": 0.25, "input": [3, 4, 5], "plugs": [], "error": None,
    }  # fmt: skip


def test_what_the_project_prints_is_not_the_answer(project: Project) -> None:
    put(project, "models", "print('hello')\n" + MODELS)
    assert describe(project)["error"] is None


def test_an_explained_mistake_has_no_frames(project: Project) -> None:
    put(
        project,
        "config",
        "class ConfigError(ValueError):\n    pass\n\nclass Own(ConfigError):\n    pass\n\n"
        "def load(path, overrides):\n    raise Own('lr = -1: must be positive')\n",
    )
    assert describe(project)["error"] == {"type": "Own", "message": "lr = -1: must be positive"}


def test_a_bug_shows_the_students_frames_only(project: Project) -> None:
    put(project, "models", "import json\n\ndef build(config):\n    return json.loads('{')\n")
    error = describe(project)["error"]
    path = project.root / "pkg/models.py"
    assert error["type"] == "JSONDecodeError"
    assert error["trace"] == f"File \"{path}\", line 4, in build\n    return json.loads('{{')" or (
        error["trace"].strip().startswith(f'File "{path}", line 4, in build')
    )
    assert "json/decoder.py" not in error["trace"]


def test_a_syntax_error_is_data_too(project: Project) -> None:
    put(project, "models", "def build(config)\n    pass\n")
    assert describe(project)["error"]["type"] == "SyntaxError"
    assert "models.py, line 1" in describe(project)["error"]["message"]


def test_one_broken_item_does_not_hide_the_others(project: Project) -> None:
    put(project, "config", "def load(path, overrides):\n    return {'x': 1 / int(overrides[0])}\n")
    items = [{"config": "c", "overrides": [number]} for number in "102"]
    answers = ask(project, {"do": "describe", "items": items})["items"]
    assert [answer["error"] is None for answer in answers] == [True, False, True]


def test_a_death_is_one_message_with_the_last_lines(project: Project) -> None:
    put(project, "models", "import os\nprint('so far', flush=True)\nos._exit(7)\n")
    with pytest.raises(UserError) as caught:
        describe(project)
    assert str(caught.value) == (
        f"the Python of {project.root} ended without an answer (exit code 7); its last lines:\n"
        "  so far"
    )


def test_too_slow(project: Project) -> None:
    put(project, "models", "import time\ntime.sleep(60)\n")
    with pytest.raises(MachineError) as caught:
        describe(project, timeout=1)
    assert str(caught.value) == (
        f"the code of {project.root} did not answer within 1 s; "
        "does importing the package start a training?"
    )


def test_no_python(project: Project) -> None:
    nowhere = project.root / "no python"
    with pytest.raises(MachineError) as caught:
        describe(replace(project, python=nowhere))
    assert str(caught.value) == (
        f"cannot start the project's Python {nowhere}: No such file or directory; "
        "set PAPERKIT_PYTHON to the interpreter that has the project's packages"
    )


def test_trace(project: Project, tmp_path: Path) -> None:
    tracer = tmp_path / "tracer.py"
    tracer.write_text(
        "def trace(model, example):\n"
        "    return {'nodes': [type(model).__name__], 'input': list(example.shape)}\n"
    )
    request = {"do": "trace", "config": "c", "overrides": [], "tracer": str(tracer)}
    assert ask(project, request) == {
        "graph": {"nodes": ["Model"], "input": [1, 3, 4, 5]},
        "error": None,
    }
    put(project, "models", "def build(config):\n    return 1 / 0\n")
    assert ask(project, request)["error"]["type"] == "ZeroDivisionError"

"""Finding a project, its settings, its Python."""

import json
import sys
from pathlib import Path

import pytest

from paperkit.errors import UserError
from paperkit.project import root


def make(folder: Path, answers: str = '{"package_name": "pkg"}') -> Path:
    (folder / ".paperkit").mkdir(parents=True)
    (folder / ".paperkit/answers.json").write_text(answers, encoding="utf-8")
    return folder


def test_found_from_below_and_not_beside(tmp_path: Path) -> None:
    folder = make(tmp_path / "a 研究")
    (folder / "x/y").mkdir(parents=True)
    project = root.find(folder / "x/y")
    assert (project.root, project.package) == (folder.resolve(), "pkg")
    with pytest.raises(UserError) as caught:
        root.find(tmp_path)
    assert str(caught.value) == (
        f"no paperkit project in {tmp_path.resolve()} or above (no .paperkit/answers.json); "
        "change into one, or make one: paperkit new NAME"
    )


@pytest.mark.parametrize("answers", ["{", "[]", '{"task": "segmentation"}', "3"])
def test_damaged_answers(tmp_path: Path, answers: str) -> None:
    path = make(tmp_path / "p", answers) / ".paperkit/answers.json"
    with pytest.raises(UserError) as caught:
        root.find(path.parent)
    assert str(caught.value).startswith(f"{path}: not the answers of a project (")
    assert str(caught.value).endswith("; restore it: git checkout .paperkit/answers.json")


def test_which_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAPERKIT_PYTHON", raising=False)
    folder = make(tmp_path / "p")
    assert root.find(folder).python == Path(sys.executable)
    own = folder / ".venv/bin/python"
    own.parent.mkdir(parents=True)
    own.touch()
    assert root.find(folder).python == own
    monkeypatch.setenv("PAPERKIT_PYTHON", "/opt/other/python")
    assert root.find(folder).python == Path("/opt/other/python")


def test_settings(tmp_path: Path) -> None:
    folder = make(tmp_path / "p")
    assert root.find(folder).settings.venue is None
    (folder / "paperkit.yaml").write_text(
        "venue: ieee-journal\nnames: {on: On, full: 我们}\ntables: [ablation]\n", encoding="utf-8"
    )
    project = root.find(folder)
    assert (project.settings.venue, project.settings.tables) == ("ieee-journal", ["ablation"])
    assert [project.display(name) for name in ("full", "on", "ca")] == ["我们", "On", "ca"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("venu: x", "paperkit.yaml:1: unknown key 'venu'; did you mean 'venue'?"),
        ("a: 1\nb: 2",
         "paperkit.yaml:1: unknown key 'a'; known: venue, names, metrics, tables, figures\n"
         "paperkit.yaml:2: unknown key 'b'; known: venue, names, metrics, tables, figures"),
        ("names:\n  ca: 3", "paperkit.yaml:2: names.ca = 3: input should be a valid string"),
        ("names: {a: x, a: y}",
         "paperkit.yaml:1: 'a' is given twice (first in line 1); remove one"),
        ("- x", "paperkit.yaml:1: expected 'key: value' lines, found a list"),
    ],
)  # fmt: skip
def test_wrong_settings(tmp_path: Path, text: str, message: str) -> None:
    folder = make(tmp_path / "p")
    (folder / "paperkit.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        _ = root.find(folder).settings
    assert str(caught.value) == message


def test_settings_file_that_is_no_text(tmp_path: Path) -> None:
    folder = make(tmp_path / "p")
    (folder / "paperkit.yaml").write_bytes(b"names: \xff")
    with pytest.raises(UserError) as caught:
        _ = root.find(folder).settings
    assert str(caught.value) == "paperkit.yaml: not UTF-8 text (byte 7); save it as UTF-8"
    assert json.loads((folder / ".paperkit/answers.json").read_text()) == {"package_name": "pkg"}

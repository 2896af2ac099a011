"""`paperkit new` and `paperkit add`, as they are typed."""

import json
from pathlib import Path

import pytest

from paperkit.cli import main

Told = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_says_what_comes_next(capsys: Told) -> None:
    assert main(["new", "分割 one", "--yes"]) == 0
    assert capsys.readouterr().out == (
        "分割 one: ready; your code is in one/\n\n"
        "  cd '分割 one'\n"
        "  python train.py                         # does everything work? seconds on a CPU\n"
        "  paperkit run experiments/ablation.yaml  # train every row of the table\n"
        "  paperkit report --compile               # tables, figures, paper/main.pdf\n"
    )


def test_json_is_one_document_and_nothing_else(here: Path, capsys: Told) -> None:
    assert main(["new", "seg", "--json", "--task", "classification", "--set", "year=2031"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["project"] == str(here / "seg") and told["package"] == "seg"
    assert told["task"] == "classification" and "train.py" in told["files"]
    assert "2031" in (here / "seg/LICENSE").read_text(encoding="utf-8")


def test_a_dry_run_lists_the_files_and_writes_none(here: Path, capsys: Told) -> None:
    assert main(["new", "seg", "--yes", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"seg would get {len(lines) - 1} files:"
    assert "seg/slots/grammar.py" in lines and list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "sead=1"], "answer: unknown key 'sead'; known, nearest first: "),
        (["--set", "year"], "--set 'year': expected key=value, such as --set year=2026\n"),
        (
            ["--modules", "coord_attention"],
            "the catalogue has no module 'coord_attention'; nearest: coord_att",
        ),
        (["--venue", "ieee-jurnal"], "unknown venue 'ieee-jurnal'; did you mean 'ieee-journal'?"),
        (
            ["--venue", "lncs"],
            "there is no paper skeleton for 'lncs' yet; take one of ieee-conference, "
            "ieee-journal, and fit tables and figures with paperkit report --venue lncs",
        ),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_a_mistake_is_exit_2_and_leaves_nothing(
    arguments: list[str], message: str, here: Path, capsys: Told
) -> None:
    assert main(["new", "seg", "--yes", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("paperkit: ") and message in told.err
    assert list(here.iterdir()) == []


def test_the_folder_one_stands_in_is_not_a_new_project(capsys: Told) -> None:
    for name in (".", "..", "a/.."):
        assert main(["new", name, "--yes"]) == 2
        assert "cannot name a project folder: it is empty or only dots" in capsys.readouterr().err


def test_questions_are_asked_only_on_a_terminal(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: Told
) -> None:
    answers = iter(["", "unet", "Ana", "none"])
    asked: list[str] = []

    def prompt(question: str, **_: object) -> str:
        asked.append(question.partition(":")[0])
        return next(answers)

    monkeypatch.setattr("typer.prompt", prompt)
    assert main(["new", "piped"]) == 0
    assert asked == []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["new", "asked"]) == 0
    assert asked == ["Folder of your data (empty", "Baseline", "Author (empty", "License"]
    given = json.loads((here / "asked/.paperkit/answers.json").read_text(encoding="utf-8"))
    assert (given["author"], given["license"]) == ("Ana", "none")


def test_add_works_from_any_folder_below(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: Told
) -> None:
    main(["new", "seg", "--yes"])
    monkeypatch.chdir(here / "seg/configs")
    capsys.readouterr()
    assert main(["add", "se"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(
        "se: added (seg/modules/se.py)\n  Squeeze-and-Excitation Networks (2018)"
    )
    assert "@inproceedings{hu2018squeeze," in told and '--plug "' in told
    assert main(["add", "se", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["name"], document["changed"]) == ("se", False)


def test_add_outside_of_a_project_says_so(here: Path, capsys: Told) -> None:
    assert main(["add", "se"]) == 2
    assert capsys.readouterr().err.startswith(f"paperkit: no paperkit project in {here}")

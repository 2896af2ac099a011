"""paperkit report, as it is typed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from paperkit.cli import main
from paperkit.report import build


@pytest.fixture
def inside(writer: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    writer.ablation()
    (writer.folder / "runs/ablation/ca").mkdir(exist_ok=True)
    monkeypatch.chdir(writer.folder / "runs/ablation/ca")
    return writer


def test_it_names_the_files_and_then_agrees(
    inside: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("paper/generated/ (") and "  tab_ablation.tex" in lines
    assert main(["report", "--check"]) == 0
    assert capsys.readouterr().out == "paper and runs agree\n"


def test_a_finding_is_one_line_and_exit_1(inside: Any, capsys: pytest.CaptureFixture[str]) -> None:
    build(inside.project())  # the command would compile previews
    inside.run("ablation/ca/seed0", {"iou_set": 0.60})
    inside.text("paper/main.tex", "Now \\pk{ablation/ca/iou_set} and 77.00 of them.\n")
    capsys.readouterr()
    assert main(["report", "--check"]) == 1
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[:3] == [
        "ablation/ca/iou_set: 73.50 -> 67.50",
        "  paper/main.tex:1: Now [73.50 -> 67.50] and 77.00 of them.",
        "  in tab_ablation",
    ]
    assert lines[-1].startswith("note: tab_ablation, ")
    assert lines[-1].endswith(": no text uses it")
    count = len([line for line in lines if not line.startswith(("  ", "note: "))])
    assert captured.err == (
        f"paperkit: {count} findings; run paperkit report, then change the text\n"
    )
    inside.text("paper/main.tex", "Now \\pk{ablation/ca/iou_set} and all of them.\n")
    assert main(["report", "--check"]) == 1
    assert capsys.readouterr().err == f"paperkit: {count - 1} findings; run paperkit report\n"


def test_findings_in_the_text_are_the_authors(
    inside: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    inside.text("paper/main.tex", "\\input{generated/tab_ablation} with 77.00 in it.\n")
    build(inside.project())  # the command would compile previews
    assert main(["report", "--check", "--json"]) == 1
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert captured.err == "paperkit: 1 finding; change the text\n"
    assert document["findings"] == [
        {
            "place": "paper/main.tex:1",
            "what": "77.00 is typed by hand and equals ablation/ca-cga/iou_set (also "
            "ablation/full/iou_set): write \\pk{ablation/ca-cga/iou_set}",
            "uses": [],
            "tables": [],
            "own": True,
        }
    ]
    assert {"tab_perclass_ablation"} <= {note["place"] for note in document["notes"]}


def test_a_copy_from_overleaf(inside: Any, capsys: pytest.CaptureFixture[str]) -> None:
    inside.text("paper/main.tex", "\\pk{ablation/ca/iou_set}\n")
    build(inside.project())  # the command would compile previews
    path = shutil.make_archive(str(inside.folder / "project"), "zip", inside.folder / "paper")
    capsys.readouterr()
    assert main(["report", "--check", "--against", path]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "paper and runs agree"
    inside.text("paper/main.tex", "Now \\pk{ablation/ca/iou_set}\n")
    (inside.folder / "paper/generated/macros.tex").unlink()  # here, not there
    assert main(["report", "--check", "--against", path]) == 0
    out = capsys.readouterr().out
    assert (
        "note: project.zip/main.tex: differs from paper/main.tex; edited on Overleaf: copy it "
        in out
    )
    inside.run("ablation/ca/seed0", {"iou_set": 0.60})
    assert main(["report", "--check", "--against", path]) == 1
    captured = capsys.readouterr()
    assert "  project.zip/main.tex:1: [73.50 -> 67.50]" in captured.out.splitlines()
    assert captured.err.endswith(
        " findings in project.zip; run paperkit report and upload paper/generated again\n"
    )


def test_an_upload_does_not_change_the_text_on_overleaf(
    inside: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    inside.text("paper/main.tex", "\\input{generated/tab_ablation} with 77.00 in it.\n")
    build(inside.project())
    path = shutil.make_archive(str(inside.folder / "project"), "zip", inside.folder / "paper")
    capsys.readouterr()
    assert main(["report", "--check", "--against", path]) == 1
    assert capsys.readouterr().err == (
        "paperkit: 1 finding in project.zip; change the text there\n"
    )


def test_freeze_and_diff(inside: Any, capsys: pytest.CaptureFixture[str]) -> None:
    inside.text("paper/main.tex", "We reach \\pk{ablation/ca/iou_set}.\n")
    build(inside.project())  # the command would compile previews
    assert main(["report", "--freeze", "submitted"]) == 0
    assert capsys.readouterr().out == (
        "paper/frozen/submitted.json: what the paper prints now; keep it under version control\n"
    )
    assert main(["report", "--diff", "submitted"]) == 0
    assert capsys.readouterr().out == "numbers since submitted: 0 changed, 0 added, 0 removed\n"
    inside.run("ablation/ca/seed0", {"iou_set": 0.60})
    assert main(["report", "--diff", "submitted", "--out", "changes.md"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:4] == [
        "ablation/ca/iou_set: 73.50 -> 67.50",
        "  then paper/main.tex:1: We reach 73.50.",
        "  now  paper/main.tex:1: We reach 67.50.",
    ]
    assert "tab_ablation: CA, mIoU: 73.50 ± 2.12 -> 67.50 ± 10.61" in lines
    assert lines[-1] == "the list for the response letter: changes.md"
    assert "was 73.50" in Path("changes.md").read_text(encoding="utf-8")
    assert main(["report", "--diff", "submitted", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["changed"][0] | {"then": 0} == {
        "key": "ablation/ca/iou_set",
        "old": "73.50",
        "new": "67.50",
        "then": 0,
        "now": [{"place": "paper/main.tex:1", "text": "We reach 67.50."}],
    }
    assert set(document) == {"tag", "changed", "added", "removed", "cells"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--check", "--freeze", "a"],
            "--check and --freeze do different things: give one of them",
        ),
        (
            ["--diff", "a", "--compile"],
            "--diff and --compile do different things: give one of them",
        ),
        (
            ["--against", "x.zip"],
            "--against belongs to --check: paperkit report --check --against x.zip",
        ),
        (["--out", "x.md"], "--out belongs to --diff: paperkit report --diff TAG --out x.md"),
    ],
)
def test_options_that_do_not_go_together(
    inside: Any, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(["report", *options]) == 2
    assert capsys.readouterr().err == f"paperkit: {message}\n"


def test_a_borrowed_module_without_citation_is_exit_1(
    inside: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for variant in ("ca", "ca-cga"):
        for seed in (0, 1):
            folder = inside.run(f"ablation/{variant}/seed{seed}", {"iou_set": 0.7})
            plugs = [{"slot": "encoder.0", "modules": ["found_att"], "own": ["my_att"]}]
            inside.json(f"runs/ablation/{variant}/seed{seed}/plugs.json", plugs)
    assert main(["report"]) == 1
    assert capsys.readouterr().err.endswith(
        "paperkit: found_att is used without a citation: it has no citation\n"
        "  the paper prints [cite?] there; add key and bibtex to the module's INFO, or 'own': True "
        "where it is your own work\n"
    )
    macros = (inside.folder / "paper/generated/macros.tex").read_text(encoding="utf-8")
    assert r"\textbf{[cite?]}" in macros
    assert folder.is_dir()


def test_json_is_one_document(inside: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["pdf"], document["warnings"]) == (None, [])
    assert {Path(name).name for name in document["files"]} >= {"macros.tex", "tab_ablation.tex"}
    assert main(["report", "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"findings": [], "notes": []}


def test_a_missing_latex_is_named_and_the_rest_is_delivered(
    inside: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside.text("paper/main.tex", "x")
    monkeypatch.setenv("PATH", "")
    assert main(["report", "--compile"]) == 3
    assert capsys.readouterr().err.splitlines()[-1] == (
        "paperkit: LaTeX is missing (pdflatex, bibtex, latexmk), so there is no PDF; the .tex "
        "files and the figures are there. Get it: install TeX Live: https://tug.org/texlive"
    )
    assert (inside.folder / "paper/generated/tab_ablation.tex").is_file()

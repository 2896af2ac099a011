"""paperkit report, as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest

from paperkit.cli import main


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
    assert main(["report"]) == 0
    inside.run("ablation/ca/seed0", {"iou_set": 0.60})
    capsys.readouterr()
    assert main(["report", "--check"]) == 1
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert "ablation/ca/iou_set: 73.50 -> 67.50" in lines
    assert captured.err == (
        f"paperkit: {len(lines)} findings; paperkit report writes the files again\n"
    )


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
    assert json.loads(capsys.readouterr().out) == {"findings": []}


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

"""`paperkit demo`: the whole road with one command, here with the smallest trainings."""

import json
import shutil
from pathlib import Path

import pytest

from paperkit.cli import demo as demo_module
from paperkit.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo project whose runs take seconds: one seed, one epoch."""
    folder = tmp_path_factory.mktemp("演示 demo") / "my demo"
    demo_module._project(folder)
    spec = folder / demo_module.SPEC
    assert "seeds: [0, 1]\n" in spec.read_text(encoding="utf-8")
    tiny = spec.read_text(encoding="utf-8").replace("seeds: [0, 1]", "seeds: [0]")
    spec.write_text(tiny, encoding="utf-8")
    config = folder / "configs/baseline.yaml"
    lines = config.read_text(encoding="utf-8")
    for old, new in {"limit: 160": "limit: 8", "epochs: 8": "epochs: 1"}.items():
        assert old in lines, f"the template no longer says {old!r}"
        lines = lines.replace(old, new)
    config.write_text(lines, encoding="utf-8")
    return folder


def results(folder: Path) -> dict[str, str]:
    return {
        path.parent.parent.name: json.loads(path.read_text(encoding="utf-8"))["started"]
        for path in folder.glob("runs/ablation/*/*/run.json")
    }


@pytest.mark.slow
@pytest.mark.latex
@pytest.mark.poppler
def test_from_nothing_to_the_paper_and_again_without_training(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", str(folder)]) == 0
    told = capsys.readouterr().out
    assert f"the paper: {folder / 'paper/main.pdf'}" in told
    assert [line.split()[0] for line in told.splitlines() if line.endswith(str(folder))] == [
        "project"
    ]
    assert (folder / "paper/main.pdf").read_bytes().startswith(b"%PDF")
    generated = {path.name for path in (folder / "paper/generated").iterdir()}
    assert {"tab_ablation.tex", "fig_architecture.pdf", "macros.tex"} <= generated
    before, pdf = results(folder), (folder / "paper/main.pdf").read_bytes()
    assert set(before) == {"baseline", "ca", "cga", "ca-cga"}
    assert main(["demo", str(folder)]) == 0
    assert results(folder) == before
    assert (folder / "paper/main.pdf").read_bytes() == pdf


@pytest.mark.slow
def test_without_latex_all_but_the_pdf_is_there(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    git = shutil.which("git")
    assert git is not None
    (tmp_path / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PAPERKIT_NO_APT", "1")
    (folder / "paper/main.pdf").unlink(missing_ok=True)
    assert main(["demo", str(folder)]) == 0
    told = capsys.readouterr()
    assert "LaTeX is missing (pdflatex, bibtex, latexmk); install TeX Live: " in told.err
    assert told.out.endswith("no PDF yet; all the rest is there\n")
    assert not (folder / "paper/main.pdf").exists()
    previews = {path.name for path in (folder / "paper/generated/previews").glob("*.png")}
    assert {"fig_architecture.png", "fig_curves_ablation.png"} <= previews


def test_somebody_elses_folder_is_not_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["demo", str(tmp_path)]) == 2
    assert "is not empty (mine.txt); choose another name" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

"""What did not change is not made again: no file is written, no figure drawn, no table compiled."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paperkit.report import Built, build, check, provenance
from paperkit.runs import index
from paperkit.runs.files import Files


def classes(writer: Any) -> None:
    """Two experiments, each with a table, a table per class and figures."""
    writer.ablation()
    writer.comparison()
    writer.figures(True)


def rebuilt(writer: Any) -> tuple[Built, set[str], set[str]]:
    """A report: what it wrote, and which parts were drawn or made anew."""
    told: list[str] = []
    built = build(writer.project(), on_event=told.append)
    folder = writer.folder / "paper/generated"
    steps = {"reading the runs", "writing the files"}
    return built, {path.relative_to(folder).as_posix() for path in built.written}, set(told) - steps


def states(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_second_report_writes_and_draws_nothing(writer: Any) -> None:
    classes(writer)
    first, _, drawn = rebuilt(writer)
    assert {"fig_curves_ablation", "fig_curves_comparison"} <= drawn
    assert len(first.written) == len(first.files)
    before = states(writer.folder)
    _, written, drawn = rebuilt(writer)
    assert (written, drawn) == (set(), set())
    assert states(writer.folder) == before


def test_a_run_rebuilds_what_rests_on_it(writer: Any) -> None:
    """Another result of the ablation: its tables and the macros; no figure shows results."""
    classes(writer)
    rebuilt(writer)
    before = states(writer.folder / "paper/generated")
    writer.run("ablation/ca/seed0", {"iou_set": 0.60})
    built, written, drawn = rebuilt(writer)
    assert {"tab_ablation.tex", "tab_ablation.csv", "macros.tex", "provenance.json"} <= written
    assert not {name for name in written if "comparison" in name}
    assert not {name for name in drawn if name.startswith("fig_") or "comparison" in name}
    kept = {str(path) for path in built.files} - {str(path) for path in built.written}
    after = states(writer.folder / "paper/generated")
    assert kept and {path: after[path] for path in kept} == {path: before[path] for path in kept}


def test_a_log_rebuilds_the_curves_of_its_experiment_only(writer: Any) -> None:
    classes(writer)
    rebuilt(writer)
    path = writer.folder / "runs/ablation/ca/seed0/metrics.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows[0]["loss"] = 0.9
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    _, written, drawn = rebuilt(writer)
    assert drawn == {"fig_curves_ablation"}
    assert written == {
        "fig_curves_ablation.pdf", "previews/fig_curves_ablation.png", "provenance.json",
    }  # fmt: skip


def test_a_file_that_was_lost_is_made_again_and_nothing_else(writer: Any) -> None:
    classes(writer)
    rebuilt(writer)
    folder = writer.folder / "paper/generated"
    (folder / "tab_ablation.tex").unlink()
    (folder / "fig_curves_comparison.pdf").write_bytes(b"edited by hand")
    _, written, drawn = rebuilt(writer)
    assert drawn == {"fig_curves_comparison"}
    assert written == {"tab_ablation.tex", "fig_curves_comparison.pdf"}


def test_a_name_rebuilds_what_shows_it(writer: Any) -> None:
    """A data set of the comparison has another name: nothing of the ablation shows it."""
    classes(writer)
    rebuilt(writer)
    settings = writer.folder / "paperkit.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("Synth_1", "Shapes"), encoding="utf-8")
    _, written, drawn = rebuilt(writer)
    assert {"tab_comparison.tex", "fig_curves_comparison.pdf"} <= written
    assert "fig_curves_comparison" in drawn
    assert not {name for name in written if "ablation" in name}


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Makes this paperkit another one, whose file has one more line."""

    def change(name: str) -> None:
        copy = tmp_path / "newer"
        shutil.copytree(provenance._OURS, copy, ignore=shutil.ignore_patterns("__pycache__"))
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write("# drawn otherwise\n")
        monkeypatch.setattr(provenance, "_OURS", copy)
        provenance.code_digest.cache_clear()

    yield change
    provenance.code_digest.cache_clear()


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("report/figures/curves.py", {"fig_curves_ablation", "fig_curves_comparison"}),
        ("report/files/table_docx.py", {"tab_ablation.docx", "tab_comparison.docx"}),
    ],
)
def test_a_newer_paperkit_draws_anew(
    writer: Any, newer: Callable[[str], None], name: str, made: set[str]
) -> None:
    """The picture of an older one would stay in the paper, with whatever was wrong in it."""
    classes(writer)
    rebuilt(writer)
    newer(name)
    stale = {finding.place.removeprefix("paper/generated/") for finding in check(writer.project())}
    assert made <= stale
    _, _, drawn = rebuilt(writer)
    assert drawn == stale
    assert check(writer.project()) == []


def test_with_an_index_a_second_report_is_the_same(
    writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few runs have no index; with one, nothing but the index appears, and it is read."""
    classes(writer)
    writer.figures(False)
    monkeypatch.setattr(index, "FEWEST", 1)
    monkeypatch.setattr("paperkit.runs.files.SETTLED", -(10**15))
    rebuilt(writer)
    before = states(writer.folder)
    assert {path.name for path in (writer.folder / "runs/.index").iterdir()} == {
        ".gitignore", "ablation.runs", "comparison.runs",
    }  # fmt: skip
    opened: list[str] = []
    read = Files.read
    monkeypatch.setattr(Files, "read", lambda self, path: opened.append(path) or read(self, path))
    _, written, drawn = rebuilt(writer)
    assert (written, drawn) == (set(), set())
    assert [path for path in opened if Path(path).is_file()] == []
    assert states(writer.folder) == before

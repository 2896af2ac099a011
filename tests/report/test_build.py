"""Building twice, checking, and what counts as a disagreement."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paperkit.errors import UserError
from paperkit.report import build, check

Tree = Callable[[Path], dict[str, bytes]]


def findings(writer: Any) -> list[str]:
    return [str(finding) for finding in check(writer.project())]


def test_a_second_report_changes_no_byte(writer: Any, tree: Tree) -> None:
    writer.ablation(["iou_set", "dice_img"])
    writer.comparison()
    first = build(writer.project())
    before = tree(writer.folder)
    times = {path: path.stat().st_mtime_ns for path in first.files}
    second = build(writer.project())
    assert tree(writer.folder) == before
    assert (len(first.written), second.written) == (len(first.files), ())
    assert {path: path.stat().st_mtime_ns for path in second.files} == times
    assert findings(writer) == []


def test_the_folder_may_be_moved(writer: Any, tree: Tree, tmp_path: Path) -> None:
    writer.ablation()
    build(writer.project())
    before = tree(writer.folder / "paper")
    moved = writer.folder.rename(tmp_path / "elsewhere")
    writer.folder = moved
    assert build(writer.project()).written == ()
    assert tree(moved / "paper") == before


def test_everything_that_tex_reads_is_ascii_with_unix_lines(writer: Any, tree: Tree) -> None:
    writer.text("paperkit.yaml", "names: {ca: 注意力, cga: Größe}\nfigures: []\n")
    writer.ablation()
    warnings = build(writer.project()).warnings
    for name, content in tree(writer.folder / "paper/generated").items():
        if not name.endswith((".docx", ".xlsx")):
            assert b"\r" not in content and content.endswith(b"\n"), name
            assert content.isascii() or name.endswith(".md"), name
    assert warnings == ("'注意力': pdfLaTeX cannot print 力 意 注; it is shown as U+XXXX",)


def test_no_report_is_a_finding(writer: Any) -> None:
    assert findings(writer) == ["paper/generated: there is no report yet: paperkit report"]


def test_a_changed_result_names_its_keys_old_and_new(writer: Any) -> None:
    writer.ablation()
    build(writer.project())
    writer.run("ablation/ca/seed0", {"iou_set": 0.60})
    found = findings(writer)
    # (0.60 + 0.75) / 2 and its difference to (0.70 + 0.72) / 2
    assert "ablation/ca/iou_set: 73.50 -> 67.50" in found
    assert "ablation/ca/iou_set/delta: +2.50 -> -3.50" in found
    assert "paper/generated/tab_ablation.tex: out of date" in found
    assert "paper/generated/macros.tex: out of date" in found
    build(writer.project())
    assert findings(writer) == []


def test_a_value_that_prints_alike_is_still_out_of_date_in_the_csv(writer: Any) -> None:
    writer.ablation()
    build(writer.project())
    writer.run("ablation/ca/seed0", {"iou_set": 0.720000001})
    assert "paper/generated/tab_ablation.csv: out of date" in findings(writer)


def test_edits_and_losses_are_findings(writer: Any) -> None:
    writer.ablation()
    build(writer.project())
    folder = writer.folder / "paper/generated"
    table = folder / "tab_ablation.tex"
    table.write_text(table.read_text().replace("77.00", "88.00"))
    (folder / "macros.tex").unlink()
    assert findings(writer) == [
        "paper/generated/macros.tex: missing",
        "paper/generated/tab_ablation.tex: edited by hand; paperkit report would overwrite it",
    ]


def test_unknown_keys_in_the_text_are_findings(writer: Any) -> None:
    writer.ablation()
    build(writer.project())
    text = (
        "\\pk{ablation/ca/iou_set} % \\pk{a/comment}\n"
        "50\\% \\pk{ablation/gone/iou_set}\n"
        "\\pkif{ablation/nope/x}{\\pk{ablation/nope/x}}{\\pk{else/taken}}\n"
        "\\pkif{ablation/ca/iou_set}{\n\\pk{then/taken}}{\\pk{never}}\n"
    )
    writer.text("paper/main.tex", text)
    assert findings(writer) == [
        "paper/main.tex:2: \\pk{ablation/gone/iou_set} is no known result; did you mean "
        "'ablation/cga/iou_set'?",
        "paper/main.tex:3: \\pk{else/taken} is no known result; all keys: generated/macros.tex",
        "paper/main.tex:5: \\pk{then/taken} is no known result; all keys: generated/macros.tex",
    ]


def test_a_module_without_a_citation_is_a_finding(writer: Any) -> None:
    writer.ablation()
    for seed in (0, 1):
        writer.run(f"ablation/ca/seed{seed}", {"iou_set": 0.7}, cites=[])
        writer.run(f"ablation/ca-cga/seed{seed}", {"iou_set": 0.7}, cites=[])
    line = "coord_att is used without a citation: it has no citation"
    assert line in build(writer.project()).uncited
    assert f"references.bib: {line}" in findings(writer)
    macros = (writer.folder / "paper/generated/macros.tex").read_text()
    assert "coordinate attention~\\textbf{[cite?]}" in macros


def test_files_of_an_experiment_that_is_gone_are_removed_and_nothing_else(
    writer: Any, tmp_path: Path
) -> None:
    writer.ablation()
    writer.comparison()
    build(writer.project())
    folder = writer.folder / "paper/generated"
    kept = writer.text("paper/generated/README.md", "mine\n")
    outside = writer.text("paper/main.tex", "mine\n")
    recorded = json.loads((folder / "provenance.json").read_text())
    for name in ("../main.tex", str(outside)):  # a project from a stranger
        recorded["files"][name] = {"sha256": "0", "inputs": "0"}
    (folder / "provenance.json").write_text(json.dumps(recorded))
    (writer.folder / "runs/comparison/plan.json").unlink()
    build(writer.project())
    assert not (folder / "tab_comparison.tex").exists()
    assert (folder / "tab_ablation.tex").exists()
    assert kept.exists() and outside.exists()


def test_paperkit_yaml_chooses_tables(writer: Any) -> None:
    writer.ablation()
    writer.comparison()
    writer.text("paperkit.yaml", "tables: [comparison]\nfigures: []\n")
    names = {path.name for path in build(writer.project()).files}
    assert "tab_comparison.tex" in names and "tab_ablation.tex" not in names
    macros = (writer.folder / "paper/generated/macros.tex").read_text()
    assert "{ablation/full/iou_set}" in macros  # the text may still use its numbers


def test_a_project_without_runs_has_a_report(writer: Any) -> None:
    built = build(writer.project())
    assert {path.name for path in built.files} == {
        "macros.tex",
        "references.bib",
        "provenance.json",
    }
    assert built.warnings == (
        "no experiment has been launched yet: paperkit run experiments/ablation.yaml",
    )
    assert findings(writer) == []


def test_an_unknown_venue_names_the_nearest(writer: Any) -> None:
    with pytest.raises(UserError) as caught:
        build(writer.project(), venue="ieee-jurnal")
    assert str(caught.value) == "unknown venue 'ieee-jurnal'; did you mean 'ieee-journal'?"

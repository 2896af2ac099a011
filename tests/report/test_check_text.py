r"""report --check on the author's text: sentences, typed numbers, macros, files that are used."""

from typing import Any

import pytest

from paperkit.report import build, review


@pytest.fixture
def made(writer: Any) -> Any:
    writer.ablation()
    writer.comparison()
    build(writer.project())
    return writer


def findings(writer: Any, text: str) -> list[str]:
    writer.text("paper/main.tex", text)
    found = review(writer.project()).findings
    assert all(finding.own for finding in found)
    return [str(finding) for finding in found]


def test_a_changed_number_shows_every_sentence_and_table_that_uses_it(made: Any) -> None:
    made.text(
        "paper/main.tex",
        "We follow Hou et al. (Fig. 3).  Attention gives \\pk{ablation/ca/iou_set}\\,\\% instead\n"
        "of \\pk{ablation/baseline/iou_set}\\,\\% (+\\pk{ablation/ca/iou_set/delta}).\n"
        "\\input{sections/end}\n\\input{generated/tab_ablation}\n",
    )
    made.text("paper/sections/end.tex", "\n\nIn short: \\pk{ablation/ca/iou_set}~\\%. % done\n")
    made.text("paper/old/draft.tex", "Once it was \\pk{ablation/ca/iou_set}.\n")
    build(made.project())
    made.run("ablation/ca/seed0", {"iou_set": 0.60})
    found = {finding.place: finding for finding in review(made.project()).findings}
    number = found["ablation/ca/iou_set"]
    assert number.uses == (
        "paper/main.tex:1: Attention gives [73.50 -> 67.50] % instead of 71.00 % (+[+2.50 -> "
        "-3.50]).",
        "paper/sections/end.tex:3: In short: [73.50 -> 67.50] %.",
    )
    assert number.tables == ("tab_ablation",)
    delta = found["ablation/ca/iou_set/delta"]
    assert delta.uses[0].startswith("paper/main.tex:2: Attention gives")
    assert set(delta.tables) >= {"tab_ablation", "tab_statistics_ablation"}
    spread = found["ablation/ca/iou_set/std"]
    assert (spread.uses, spread.tables) == ((), ("tab_ablation",))
    # what the text uses is read first
    assert list(found)[:2] == ["ablation/ca/iou_set", "ablation/ca/iou_set/delta"]
    assert "ablation/cga/iou_set" not in found


def test_numbers_typed_by_hand_are_found_in_every_file(made: Any) -> None:
    made.text("paper/sections/end.tex", "It is 77.00\\,\\%.  It was 1.41.  % paperkit: ok\n")
    made.text("paper/sections/next.tex", "\n\nThe gain is 6.00 points.\n")
    text = "We reach 73.50\\,\\% here.\n\\input{sections/end}\\input{sections/next}\n"
    assert findings(made, text) == [
        "paper/main.tex:1: 73.50 is typed by hand and equals ablation/ca/iou_set (also "
        "ablation/cga/iou_set): write \\pk{ablation/ca/iou_set}",
        "paper/sections/next.tex:3: 6.00 is typed by hand and equals ablation/ca-cga/iou_set/delta "
        "(also ablation/full/iou_set/delta): write \\pk{ablation/ca-cga/iou_set/delta}",
    ]


def test_unknown_names_have_the_nearest(made: Any) -> None:
    text = (
        "\\pk{ablation/ca/iou}\n\\pkcaption{tab_ablatoin}\n\\pksetup{ablatio}\n\\pkcites{x}\n"
        "\\pkcation{tab_ablation} \\begin{pktabel}{tab_ablation}\n"
        "\\newcommand{\\pkmine}{x}\\pkmine \\pkg{lme4} % \\pkcation\n"
        "\\pkif{setup:ablation}{\\pksetup{ablation}}{\\pk{never}}\n"
    )
    assert findings(made, text) == [
        "paper/main.tex:1: \\pk{ablation/ca/iou} is no known result; did you mean "
        "'ablation/ca/iou_set'?",
        "paper/main.tex:2: \\pkcaption{tab_ablatoin}: no such table or figure; did you mean "
        "'tab_ablation'?",
        "paper/main.tex:3: \\pksetup{ablatio}: no such experiment; did you mean 'ablation'?",
        "paper/main.tex:4: \\pkcites{x}: no such experiment; known: ablation, all, comparison",
        "paper/main.tex:5: \\pkcation is no macro of paperkit; did you mean 'pkcaption'?",
        "paper/main.tex:5: \\begin{pktabel} is no environment of paperkit; did you mean 'pktable'?",
    ]


def test_files_that_are_not_there_and_files_that_nobody_uses(made: Any) -> None:
    text = (
        "\\input{generated/tab_ablation}\\input{generated/tab_abl.tex}\n"
        "\\IfFileExists{generated/tab_later.tex}{\\input{generated/tab_later}}{}\n"
        "\\includegraphics[width=\\linewidth]{generated/fig_none.pdf}\\input{mine}\n"
    )
    assert findings(made, text) == [
        "paper/main.tex:1: \\input{generated/tab_abl.tex}: the report makes no such file; did you "
        "mean 'tab_ablation'?",
        "paper/main.tex:3: \\includegraphics{generated/fig_none.pdf}: the report makes no such "
        "file",
    ]
    notes = [str(note) for note in review(made.project()).notes]
    assert "tab_comparison: no text uses it" in notes
    assert "tab_ablation: no text uses it" not in notes


def test_what_paperkit_yaml_asks_for_must_be_used(made: Any) -> None:
    made.text("paperkit.yaml", "tables: [ablation, comparison]\nfigures: []\n")
    build(made.project())
    assert findings(made, "\\input{generated/tab_ablation}\n") == [
        "paperkit.yaml: asks for tab_comparison, and no text uses it"
    ]
    assert review(made.project()).notes == []


def test_a_project_without_a_text_has_no_notes(made: Any) -> None:
    assert review(made.project()).notes == []

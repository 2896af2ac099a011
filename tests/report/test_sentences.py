r"""Sentences of LaTeX source: where they end, which of them use a number, how they read."""

from pathlib import Path
from typing import Any

import pytest

from paperkit.report.checks.manuscript import manuscript
from paperkit.report.checks.sentences import filled, readable, sentences


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """(file:line of each use, the sentence as a reader sees it), with the key's end for numbers."""

    def run(text: str, known: tuple[str, ...] = ("e/v/iou",)) -> list[tuple[str, str]]:
        (tmp_path / "main.tex").write_text(text, encoding="utf-8")
        return [
            (
                ",".join(str(line) for _, line in one.keys),
                readable(filled(one.tex, lambda key: key.rpartition("/")[2])),
            )
            for one in sentences(manuscript(tmp_path), known)
        ]

    return run


@pytest.mark.parametrize(
    "sentence",
    [
        "We follow Hou et al. [3] and reach \\pk{e/v/iou}.",
        "As Fig. 3 and Eq. (2) show, it is \\pk{e/v/iou}, cf. Sec. 4.",
        "It is \\pk{e/v/iou} (vs. 71.5 before), i.e. more, e.g. 2.5 points.",
        "J. Smith reached \\pk{e/v/iou}.",
        "In No. 3 it is \\pk{e/v/iou} w.r.t. the base.",
        "It is \\pk{e/v/iou}\\,\\% at 50\\% of the cost!",
        "\\textbf{It is \\pk{e/v/iou}, \\emph{too}.}",
        "Is it \\pk{e/v/iou}?",
    ],
)
def test_a_sentence_is_not_cut_at_its_periods(read: Any, sentence: str) -> None:
    (found,) = read(f"Before it. {sentence} After it.")
    whole = readable(filled(sentence, lambda _: "iou"))
    assert found == ("1", whole)


def test_a_sentence_ends_at_heads_floats_items_and_rows(read: Any) -> None:
    text = r"""\section{Reaching \pk{e/v/a}} First
line \pk{e/v/b}  % \pk{e/v/comment}. Not this

A paragraph with \pk{e/v/c}
\begin{table}[t]\caption{A caption with \pk{e/v/d}.}\label{tab:x}
\begin{tabular}{lr}\toprule Ours & \pk{e/v/e} \\ Base & \pk{e/v/f} \\\end{tabular}\end{table}
\begin{itemize}\item One \pk{e/v/g} \item[b)] Two \pk{e/v/h}\end{itemize}"""
    assert read(text) == [
        ("1", "Reaching a"),
        ("2", "First line b"),
        ("4", "A paragraph with c"),
        ("5", "A caption with d."),
        ("6", "Ours & e"),
        ("6", "Base & f"),
        ("7", "One g"),
        ("7", "[b)] Two h"),
    ]


def test_only_the_branch_that_is_printed_counts(read: Any) -> None:
    text = (
        "\\pkif{e/v/iou}{It reaches \\pk{e/v/iou}.}{It is \\pk{e/v/no}.}%\n"
        "\\pkif{e/v/acc}{It is \\pk{e/v/acc}.}{}\n"
    )
    assert read(text) == [("1", "It reaches iou.")]
    assert read(text, ("e/v/acc",)) == [("1", "It is no."), ("2", "It is acc.")]


def test_only_the_branch_of_a_file_that_is_there_counts(read: Any, tmp_path: Path) -> None:
    (tmp_path / "there.tex").write_text("", encoding="utf-8")
    text = (
        "\\IfFileExists{there.tex}{It is \\pk{e/v/a}.}{It is \\pk{e/v/b}.}\n"
        "\\InputIfFileExists{generated/none}{It is \\pk{e/v/c}.}{\nIt is \\pk{e/v/d}.}\n"
    )
    assert read(text) == [("1", "It is a."), ("3", "It is d.")]
    name = "x" * 300
    assert read(f"\\input{{{name}}}\\IfFileExists{{{name}}}{{a}}{{It is \\pk{{e/v/a}}.}}") == [
        ("1", "It is a.")
    ]


def test_files_that_the_author_inputs_are_read_and_no_others(tmp_path: Path) -> None:
    for name, text in {
        "main.tex": "\\input{sec/one}\\include{two} \\input{../outside}\\input{generated/tab}",
        "sec/one.tex": "\\input{sec/deep/three.tex} \\pk{a/b/one}",
        "sec/deep/three.tex": "\\pk{a/b/three} \\input{main}",
        "two.tex": "\\pk{a/b/two}",
        "old/draft.tex": "\\pk{a/b/draft}",
        "generated/tab.tex": "\\pk{a/b/generated}",
        "../outside.tex": "\\pk{a/b/outside}",
    }.items():
        path = tmp_path / "paper" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = sentences(manuscript(tmp_path / "paper"), ())
    assert [(one.file, one.tex) for one in found] == [
        ("paper/sec/deep/three.tex", "\\pk{a/b/three} \\input{main}"),
        ("paper/sec/one.tex", "\\input{sec/deep/three.tex} \\pk{a/b/one}"),
        ("paper/two.tex", "\\pk{a/b/two}"),
    ]

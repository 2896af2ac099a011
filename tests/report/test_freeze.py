"""Frozen versions: the same bytes twice, never overwritten, and what changed since."""

import json
from pathlib import Path
from typing import Any

import pytest

from paperkit.errors import Findings, UserError
from paperkit.report import build, difference, freeze, write_letter

TEXT = r"""\begin{document}
Attention~\cite{hou2021} lifts the mean IoU from \pk{ablation/baseline/iou_set}\,\% to
\pk{ablation/ca/iou_set}\,\%, i.e. by \pk{ablation/ca/iou_set/delta} points (Table~\ref{tab:a}).
The other module is not affected: \pk{ablation/cga/iou_set}\,\%.
\input{generated/tab_ablation}
\end{document}
"""
PLACE = "paper/main.tex:3"
START = "Attention [hou2021] lifts the mean IoU from 71.00 % to"


@pytest.fixture
def frozen(writer: Any) -> Any:
    writer.ablation()
    writer.text("paper/main.tex", TEXT)
    build(writer.project())
    freeze(writer.project(), "submitted")
    return writer


def changed(writer: Any) -> None:
    """Seed 0 of ca is worse: 67.50 instead of 73.50."""
    writer.run("ablation/ca/seed0", {"iou_set": 0.60})
    build(writer.project())


def test_a_version_is_the_same_bytes_and_holds_what_is_printed(frozen: Any) -> None:
    path = frozen.folder / "paper/frozen/submitted.json"
    before = path.read_bytes()
    path.unlink()
    assert freeze(frozen.project(), "submitted") == path
    assert path.read_bytes() == before and before.isascii() and b"\r" not in before
    document = json.loads(before)
    number = document["numbers"]["ablation/ca/iou_set"]
    assert number == {"display": "73.50", "value": "0.735", "unit": "%"}
    assert document["date"] == "2026-01-02T00:00:00Z"
    assert [(item["file"], item["line"]) for item in document["sentences"]] == [
        ("paper/main.tex", 2),
        ("paper/main.tex", 4),
    ]
    row = document["tables"]["tab_ablation"]["ca"]
    assert (row[""], row["mIoU"], row["CA"]) == ("CA", "73.50 ± 2.12", "✓")


def test_a_version_is_never_overwritten(frozen: Any) -> None:
    with pytest.raises(UserError) as caught:
        freeze(frozen.project(), "submitted")
    assert str(caught.value) == (
        "paper/frozen/submitted.json is there already, and a frozen version must not change; "
        "choose another tag, or delete that file first"
    )


@pytest.mark.parametrize("tag", ["", "../x", "a/b", "A", "r 1", "-r", "r1-", "a" * 61, "con\n"])
def test_a_tag_is_a_plain_name(frozen: Any, tag: str) -> None:
    for act in (freeze, difference):
        with pytest.raises(UserError) as caught:
            act(frozen.project(), tag)
        assert str(caught.value) == (
            f"'{tag}' is no tag: small letters, digits and single - _ . between them, such as "
            "submitted or revision-1"
        )


def test_a_late_report_is_not_frozen(frozen: Any) -> None:
    frozen.run("ablation/ca/seed0", {"iou_set": 0.60})
    with pytest.raises(Findings) as caught:
        freeze(frozen.project(), "revision-1")
    assert str(caught.value) == (
        "the paper does not show the numbers of the runs (ablation/ca/iou_set: 73.50 -> 67.50), "
        "so 'revision-1' would freeze what nobody has read; run paperkit report first"
    )
    assert not (frozen.folder / "paper/frozen/revision-1.json").exists()
    build(frozen.project())
    freeze(frozen.project(), "revision-1")
    assert difference(frozen.project(), "revision-1").changed == []


def test_the_difference_is_numbers_sentences_and_rows(frozen: Any) -> None:
    assert difference(frozen.project(), "submitted").changed == []
    changed(frozen)
    text = TEXT.replace("Attention~", "% a new line\nCoordinate attention~")
    frozen.text("paper/main.tex", text)
    found = difference(frozen.project(), "submitted")
    first = found.changed[0]
    assert (first.key, first.old, first.new) == ("ablation/ca/iou_set", "73.50", "67.50")
    assert [(one.place, one.text) for one in first.then] == [
        (PLACE, f"{START} 73.50 %, i.e. by +2.50 points (Table tab:a).")
    ]
    now = START.replace("Attention", "Coordinate attention")
    assert [(one.place, one.text) for one in first.now] == [
        ("paper/main.tex:4", f"{now} 67.50 %, i.e. by -3.50 points (Table tab:a).")
    ]
    rows = {(c.table, c.row, c.column): (c.old, c.new) for c in found.cells}
    assert rows["tab_ablation", "CA", "mIoU"] == ("73.50 ± 2.12", "67.50 ± 10.61")
    assert ("tab_ablation", "CGA", "mIoU") not in rows
    assert (found.added, found.removed) == ([], [])


def test_rows_that_come_and_go(frozen: Any) -> None:
    rows = [frozen.row("ablation", variant, None, [0, 1]) for variant in ("baseline", "ca")]
    frozen.plan("ablation", "ablation", rows, ["iou_set"])
    build(frozen.project())
    found = difference(frozen.project(), "submitted")
    assert "ablation/cga/iou_set" in found.removed
    gone = [(c.row, c.old, c.new) for c in found.cells if c.column == "mIoU"]
    assert gone == [("CGA", "73.50 ± 0.71", "--"), ("Ours", "77.00 ± 1.41", "--")]
    freeze(frozen.project(), "fewer")
    frozen.ablation()
    assert "ablation/cga/iou_set" in difference(frozen.project(), "fewer").added


def test_the_letter(frozen: Any) -> None:
    changed(frozen)
    found = difference(frozen.project(), "submitted")
    path = frozen.folder / "changes.md"
    write_letter(found, path)
    assert path.read_text(encoding="utf-8").splitlines()[2:] == [
        "- `paper/main.tex`: Attention [hou2021] lifts the mean IoU from 71.00 % to **67.50** (was "
        "73.50) %, i.e. by **-3.50** (was +2.50) points (Table tab:a).",
        "- tab_ablation, CA: mIoU 73.50 ± 2.12 → 67.50 ± 10.61; mIoU Δ +2.50 → −3.50",
    ]
    path = frozen.folder / "changes.tex"
    write_letter(found, path)
    assert path.read_text(encoding="utf-8").splitlines()[1:3] == [
        r"\begin{itemize}",
        r"  \item \texttt{paper/main.tex}: ``Attention~[\texttt{hou2021}] lifts the mean IoU from "
        r"71.00\,\% to \textbf{67.50} (was~73.50)\,\%, i.e. by \textbf{$-$3.50} (was~+2.50) points "
        r"(Table~[\texttt{tab:a}]).''",
    ]
    with pytest.raises(UserError) as caught:
        write_letter(found, Path("changes.docx"))
    assert str(caught.value) == "changes.docx: the list is written as .tex or .md; name it so"


def test_a_frozen_file_of_a_stranger_writes_no_tex(frozen: Any) -> None:
    path = frozen.folder / "paper/frozen/submitted.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["numbers"]["ablation/ca/iou_set"]["display"] = r"\input{/etc/passwd}%"
    document["tables"]["tab_ablation"]["ca"]["mIoU"] = r"\input{/etc/passwd}"
    path.write_text(json.dumps(document), encoding="utf-8")
    letter = frozen.folder / "changes.tex"
    write_letter(difference(frozen.project(), "submitted"), letter)
    assert r"\input" not in letter.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["{", "[]", '{"numbers": 3}', '{"numbers": {"a": {}}}'])
def test_a_damaged_version_is_one_message(frozen: Any, text: str) -> None:
    frozen.text("paper/frozen/submitted.json", text)
    with pytest.raises(UserError) as caught:
        difference(frozen.project(), "submitted")
    message = str(caught.value)
    assert message.startswith("paper/frozen/submitted.json: not a frozen version (")
    assert message.endswith("; restore it: git checkout paper/frozen/submitted.json")


def test_an_unknown_version_names_the_nearest(frozen: Any) -> None:
    with pytest.raises(UserError) as caught:
        difference(frozen.project(), "submited")
    assert str(caught.value) == (
        "paper/frozen/submited.json: no such frozen version; did you mean 'submitted'?"
    )
    (frozen.folder / "paper/frozen/submitted.json").unlink()
    with pytest.raises(UserError) as caught:
        difference(frozen.project(), "submitted")
    assert str(caught.value) == (
        "paper/frozen/submitted.json: no such frozen version; make one: paperkit report --freeze "
        "submitted"
    )

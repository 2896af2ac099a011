"""report --check --against: a project zip as Overleaf gives it, edited, old, damaged or hostile."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from paperkit.errors import UserError
from paperkit.report import build, review_against
from paperkit.report.checks import overleaf_zip

TEXT = r"""\documentclass{article}\input{generated/macros}
\begin{document}
With attention we reach \pk{ablation/ca/iou_set}\,\%.
\input{generated/tab_ablation}
\end{document}
"""


@pytest.fixture
def made(writer: Any) -> Any:
    writer.ablation()
    writer.text("paper/main.tex", TEXT)
    writer.text("paper/refs.bib", "")
    build(writer.project())
    return writer


def pack(writer: Any, name: str = "project.zip", below: str = "", **change: str | None) -> Path:
    """Zip paper/ as Overleaf does; `change` replaces files, None leaves one out."""
    paper = writer.folder / "paper"
    files = {p.relative_to(paper).as_posix(): p.read_bytes() for p in paper.rglob("*.*")}
    files |= {k: v.encode() if v is not None else b"" for k, v in change.items()}
    left_out = {k for k, v in change.items() if v is None}
    with zipfile.ZipFile(writer.folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            if path not in left_out:
                archive.writestr(below + path, content)
    return Path(writer.folder / name)


def found(writer: Any, path: Path) -> tuple[list[str], list[str]]:
    review = review_against(writer.project(), path)
    notes = [str(note) for note in review.notes if note.what != "no text uses it"]
    return [str(finding) for finding in review.findings], notes


@pytest.mark.parametrize("below", ["", "my paper/"])
def test_a_copy_that_agrees_has_no_finding(made: Any, below: str) -> None:
    assert found(made, pack(made, below=below)) == ([], [])
    assert found(made, made.folder / "paper") == ([], [])
    # Overleaf is given no files but those that LaTeX needs
    lean = {"generated/provenance.json": None, "generated/tab_ablation.csv": None}
    assert found(made, pack(made, below=below, **lean)) == ([], [])


def test_an_old_copy_names_its_numbers_and_the_sentences_there(made: Any) -> None:
    path = pack(made, below="src/")
    made.run("ablation/ca/seed0", {"iou_set": 0.60})
    build(made.project())
    review = review_against(made.project(), path)
    first = review.findings[0]
    assert (str(first), first.uses) == (
        "ablation/ca/iou_set: 73.50 -> 67.50",
        ("project.zip/src/main.tex:3: With attention we reach [73.50 -> 67.50] %.",),
    )
    files = {one.place.rpartition("/")[2]: one.what for one in review.findings if "." in one.place}
    assert files["macros.tex"] == files["tab_ablation.tex"] == "out of date"
    # without its provenance the copy still says what it prints
    lean = pack(made, **{"generated/provenance.json": None, "generated/macros.tex": (
        "\\pk@put{caption:x}{9}\n\\pk@put{ablation/ca/iou_set}{73.50}\n"
    )})  # fmt: skip
    assert "ablation/ca/iou_set: 73.50 -> 67.50" in found(made, lean)[0]


def test_what_was_edited_there_is_told(made: Any) -> None:
    table = (made.folder / "paper/generated/tab_ablation.tex").read_text(encoding="utf-8")
    path = pack(
        made,
        **{
            "main.tex": TEXT.replace("we reach", "we still reach 71.00 and"),
            "new.tex": "\\pk{ablation/gone/iou_set}",
            "refs.bib": None,
            "generated/tab_ablation.tex": table.replace("77.00", "78.00"),
        },
    )
    assert found(made, path) == (
        [
            "project.zip/generated/tab_ablation.tex: edited there by hand",
            "project.zip/main.tex:3: 71.00 is typed by hand and equals "
            "ablation/baseline/iou_set: write \\pk{ablation/baseline/iou_set}",
            "project.zip/new.tex:1: \\pk{ablation/gone/iou_set} is no known result; did you mean "
            "'ablation/cga/iou_set'?",
        ],
        [
            "project.zip/main.tex: differs from paper/main.tex; edited on Overleaf: copy it here",
            "project.zip/new.tex: is not here; written on Overleaf: copy it to paper/new.tex",
            "project.zip/refs.bib: paper/refs.bib is not there",
        ],
    )


def test_line_ends_of_an_editor_are_no_edit(made: Any) -> None:
    assert found(made, pack(made, **{"main.tex": TEXT.replace("\n", "\r\n")})) == ([], [])
    table = (made.folder / "paper/generated/tab_ablation.tex").read_text(encoding="utf-8")
    path = pack(made, **{"generated/tab_ablation.tex": table.replace("\n", "\r\n")})
    assert found(made, path)[0] == ["project.zip/generated/tab_ablation.tex: edited there by hand"]


def test_figures_go_by_their_recorded_inputs(made: Any) -> None:
    made.figures(True)
    build(made.project())
    assert found(made, pack(made)) == ([], [])
    other = {"generated/fig_curves_ablation.pdf": "%PDF-1.4 another"}
    there = "project.zip/generated/fig_curves_ablation.pdf: edited there by hand"
    assert found(made, pack(made, **other))[0] == [there]
    lean = {"generated/provenance.json": None}
    here = "project.zip/generated/fig_curves_ablation.pdf: differs from the one here"
    assert found(made, pack(made, **lean, **other))[0] == [here]
    log = made.folder / "runs/ablation/ca/seed0/metrics.jsonl"
    path = pack(made)
    log.write_text(log.read_text() + json.dumps({"epoch": 9, "split": "val"}) + "\n")
    late = "project.zip/generated/fig_curves_ablation: out of date"
    assert late in found(made, path)[0]


def write(path: Path, *entries: zipfile.ZipInfo | str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            archive.writestr(entry, "x" * 1000)
    return path


def complaint(writer: Any, path: Path) -> str:
    with pytest.raises(UserError) as caught:
        review_against(writer.project(), path)
    return str(caught.value)


AGAIN = "download it again: Overleaf, Menu, Download, Source"


def test_what_is_no_paper_is_one_message(made: Any, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.zip"
    assert complaint(made, nothing) == f"{nothing}: no such file or folder"
    nothing.write_bytes(b"<html>not found</html>")
    assert complaint(made, nothing) == (
        f"nothing.zip: not a whole zip file (File is not a zip file); {AGAIN}"
    )
    whole = pack(made).read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    assert complaint(made, tmp_path / "half.zip").startswith("half.zip: not a whole zip file (")
    broken = bytearray(whole)
    broken[200:400] = bytes(200)
    (tmp_path / "broken.zip").write_bytes(bytes(broken))
    assert complaint(made, tmp_path / "broken.zip").startswith("broken.zip: not a whole zip file (")
    assert complaint(made, write(tmp_path / "other.zip", "paper.tex")) == (
        f"other.zip: no main.tex in it, so it is no paper of paperkit; {AGAIN}"
    )


@pytest.mark.parametrize(
    "name", ["../main.tex", "/tmp/main.tex", "a/../../main.tex", "C:/main.tex", "..\\main.tex"]
)
def test_an_entry_that_leads_out_is_refused(made: Any, tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "bad.zip", "main.tex", name)
    assert complaint(made, path) == f"bad.zip: holds '{name}', which leads out of it; not opened"


def test_links_encryption_and_bombs_are_refused(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = zipfile.ZipInfo("main.tex")
    link.external_attr = 0o120777 << 16
    assert complaint(made, write(tmp_path / "link.zip", link)) == (
        "link.zip: holds 'main.tex', which leads out of it; not opened"
    )
    locked = bytearray(write(tmp_path / "locked.zip", "main.tex").read_bytes())
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(locked))
    assert complaint(made, tmp_path / "locked.zip") == f"locked.zip: encrypted; {AGAIN}"
    many = write(tmp_path / "many.zip", "main.tex", "a", "b")
    monkeypatch.setattr(overleaf_zip, "MOST_FILES", 2)
    assert complaint(made, many) == "many.zip: 3 files, at most 2 are opened"
    monkeypatch.setattr(overleaf_zip, "MOST_FILES", 3)
    monkeypatch.setattr(overleaf_zip, "MOST_BYTES", 2**11)
    assert complaint(made, many) == "many.zip: 0 MiB unpacked, at most 0 MiB are opened"


def test_a_zip_that_lies_about_its_size_does_not_grow(made: Any, tmp_path: Path) -> None:
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main.tex", b"0" * 10_000_000)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(mark) + offset
        content[at : at + 4] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    assert complaint(made, path).startswith("liar.zip: not a whole zip file (Bad CRC-32")


def test_a_damaged_provenance_counts_as_none(made: Any) -> None:
    for text in ("{", '{"numbers": [1]}', "[]", '{"numbers": {"a": 3}}'):
        assert not [
            line
            for line in found(made, pack(made, **{"generated/provenance.json": text}))[0]
            if "provenance" in line
        ]

"""The index saves reading and changes nothing else: whatever happens to it or to the runs."""

import hashlib
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from paperkit.runs import Run, keep_index, load_run, load_runs
from paperkit.runs.files import Files

COUNT = 100  # fewer have no index
CITES = [{"key": "a2020", "bibtex": "@misc{a2020,\n  title = {Ä}\n}", "for": "unet"}]


def text(data: object) -> str:
    return json.dumps(data, indent=1) + "\n"


def write(folder: Path, seed: int, **change: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "schema": 1, "id": f"e/m/seed{seed}", "experiment": "e", "variant": "m", "seed": seed,
        "status": "done", "seconds": 1.5 * seed, "git": {"commit": "c", "dirty": False},
        "model": {"name": "unet", "params": 7, "gmacs": 0.5, "input": [3, 8, 8]}, "cites": CITES,
        "selection": {"metric": "iou", "mode": "max", "split": "val", "epoch": 2, "value": 0.25},
    }  # fmt: skip
    (folder / "run.json").write_text(text(record | change), encoding="utf-8")
    values = {"iou": seed / 7, "dice": None if seed % 3 else -0.0}
    summary = {
        "schema": 1, "split": "test", "n_cases": 2, "metrics": values,
        "per_class": {"Straße": values, "空": {"iou": 1e-300}}, "checkpoint": {"epoch": seed},
    }  # fmt: skip
    if seed % 10:
        (folder / "summary.json").write_text(text(summary), encoding="utf-8")
    if seed % 2:
        (folder / "plugs.json").write_text(text([{"slot": "x", "params": 3}]), encoding="utf-8")


@pytest.fixture
def runs(indexed: Callable[..., Path]) -> Path:
    """The folder runs/."""
    return indexed(write, COUNT)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were opened, in their order."""
    found: list[str] = []
    read = Files.read

    def noted(self: Files, path: str) -> bytes | None:
        content = read(self, path)
        found.extend([] if content is None else [Path(path).name])
        return content

    monkeypatch.setattr(Files, "read", noted)
    return found


def without_index(runs: Path) -> dict[str, Run]:
    """The runs, each read from its folder."""
    found = [load_run(path.parent) for path in runs.glob("e/**/run.json")]
    return {run.id: run for run in found}


def loaded(runs: Path) -> dict[str, Run]:
    return {run.id: run for run in load_runs(runs, "e")}


def test_the_index_gives_the_same_records_and_opens_nothing(runs: Path, reads: list[str]) -> None:
    from_index = loaded(runs)
    assert reads == []
    summaries = [run.summary for run in from_index.values() if run.summary]
    values = [[one.value(name) for name in ("iou", "dice", "no such")] for one in summaries]
    assert values == [
        [one.metrics.get(name) for name in ("iou", "dice", "no")] for one in summaries
    ]
    assert from_index == without_index(runs) and len(from_index) == COUNT
    dice = [run.summary.metrics["dice"] for run in from_index.values() if run.summary]
    assert {repr(value) for value in dice} == {"None", "-0.0"}  # == does not tell -0.0 from 0.0


def _edited(folder: Path) -> None:
    write(folder, 5, status="failed", error="out of memory")


def _same_size(folder: Path) -> None:
    """A digit changes, and the time of the change is set back."""
    path = folder / "summary.json"
    before, content = path.stat(), path.read_text(encoding="utf-8")
    path.write_text(content.replace('"n_cases": 2', '"n_cases": 9'), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def _replaced(folder: Path) -> None:
    """As training writes: another file takes the place, with the old one's time and size."""
    path = folder / "summary.json"
    before, content = path.stat(), path.read_text(encoding="utf-8")
    part = folder / "summary.json.tmp"
    part.write_text(content.replace('"n_cases": 2', '"n_cases": 9'), encoding="utf-8")
    os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
    part.replace(path)


def _no_summary(folder: Path) -> None:
    (folder / "summary.json").unlink()


def _plugs_appear(folder: Path) -> None:
    (folder.parent / "seed4/plugs.json").write_text('[{"slot": "y"}]', encoding="utf-8")


def _removed(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def _renamed(folder: Path) -> None:
    folder.rename(folder.parent / "elsewhere")


def _swapped(folder: Path) -> None:
    """Two folders change places: what the index knows of either is of the other."""
    other = folder.parent / "seed7"
    for old, new in ((folder, "third"), (other, folder.name), (folder.parent / "third", "seed7")):
        old.rename(folder.parent / new)


def _added(folder: Path) -> None:
    write(folder.parent / "seed1000", 1000)


@pytest.mark.parametrize(
    "change",
    [_edited, _replaced, _no_summary, _plugs_appear, _removed, _renamed, _swapped, _added],
)
def test_whatever_changes_is_read_again(runs: Path, change: Callable[[Path], None]) -> None:
    before = loaded(runs)
    change(runs / "e/m/seed5")
    after = loaded(runs)
    assert after == without_index(runs)
    assert after != before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no time of the last change of a file")
def test_setting_the_time_back_hides_no_change(runs: Path) -> None:
    _same_size(runs / "e/m/seed5")
    summary = loaded(runs)["e/m/seed5"].summary
    assert summary is not None and summary.n_cases == 9


def test_only_what_changed_is_read_again(runs: Path, reads: list[str]) -> None:
    write(runs / "e/m/seed5", 5, status="failed")
    keep_index(load_runs(runs, "e"))
    assert reads == ["run.json", "plugs.json", "summary.json"]
    reads.clear()
    assert loaded(runs)["e/m/seed5"].status == "failed"
    assert reads == []


def test_the_project_may_be_moved(runs: Path, reads: list[str], tmp_path: Path) -> None:
    moved = runs.rename(tmp_path / "other runs")
    found = loaded(moved)
    assert reads == []
    assert found["e/m/seed5"].folder == moved / "e/m/seed5"


def _torn(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flipped(content: bytes) -> bytes:
    """A digit of a seed: JSON as before, another number."""
    at = content.index(b'"seed":[') + 8
    return content[:at] + (b"1" if content[at : at + 1] != b"1" else b"2") + content[at + 1 :]


def _newer(content: bytes) -> bytes:
    head, body = content.split(b"\n", 1)
    changed = json.loads(head)
    changed["index"][0] += 1
    return json.dumps(changed).encode() + b"\n" + body


def _foreign(content: bytes) -> bytes:
    """With a right head, but of another shape."""
    body = b'{"states": [], "runs": {"folders": 3}}\n'
    return json.dumps(
        {**json.loads(content.split(b"\n")[0]), "crc32": zlib.crc32(body)}
    ).encode() + (b"\n" + body)


def _empty(content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [_torn, _flipped, _newer, _foreign, _empty])
def test_a_damaged_index_is_no_index(
    runs: Path, reads: list[str], damage: Callable[[bytes], bytes]
) -> None:
    path = runs / ".index/e.runs"
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert path.read_bytes() != content
    found = loaded(runs)
    assert found == without_index(runs)
    reads.clear()
    keep_index(found.values())
    assert loaded(runs) == found
    assert reads == []  # it is whole again


def test_a_file_that_was_just_written_is_read_again(
    runs: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one tick of the clock, a second change would leave time and size as they are."""
    monkeypatch.setattr("paperkit.runs.files.SETTLED", 3600 * 10**9)
    (runs / ".index/e.runs").unlink()
    keep_index(load_runs(runs, "e"))
    reads.clear()
    loaded(runs)
    assert reads.count("run.json") == COUNT


def test_two_processes_at_once_leave_a_whole_index(runs: Path, reads: list[str]) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from paperkit.runs import files, keep_index, load_runs\n"
        "files.SETTLED = -(10**15)\n"
        "for turn in range(20):\n"
        "    (Path(sys.argv[1]) / '.index/e.runs').unlink(missing_ok=True)\n"
        "    keep_index(load_runs(Path(sys.argv[1]), 'e'))\n"
    )
    command = [sys.executable, "-c", code, str(runs)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    errors = [process.communicate()[1] for process in both]
    assert [(process.returncode, error) for process, error in zip(both, errors, strict=True)] == [
        (0, b""),
        (0, b""),
    ]
    assert loaded(runs) == without_index(runs)
    assert {path.name for path in (runs / ".index").iterdir()} == {".gitignore", "e.runs"}


def test_where_nothing_can_be_written_all_is_read(runs: Path) -> None:
    for path in (runs / ".index").iterdir():
        path.unlink()
    (runs / ".index").rmdir()
    (runs / ".index").write_text("in the way", encoding="utf-8")
    found = load_runs(runs, "e")
    keep_index(found)
    assert {run.id: run for run in found} == without_index(runs)
    assert (runs / ".index").read_text(encoding="utf-8") == "in the way"


@pytest.mark.parametrize(
    ("change", "kept"),
    [({"st_ino": 2**128 - 1}, True), ({"st_mtime_ns": 2**63}, False)],
    ids=["inode of ReFS", "year 2262"],
)
def test_numbers_of_more_than_eight_bytes_stop_nothing(
    runs: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, int], kept: bool
) -> None:
    names = ("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino")

    def other(found: os.stat_result) -> SimpleNamespace:
        return SimpleNamespace(**({name: getattr(found, name) for name in names} | change))

    stat, fstat = os.stat, os.fstat
    monkeypatch.setattr("paperkit.runs.states._stat", lambda path: other(stat(path)))
    monkeypatch.setattr("paperkit.runs.files.os.fstat", lambda file: other(fstat(file)))
    monkeypatch.setattr("paperkit.runs.files.SETTLED", -(2**64))
    (runs / ".index/e.runs").unlink()
    keep_index(load_runs(runs, "e"))
    assert (runs / ".index/e.runs").exists() == kept
    assert loaded(runs) == without_index(runs)


def test_few_runs_leave_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paperkit.runs.files.SETTLED", -(10**15))
    for seed in range(COUNT - 1):
        write(tmp_path / f"e/m/seed{seed}", seed)
    keep_index(load_runs(tmp_path, "e"))
    assert not (tmp_path / ".index").exists()


def test_git_does_not_see_the_index(runs: Path) -> None:
    subprocess.run(["git", "init", "-q", str(runs)], check=True)
    command = ["git", "-C", str(runs), "status", "--porcelain", "--ignored", ".index"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert shown == "!! .index/\n"


def test_a_damaged_run_is_read_again_every_time(runs: Path) -> None:
    path = runs / "e/m/seed5/summary.json"
    path.write_text('{"schema": 1, "metrics": {"iou": "high"}}', encoding="utf-8")
    for _ in range(2):
        found = load_runs(runs, "e")
        keep_index(found)
        (damaged,) = (run for run in found if run.status == "damaged")
        assert damaged.error == (
            "runs/e/m/seed5/summary.json:1: 'iou' is \"high\", expected a number"
        )


def test_digests_are_of_what_is_there(runs: Path, reads: list[str]) -> None:
    path = runs / "e/m/seed5/cases.csv"
    for content in (b"split,case\n", b"split,cose\n"):
        path.write_bytes(content)
        found = loaded(runs)
        assert found["e/m/seed5"].digest("cases.csv") == hashlib.sha256(content).hexdigest()
        assert found["e/m/seed6"].digest("cases.csv") is None
        keep_index(found.values())
    reads.clear()
    again = loaded(runs)["e/m/seed5"]
    assert again.digest("cases.csv") == hashlib.sha256(content).hexdigest()
    assert (
        again.digest("run.json")
        == hashlib.sha256((again.folder / "run.json").read_bytes()).hexdigest()
    )
    assert reads == []

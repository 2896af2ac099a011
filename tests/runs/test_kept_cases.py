"""Cases that are kept for the next process are those of the file, or the file is read again."""

import json
import math
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperkit.runs import CaseColumns, Run, keep_index, load_runs
from paperkit.runs.cases import parse_cases, read_case_columns
from paperkit.runs.kept import KeptCases

HEAD = "split,case,group,class,tp,fp,hd95,assd\n"
COUNT = 3


def write(folder: Path, seed: int, tp: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    run = {"schema": 1, "id": f"e/m/seed{seed}", "experiment": "e", "variant": "m",
           "seed": seed, "status": "done"}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    rows = [f"test,a/1,p,Straße,{tp},0,{seed}.25,\n", f"test,b,,空,{2**31 + seed},7,,\n"]
    (folder / "cases.csv").write_text(HEAD + "".join(rows), encoding="utf-8")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder runs/ of an experiment whose cases were read once; files settle at once."""
    monkeypatch.setattr("paperkit.runs.files.SETTLED", -(10**15))
    monkeypatch.setattr("paperkit.runs.index.FEWEST", COUNT)
    for seed in range(COUNT):
        write(tmp_path / f"runs/e/m/seed{seed}", seed, tp=10 + seed)
    keep_index(read(tmp_path / "runs"))
    return tmp_path / "runs"


def read(runs: Path) -> list[Run]:
    """Runs with their cases, which are read when they are asked for."""
    found = load_runs(runs, "e")
    for run in found:
        _ = run.case_columns
    return found


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Folders of the cases.csv that were parsed."""
    found: list[str] = []

    def noted(path: Path, content: bytes | None) -> CaseColumns:
        found.append(path.parent.name)
        return parse_cases(path, content)

    monkeypatch.setattr("paperkit.runs.files.parse_cases", noted)
    return found


def same(a: CaseColumns, b: CaseColumns) -> bool:
    texts = ("split", "case", "group", "label", "prediction")
    return (
        all(getattr(a, name) == getattr(b, name) for name in texts)
        and list(a.values) == list(b.values)
        and all(a.values[n].tobytes() == b.values[n].tobytes() for n in a.values)
    )


def as_written(run: Run) -> bool:
    return same(run.case_columns, read_case_columns(run.folder / "cases.csv"))


def test_the_cases_are_the_same_and_no_file_is_parsed(runs: Path, opened: list[str]) -> None:
    found = read(runs)
    assert opened == [] and len(found) == COUNT
    assert all(as_written(run) for run in found)
    assert found[0].case_columns.case is found[1].case_columns.case  # they can be stacked


def test_a_changed_file_is_parsed_again_and_kept(runs: Path, opened: list[str]) -> None:
    write(runs / "e/m/seed1", 1, tp=99)
    found = read(runs)
    assert opened == ["seed1"]
    assert found[1].case_columns.values["tp"].tolist() == [99, 2**31 + 1]
    keep_index(found)
    opened.clear()
    assert all(map(as_written, read(runs))) and opened == []


def test_what_is_kept_is_what_was_hashed(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes while it is parsed: the cases go with the content that was read."""
    write(runs / "e/m/seed1", 1, tp=50)

    def changed(path: Path, content: bytes | None) -> CaseColumns:
        write(path.parent, 1, tp=60)
        return parse_cases(path, content)

    with monkeypatch.context() as patched:
        patched.setattr("paperkit.runs.files.parse_cases", changed)
        keep_index(read(runs))
    write(runs / "e/m/seed1", 1, tp=50)
    assert all(map(as_written, read(runs)))


def test_files_that_change_places_keep_their_cases(runs: Path, opened: list[str]) -> None:
    one, other = (runs / f"e/m/seed{seed}/cases.csv" for seed in (0, 2))
    third = runs / "third.csv"
    one.rename(third), other.rename(one), third.rename(other)
    found = read(runs)
    assert opened == [] and all(map(as_written, found))
    assert found[0].case_columns.values["tp"][0] == 12


def _torn(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def _foreign(content: bytes) -> bytes:
    """With a right head, but of another shape."""
    body = b'{"texts": 3, "files": []}\n'
    head = json.loads(content.split(b"\n")[0]) | {"crc32": zlib.crc32(body)}
    return json.dumps(head).encode() + b"\n" + body


@pytest.mark.parametrize("damage", [_torn, _flipped, _foreign, lambda _: b"", lambda _: b"\n"])
def test_what_is_damaged_is_read_from_the_files(
    runs: Path, opened: list[str], damage: Callable[[bytes], bytes]
) -> None:
    path = runs / ".index/e.cases"
    path.write_bytes(damage(path.read_bytes()))
    found = read(runs)
    assert opened == [f"seed{seed}" for seed in range(COUNT)]
    assert all(map(as_written, found))
    keep_index(found)
    opened.clear()
    assert all(map(as_written, read(runs))) and opened == []


NUMBERS = st.integers(-(2**40), 2**40).map(float) | st.sampled_from(
    [math.nan, -0.0, 0.0, 0.5, 2.0**31, -(2.0**31), 2.0**31 - 1, 1e300, 5e-324]
)
NAMES = st.text(st.sampled_from("ab,\n ß空"), max_size=3)


@given(st.integers(1, 4).flatmap(lambda n: st.tuples(
    st.lists(NAMES, min_size=n, max_size=n),
    st.dictionaries(NAMES, st.lists(NUMBERS, min_size=n, max_size=n), max_size=3),
)))  # fmt: skip
def test_any_cases_come_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, given: tuple[list[str], dict[str, list[float]]]
) -> None:
    texts, numbers = given
    names = tuple(texts)
    values = {name: np.array(column) for name, column in numbers.items()}
    written = CaseColumns(("test",) * len(names), names, names[::-1], names, ("",) * len(names),
                          values)  # fmt: skip
    path = tmp_path_factory.mktemp("kept") / "e.cases"
    KeptCases(path).keep({"x": CaseColumns(), "y": written})
    found = KeptCases(path).get("y")
    assert found is not None and same(found, written)
    assert KeptCases(path).get("z") is None

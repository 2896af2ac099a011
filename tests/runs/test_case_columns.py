"""cases.csv as columns and as rows, against csv.DictReader and float, on odd files."""

import csv
import io
import math
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paperkit.errors import UserError
from paperkit.runs.cases import CaseColumns, read_case_columns, read_cases

TEXTS = ("split", "case", "group", "class", "target", "prediction")
SEGMENTATION = "split,case,group,class,tp,fp,fn,tn,hd95,assd,nsd\n"
CLASSIFICATION = "split,case,group,target,prediction,p_target,rank\n"
Rows = list[dict[str, object]]


def expected(content: bytes) -> Rows:
    """The rows as csv.DictReader and float have them; a torn last line is left out."""
    whole = content[: content.rfind(b"\n") + 1].decode("utf-8-sig", errors="replace")
    rows: Rows = []
    for row in csv.DictReader(io.StringIO(whole, newline=""), restval=""):
        values = {k: v for k, v in row.items() if k is not None and k not in TEXTS}
        rows.append(
            {
                "split": row["split"],
                "case": row["case"],
                "group": row.get("group") or "",
                "label": row.get("class") or row.get("target") or "",
                "prediction": row.get("prediction") or "",
                "values": {k: _number(v) for k, v in values.items()},
            }
        )
    return rows


def _number(text: str) -> float | None:
    return float(text) if text and math.isfinite(float(text)) else None


def as_rows(columns: CaseColumns) -> Rows:
    names = ("split", "case", "group", "label", "prediction")
    return [
        {name: getattr(columns, name)[row] for name in names}
        | {
            "values": {
                key: None if math.isnan(values[row]) else float(values[row])
                for key, values in columns.values.items()
            }
        }
        for row in range(len(columns))
    ]


def check(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    rows = expected(content)
    assert as_rows(read_case_columns(path)) == rows
    assert [vars(case) for case in read_cases(path)] == rows


ODD = {
    "whole": SEGMENTATION + "test,a,,road,3,1,0,12,,,\ntest,a,,sky,0,0,4,12,2.5,1e-3,\n",
    "torn": SEGMENTATION + "test,a,,road,3,1,0,12,,,\ntest,a,,sk",
    "only a head": SEGMENTATION,
    "a torn head": "split,case,gro",
    "empty": "",
    "quotes": SEGMENTATION + 'test,"a, ""b""\nc",,"road",3,1,0,12,,,\n',
    "quoted head": '"split","case","tp"\ntest,a,1\n',
    "CRLF": SEGMENTATION.replace("\n", "\r\n") + "test,a,,road,3,1,0,12,,,\r\n",
    "BOM": "\ufeff" + SEGMENTATION + "test,a,,road,3,1,0,12,,,\n",
    "unicode": SEGMENTATION + "test,日本/é,病人,Straße,３,1,0,12,,,\n",
    "missing columns": "case,split,tp\na,test,1\nb,val,2\n",
    "no numbers": "split,case\ntest,a\n",
    "other columns": "split,note_1,case,tp\ntest,7,a,1\n",
    "a column twice": "split,case,tp,tp\ntest,a,1,2\n",
    "short rows": SEGMENTATION + "test,a,,road,3\ntest,b\n",
    "long rows": "split,case,tp\ntest,a,1,9,9\ntest,b,2,9,9\n",
    "long and short rows": "split,case,tp\ntest,a,1,9\ntest,b\n",
    "a row in two lines": "split,case,tp\ntest\na,1\n",
    "blank lines": "split,case,tp\n\ntest,a,1\n\n\ntest,b,2\n",
    "numbers": "split,case,tp,fp\ntest,a, 1 ,-2\ntest,b,+3,1_000\ntest,c,1e3,.5\ntest,d,0007,5.\n",
    "not finite": "split,case,tp,fp\ntest,a,nan,inf\ntest,b,-Infinity,1e999\ntest,c,1,2\n",
    "long numbers": "split,case,tp,fp\ntest,a,999999999999999,1\ntest,b,12345678901234567890,2\n",
    "empty numbers": "split,case,tp,fp\ntest,a,1,\ntest,b,,\n",
    "classes": CLASSIFICATION + "test,a,,cat,dog,0.25,2\nval,b,g,dog,,,\n",
    "class and target": "split,case,class,target\ntest,a,x,y\ntest,b,,y\n",
    "separators": "split,case,tp\ntest,a\x1cb\x85c\u2028d,1\n",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_files(tmp_path: Path, name: str) -> None:
    check(tmp_path / "cases.csv", ODD[name].encode())


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    check(tmp_path / "cases.csv", b"split,case,tp\ntest,a\xff\xe6,1\ntest,b\xe6\x97,2\n")


CELL = st.one_of(
    st.text(alphabet='ab,"\n\r é0', max_size=4),
    st.sampled_from(["test", "val", "road", ""]),
)
NUMBER = st.one_of(
    st.integers(0, 10**17).map(str),
    st.floats(allow_subnormal=True).map(repr),
    st.sampled_from(["", "0", "00", "-1", " 1", "1e5"]),
)


@given(
    st.lists(st.tuples(CELL, CELL, CELL, NUMBER, NUMBER), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(0, 30),
)
@example([("test", "a", "x", "1", "")], "\n", 0)
def test_any_file_that_csv_writes(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], end: str, cut: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end)
    writer.writerows([("split", "case", "class", "tp", "hd95"), *rows])
    content = text.getvalue().encode()
    if not _torn_inside_quotes(content[: len(content) - cut]):
        check(tmp_path_factory.mktemp("cases") / "cases.csv", content[: len(content) - cut])


def _torn_inside_quotes(content: bytes) -> bool:
    """A line break inside quotes ends what is kept of a torn file; what is then a number?"""
    return content[: content.rfind(b"\n") + 1].count(b'"') % 2 == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("case,tp\na,1\n", "1: column 'split' is missing"),
        ("split,tp\ntest,1\n", "1: column 'case' is missing"),
        ("split\ntest\n", "1: column 'case' is missing"),
        ("split,case,tp\ntest,a,1\ntest,b,1 2\n", "3: tp is '1 2', expected a number"),
        ('split,case,tp\ntest,"a\nb",1\ntest,b,x\n', "4: tp is 'x', expected a number"),
        ("split,case,tp\n\ntest,b,0x1\n", "3: tp is '0x1', expected a number"),
    ],
)
def test_complaints(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "runs/e/v/seed0/cases.csv"
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    for read in (read_case_columns, read_cases):
        with pytest.raises(UserError) as caught:
            read(path)
        assert str(caught.value) == f"runs/e/v/seed0/cases.csv:{complaint}"


def test_a_cell_that_is_too_large_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text('split,case,tp\ntest,"' + "a" * 140_000 + '",1\n', encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_cases(path)
    assert str(caught.value) == (
        f"{path.as_posix()}: no CSV file: field larger than field limit (131072)"
    )


def test_runs_with_the_same_cases_share_their_names(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        path = tmp_path / f"{name}.csv"
        path.write_text(SEGMENTATION + f"test,x,,road,{ord(name)},1,0,12,,,\n", encoding="utf-8")
        found.append(read_case_columns(path))
    assert found[0].case is found[1].case and found[0].label is found[1].label
    assert [float(one.values["tp"][0]) for one in found] == [97.0, 98.0]


def test_no_file_has_no_cases(tmp_path: Path) -> None:
    assert len(read_case_columns(tmp_path / "cases.csv")) == 0
    assert read_cases(tmp_path / "cases.csv") == []

"""metrics.jsonl is read in one go where that is safe: never another row than line by line."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paperkit.runs.history import read_history

ROW = '{"epoch": 1, "split": "val", "loss": 0.5}'
LINES = st.sampled_from([
    ROW,
    '{"epoch": 2, "split": "val", "loss": NaN, "n": 3, "big": 1' + "0" * 400 + "}",
    '{"epoch": 1, "split": "train", "loss": null, "ok": true, "step": 7}',
    # halves that are a row, or rows, when they are put together
    '{"epoch": 3', '"split": "val"}', '{"epoch": 3, "a": [{}', '{"split": "val"}]}',
    '{"epoch": 4, "split": "val", "a": {}', '{"b": 1}}', ROW + ", " + ROW, ROW + ROW,
    '{"epoch": 5, "split": "val", "a": {"x": 1}}', '{"epoch": 5, "split": "val", "a": "}', '{"}',
    '{"epoch": true, "split": "val"}', '{"epoch": 6, "split": 3}', "[1]", "7", "", " ", "\r",
])  # fmt: skip


def line_by_line(text: str) -> dict[tuple[int, str], dict[str, float | None]]:
    rows = {}
    for line in text.split("\n"):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if not isinstance(row, dict) or type(row.get("epoch")) is not int:
            continue
        if isinstance(row.get("split"), str):
            rows[row["epoch"], row["split"]] = {
                key: _number(value)
                for key, value in row.items()
                if key not in ("epoch", "split", "step")
                and (value is None or (isinstance(value, int | float) and value is not True))
            }
    return rows


def _number(value: float | None) -> float | None:
    if value is None or value > 1e308 or math.isnan(value):
        return None
    return float(value)


@given(st.lists(LINES, max_size=6), st.booleans())
@example(['{"epoch": 3, "split": "val", "a": [{}', '{"b": 1}]}', ROW + ", " + ROW], True)
def test_the_same_rows_as_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], ended: bool
) -> None:
    path: Path = tmp_path_factory.mktemp("log") / "metrics.jsonl"
    text = "\n".join(lines) + ("\n" if ended else "")
    path.write_bytes(text.encode())
    found = {(entry.epoch, entry.split): entry.values for entry in read_history(path)}
    assert found == line_by_line(text)

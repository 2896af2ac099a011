"""Test cases on common axes, in whatever order cases.csv has them."""

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from paperkit.report.where.case_list import CaseTable, read_table
from paperkit.runs import Run
from paperkit.runs.cases import parse_cases

HEAD = "split,case,group,class,tp,fp,fn,tn"
LABELS = ("road", "sky", "tree")
# counts of case c, class k: no two alike
ROWS = [
    ("test", f"c{c}", f"g{c % 2}", label, *(1000 * c + 10 * k + n for n in range(4)))
    for c in range(5)
    for k, label in enumerate(LABELS)
]


def table(rows: list[Any]) -> CaseTable:
    lines = [HEAD, *(",".join(map(str, row)) for row in rows)]
    columns = parse_cases(Path("cases.csv"), ("\n".join(lines) + "\n").encode())
    return read_table(cast("Run", SimpleNamespace(case_columns=columns)))


def counts(found: CaseTable) -> dict[tuple[str, str], list[float]]:
    assert found.counts is not None
    return {
        (case, label): found.counts[:, c, k].tolist()
        for case, c in found.cases.items()
        for label, k in found.labels.items()
    }


RIGHT = {(row[1], row[3]): [float(value) for value in row[4:]] for row in ROWS}


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        ROWS[::-1],
        random.Random(0).sample(ROWS, len(ROWS)),
        sorted(ROWS, key=lambda row: row[3]),  # all cases of a class after another
        [("val", *ROWS[0][1:-1], 7), *ROWS],  # what is no test row does not count
    ],
    ids=["by case", "backwards", "in no order", "by class", "with validation"],
)
def test_the_order_of_the_rows_does_not_matter(rows: list[Any]) -> None:
    found = table(rows)
    assert counts(found) == RIGHT
    assert found.groups == {f"c{c}": f"g{c % 2}" for c in range(5)}


def test_what_has_no_row_is_not_known() -> None:
    found = counts(table(ROWS[:4] + ROWS[5:]))
    gap = ROWS[4][1], ROWS[4][3]
    assert np.isnan(found.pop(gap)).all()
    assert found == {key: values for key, values in RIGHT.items() if key != gap}

"""Write totals.md beside this file from tests/zoo/totals.py: python docs/reference/totals.py."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_suffix(".md")
TABLE = PAGE.parents[2] / "tests" / "zoo" / "totals.py"
HEAD = """\
# Published totals, by plugging

Published networks as plugs into others, with no code of their own: the parameters, against what
was printed and against a library's network. Written by `python docs/reference/totals.py` from the
table in `tests/zoo/totals.py`, which `tests/zoo/test_published_totals.py` holds against the models:
counts are exact, and where a library has the network, the same weights give the same outputs (to
1e-9 of the largest, in float64, in eval mode, on images of 64x64).

What was printed is rounded, and sometimes counted otherwise; what differs is said below, and so is
where it was read. Classifiers have 1000 classes, the U-Nets one. To see a row place by place:

    paperkit check torchvision:resnet50 --classes 1000 --plug "stage.*.block.*.branch=se"
"""
COLUMNS = ("network", "parameters", "added", "printed", "the library's network")
RIGHT = ("---", "---:", "---:", "---:", "---")


def page() -> str:
    """Return the whole page."""
    rows = runpy.run_path(str(TABLE))["TOTALS"]
    table = [_line(COLUMNS), _line(RIGHT), *(_line(_cells(row)) for row in rows)]
    return "\n".join([HEAD, *table, "", *(line for row in rows for line in _section(row))])


def _cells(row: Any) -> Iterator[str]:
    yield row.name
    yield f"{row.total:,}"
    yield f"{row.added:+,}"
    yield row.printed or "-"
    yield f"{row.library}: {row.theirs:,}" if row.library else "-"


def _section(row: Any) -> Iterator[str]:
    yield from [f"## {row.name}", "", f"{row.places} modules, plugged into `{row.base}`:", ""]
    yield from (f"    {plug}" for plug in row.plugs)
    yield ""
    told = f"Printed: {row.printed} ({row.where})." if row.printed else ""
    yield from [" ".join(filter(None, [told, row.note])), ""] if told or row.note else []


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")

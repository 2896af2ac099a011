"""Tables and progress, where there is no terminal."""

import pytest

from paperkit.cli import console


def test_columns_are_aligned_also_under_wide_characters() -> None:
    assert console.table(("part", "time"), [("runs", "3 s"), ("论文", "12 s")]) == (
        "part  time\n----  ----\nruns  3 s\n论文  12 s"
    )


def test_progress_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("reading") as moved:
        moved(1, 2)
    assert capsys.readouterr() == ("", "")

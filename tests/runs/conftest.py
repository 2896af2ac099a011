"""An experiment with an index, for the tests of whatever reads one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from paperkit.runs import keep_index, load_runs


@pytest.fixture
def indexed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Path, int], None], int], Path]:
    """Makes the folder runs/ with that many runs and their index; files are settled at once."""
    monkeypatch.setattr("paperkit.runs.files.SETTLED", -(10**15))

    def make(write: Callable[[Path, int], None], count: int) -> Path:
        for seed in range(count):
            write(tmp_path / f"runs/e/m/seed{seed}", seed)
        keep_index(load_runs(tmp_path / "runs", "e"))
        return tmp_path / "runs"

    return make

"""The list of skipped tests at the end, and STRICT=1 that does not let them pass."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

@pytest.mark.latex
def test_typesets(): pass

def test_passes(): pass
"""


def session(folder: Path, *options: str, path: str) -> tuple[int, str]:
    """Run two tests under the real conftest.py, on a machine with this PATH."""
    folder.mkdir()
    shutil.copyfile(ROOT / "tests/conftest.py", folder / "conftest.py")
    (folder / "test_two.py").write_text(TESTS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = latex\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_what_is_missing_is_listed_with_its_command(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    code, told = session(tmp_path / "plain", *options, path=str(tmp_path))
    assert code == 0
    listed = told.partition("skipped tests")[2]
    assert "1 skipped: missing program: pdflatex, latexmk, bibtex; get it with: apt-get" in listed
    assert "test_two.py::test_typesets" in listed
    code, told = session(tmp_path / "strict", "--strict-skips", *options, path=str(tmp_path))
    assert code == 1
    assert "--strict-skips (make test STRICT=1): skipped tests fail" in told
    assert "1 passed, 1 skipped" in told.splitlines()[-1]


def test_nothing_is_said_where_nothing_is_skipped(tmp_path: Path) -> None:
    for program in ("pdflatex", "latexmk", "bibtex"):
        (tmp_path / program).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / program).chmod(0o755)
    code, told = session(tmp_path / "full", "--strict-skips", path=str(tmp_path))
    assert code == 0 and "skipped" not in told


def test_the_workshop_installs_what_the_tests_ask_for() -> None:
    """One list of TeX packages, in conftest.py, .ci/run and the doctor."""
    from paperkit.machine.install import LATEX

    names = set(LATEX["apt-get"].split())
    for file in ("tests/conftest.py", ".ci/run"):
        text = (ROOT / file).read_text(encoding="utf-8")
        assert {name for name in names if name not in text} == set(), file

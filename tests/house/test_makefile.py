"""`make` on a fresh machine: what it lists, and what it says where Python is not enough."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("make", "sh", "awk", "mkdir", "touch", "cp")


def make(folder: Path, *targets: str, python: str | None) -> subprocess.CompletedProcess[str]:
    """Call make in a copy of the checkout's Makefile, on a PATH that holds little."""
    (folder / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        if found:
            (folder / "bin" / tool).symlink_to(found)
    if python is not None:
        (folder / "bin/python3").write_text(python, encoding="utf-8")
        (folder / "bin/python3").chmod(0o755)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copyfile(ROOT / name, folder / name)
    return subprocess.run(
        ["make", "--no-print-directory", *targets],
        cwd=folder,
        env={"PATH": str(folder / "bin"), "HOME": str(folder)},
        capture_output=True,
        encoding="utf-8",
    )


def test_help_lists_every_target(tmp_path: Path) -> None:
    told = make(tmp_path, python=None).stdout
    named = {line.split()[1] for line in told.splitlines()}
    assert named == {"help", "demo", "test", "check", "sync", "figures", "build", "clean"}


@pytest.mark.parametrize("target", ["demo", "test"])
def test_an_old_python_is_named(tmp_path: Path, target: str) -> None:
    old = '#!/bin/sh\ncase "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac\n'
    done = make(tmp_path, target, python=old)
    assert done.returncode == 2
    assert "paperkit needs Python 3.11 or newer; here is Python 3.9.2." in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


def test_a_python_without_venv_names_the_package(tmp_path: Path) -> None:
    # as Debian ships it: new enough, but `import ensurepip` fails
    bare = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *print*) echo python3.11-venv;; esac\n'
    done = make(tmp_path, "test", python=bare)
    assert done.returncode == 2
    assert "python3 has no venv module." in done.stderr
    assert "apt-get install python3.11-venv  (or python3-venv)" in done.stderr


def again(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={"PATH": str(folder / "bin"), "HOME": str(folder)},
        capture_output=True,
        check=True,
    )


def test_the_environment_is_made_once(tmp_path: Path) -> None:
    """A fake Python that writes down how it is called."""
    fake = f"""#!/bin/sh
echo "$@" >> '{tmp_path}/calls'
if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; fi
"""
    done = make(tmp_path, "test", python=fake)
    assert done.returncode == 0, done.stderr
    again(tmp_path, "test")
    calls = (tmp_path / "calls").read_text(encoding="utf-8")
    assert calls.count("pip install --quiet -e . --group dev") == 1
    assert calls.count("-m pytest") == 2 and "--strict-skips" not in calls
    os.utime(tmp_path / "pyproject.toml", (4e9, 4e9))
    again(tmp_path, "test", "STRICT=1")
    calls = (tmp_path / "calls").read_text(encoding="utf-8")
    assert calls.count("pip install --quiet -e . --group dev") == 2
    assert "-m pytest -n auto --dist loadfile --strict-skips" in calls

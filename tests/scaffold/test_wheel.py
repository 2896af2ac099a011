"""What is built is what is installed: sdist, wheel, and `paperkit new` from the wheel, offline."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed and the new files, without what tools left between them."""
    folder = tmp_path_factory.mktemp("build") / "paperkit"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def built(clone: Path) -> Path:
    """dist/ with the sdist, and the wheel made from that sdist."""
    run(sys.executable, "-m", "build", "--no-isolation", cwd=clone)
    return clone / "dist"


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def template_files(clone: Path) -> set[str]:
    return {
        path.relative_to(clone / "template").as_posix()
        for path in (clone / "template").rglob("*")
        if path.is_file()
    }


def test_the_wheel_carries_the_template_file_by_file(built: Path, clone: Path) -> None:
    (wheel,) = built.glob("*.whl")
    inside = zipfile.ZipFile(wheel).namelist()
    prefix = "paperkit/_template/"
    carried = {name.removeprefix(prefix) for name in inside if name.startswith(prefix)}
    assert carried == template_files(clone)
    assert "{{cookiecutter.project_slug}}/.paperkit/answers.json" in carried
    sources = {
        path.relative_to(clone).as_posix()
        for path in (clone / "paperkit").rglob("*")
        if path.is_file()
    }
    rest = {name for name in inside if not name.startswith(prefix) and ".dist-info/" not in name}
    assert rest == sources


def test_the_sdist_can_be_built_and_tested_again(built: Path, clone: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in ("Makefile", "tests/conftest.py", "template/cookiecutter.json", "LICENSE"):
        assert needed in names
    assert {f"template/{name}" for name in template_files(clone)} <= names


def test_the_installed_wheel_makes_a_project(built: Path, tmp_path: Path) -> None:
    """Away from the checkout, without network, with a home folder that must stay empty."""
    (wheel,) = built.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "env", cwd=tmp_path)
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = tmp_path / "env" / scripts / "python"
    site = Path(
        run(
            python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path
        ).strip()
    )
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # the third-party packages of the tests' environment, behind the wheel's own
    (site / "rest.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (tmp_path / "home").mkdir()
    told = run(
        *(python, "-m", "paperkit", "new", "from-wheel", "--yes"),
        cwd=tmp_path,
        HOME=str(tmp_path / "home"),
        PYTHONPATH="",
        PIP_NO_INDEX="1",
    )
    assert told.startswith("from-wheel: ready")
    where = "import paperkit; print(paperkit.__file__)"
    assert Path(run(python, "-c", where, cwd=tmp_path, PYTHONPATH="").strip()).is_relative_to(site)
    assert (tmp_path / "from-wheel/.paperkit/manifest.json").is_file()
    assert list((tmp_path / "home").iterdir()) == []

"""Look at everything that the road from a project to its PDF needs."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from paperkit.machine.check import Check
from paperkit.machine.device import check_torch
from paperkit.machine.install import install_command
from paperkit.machine.latex import check_latex

__all__ = ["examine"]

GIB = 2**30
ROOM, LITTLE_ROOM = 5 * GIB, GIB // 2
POPPLER = {"apt-get": "poppler-utils", "dnf": "poppler-utils", "pacman": "poppler",
           "brew": "poppler"}  # fmt: skip
GIT = dict.fromkeys(("apt-get", "dnf", "pacman", "brew"), "git") | {"winget": "Git.Git"}
# the modules that a project imports, in the order of its pyproject.toml
IMPORTS = ("numpy", "PIL", "pydantic", "yaml", "tqdm")


def examine(folder: Path, python: Path | None = None) -> list[Check]:
    """Return one finding per thing, in the order of the road.

    Args:
        folder: Where the runs and the paper are to be written.
        python: The project's interpreter, where that is not this one.
    """
    checks = [_python(), *check_torch(python or Path(sys.executable))]
    if python is not None:
        checks.append(_project_python(python))
    return [*checks, _fonts(), check_latex(), _poppler(), _git(), _disk(folder)]


def _python() -> Check:
    return Check("Python", "ok", f"{sys.version.split()[0]} ({sys.executable})")


def _project_python(python: Path) -> Check:
    asked = "import importlib.util as u; print(*[n for n in {!r} if u.find_spec(n) is None])"
    try:
        done = subprocess.run(
            [str(python), "-c", asked.format(IMPORTS)], capture_output=True, encoding="utf-8"
        )
    except OSError as error:
        return Check("project", "missing", f"{python}: {error.strerror}", "make install")
    lacking = done.stdout.split()
    if done.returncode or lacking:
        found = f"{python} lacks {', '.join(lacking) or 'a working start'}"
        return Check("project", "missing", found, f"{python} -m pip install -e .")
    return Check("project", "ok", f"{python} has the project's packages")


def _fonts() -> Check:
    # found without importing matplotlib: that would write a cache into the home folder
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        install = f"{sys.executable} -m pip install matplotlib"
        return Check("fonts", "missing", "matplotlib is not installed", install)
    folder = Path(spec.origin).parent / "mpl-data/fonts/ttf"
    lacking = [f for f in ("STIXGeneral.ttf", "DejaVuSans.ttf") if not (folder / f).is_file()]
    if lacking:
        install = f"{sys.executable} -m pip install --force-reinstall matplotlib"
        return Check("fonts", "warning", f"matplotlib has no {', '.join(lacking)}", install)
    return Check("fonts", "ok", "STIX and DejaVu, with matplotlib")


def _poppler() -> Check:
    lacking = [name for name in ("pdftoppm", "pdffonts") if shutil.which(name) is None]
    if lacking:
        remedy = install_command(POPPLER, otherwise="https://poppler.freedesktop.org")
        found = f"without {', '.join(lacking)}: no pictures of the finished pages"
        return Check("poppler", "warning", found, remedy)
    return Check("poppler", "ok", "pdftoppm, pdffonts")


def _git() -> Check:
    git = shutil.which("git")
    if git is None:
        remedy = install_command(GIT, otherwise="https://git-scm.com")
        return Check("git", "warning", "runs cannot record their commit", remedy)
    version = subprocess.run([git, "--version"], capture_output=True, encoding="utf-8").stdout
    return Check("git", "ok", version.strip().removeprefix("git version "))


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    found = f"{free / GIB:.1f} GiB free in {folder}"
    if free >= ROOM:
        return Check("disk", "ok", found)
    remedy = "delete what is not needed; a run keeps two checkpoints (runs/*/*/*/checkpoints)"
    return Check("disk", "warning" if free >= LITTLE_ROOM else "missing", found, remedy)

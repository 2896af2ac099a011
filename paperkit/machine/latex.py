"""LaTeX: the programs and files that a paper needs, and their installation."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from paperkit.errors import MachineError
from paperkit.machine.check import Check
from paperkit.machine.install import LATEX, install_command, is_root

__all__ = ["check_latex", "install_latex", "lacks_latex", "latex_command"]

PROGRAMS = ("pdflatex", "bibtex", "latexmk")
# what main.tex and the generated files load; a TeX Live without one of them fails half-way
FILES = (
    "IEEEtran.cls",
    "IEEEtran.bst",
    "amsmath.sty",
    "amssymb.sty",
    "booktabs.sty",
    "cite.sty",
    "color.sty",
    "graphicx.sty",
    "pifont.sty",
    "stfloats.sty",
    "tikz.sty",
    "url.sty",
)
ELSEWHERE = "install TeX Live: https://tug.org/texlive"


def lacks_latex() -> list[str]:
    """Return the LaTeX programs and files that are not there; empty when a paper can be built."""
    programs = [name for name in PROGRAMS if shutil.which(name) is None]
    return programs or _lacking_files(FILES)


def latex_command() -> str:
    """Return the one command that installs what a paper needs."""
    return install_command(LATEX, otherwise=ELSEWHERE)


def check_latex() -> Check:
    """Say which TeX there is, or everything that it lacks."""
    lacking = lacks_latex()
    if lacking:
        return Check("LaTeX", "missing", f"without {', '.join(lacking)}", latex_command())
    version = subprocess.run(
        ["pdflatex", "--version"], capture_output=True, encoding="utf-8", errors="replace"
    )
    return Check("LaTeX", "ok", f"{version.stdout.splitlines()[0]}; all {len(FILES)} files")


def install_latex() -> None:
    """Install LaTeX with apt, where this process may.

    Raises:
        MachineError: It may not (no root, no apt, PAPERKIT_NO_APT=1), or apt failed; the message
            names the one command.
    """
    if os.environ.get("PAPERKIT_NO_APT") == "1" or not is_root() or not shutil.which("apt-get"):
        raise MachineError(f"LaTeX is missing ({', '.join(lacks_latex())}); {latex_command()}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    packages = LATEX["apt-get"].split()
    for arguments in (["update", "-q"], ["install", "-qy", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            last = "\n".join(f"  {line}" for line in done.stdout.splitlines()[-5:])
            raise MachineError(f"apt-get {arguments[0]} failed; {latex_command()}\n{last}")


def _lacking_files(names: Sequence[str]) -> list[str]:
    if shutil.which("kpsewhich") is None:
        return ["kpsewhich"]
    # prints a path for each file that it knows, and nothing for the others
    found = subprocess.run(["kpsewhich", *names], capture_output=True, encoding="utf-8").stdout
    known = {line.replace("\\", "/").rpartition("/")[2] for line in found.splitlines()}
    return [name for name in names if name not in known]

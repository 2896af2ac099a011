r"""Run LaTeX on a folder that nobody vouches for.

In a copy, so that no auxiliary file lands beside the paper; without rc files (they are Perl
programs), without shell escape, reading no file outside of the copy and TeX's own trees; with a
timeout; and with a fixed date, so that the same sources give the same PDF.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from paperkit.errors import MachineError

__all__ = ["Compiled", "install_hint", "latexmk", "missing_programs"]

PROGRAMS = ("pdflatex", "latexmk", "bibtex")
APT = (
    "apt-get install texlive-latex-extra texlive-publishers texlive-science "
    "texlive-fonts-recommended texlive-pictures texlive-bibtex-extra latexmk"
)
BREW = "brew install --cask mactex-no-gui"
OPTIONS = (
    "-norc",
    "-pdf",
    "-interaction=nonstopmode",
    "-halt-on-error",
    "-file-line-error",
    "-no-shell-escape",
)
EPOCH = 315532800  # 1980: what archives can hold, for a paper without runs


@dataclass(frozen=True)
class Compiled:
    """How a compilation ended.

    Attributes:
        ok: Whether there is a PDF of a run without errors.
        log: LaTeX's log; bibliography: BibTeX's.
        output: What latexmk printed.
    """

    ok: bool
    log: str
    bibliography: str
    output: str


def missing_programs() -> list[str]:
    """Return the programs that compiling needs and that are not there."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def install_hint() -> str:
    """Return the one command that installs LaTeX here."""
    if shutil.which("brew"):
        return BREW
    return APT if os.name == "posix" else "install TeX Live from https://tug.org/texlive"


def latexmk(folder: Path, main: str, *, epoch: int | None = None, timeout: float = 300) -> Compiled:
    """Compile `main` (a file name) in `folder`, where everything that it needs must lie.

    Raises:
        MachineError: LaTeX is missing, or the time is over.
    """
    if missing := missing_programs():
        raise MachineError(
            f"no {' and no '.join(missing)} on this machine, so there is no PDF; "
            f"the .tex files and the figures are there. Install LaTeX: {install_hint()}"
        )
    try:
        done = subprocess.run(
            ["latexmk", *OPTIONS, main],
            cwd=folder,
            env=_environment(epoch),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MachineError(
            f"{main} was not compiled within {timeout:g} s; is there an endless loop in it?"
        ) from None
    stem = Path(main).stem
    return Compiled(
        done.returncode == 0,
        _read(folder / f"{stem}.log"),
        _read(folder / f"{stem}.blg"),
        done.stdout,
    )


def _environment(epoch: int | None) -> dict[str, str]:
    """The user's environment without what makes TeX read, wrap or date things its own way."""
    kept = {k: v for k, v in os.environ.items() if k not in ("TEXINPUTS", "BIBINPUTS", "LATEXMKRC")}
    return {
        **kept,
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH") or str(epoch or EPOCH),
        "FORCE_SOURCE_DATE": "1",
        "openin_any": "p",
        "openout_any": "p",
        "max_print_line": "10000",  # an error message on one line is one that can be parsed
        "LC_ALL": "C",
    }


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

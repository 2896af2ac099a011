r"""Run LaTeX on a folder that nobody vouches for.

In a copy, so that no auxiliary file lands beside the paper; without rc files (they are Perl
programs), without shell escape, reading no file outside of the copy and TeX's own trees; with a
timeout; and with a fixed date, so that the same sources give the same PDF.
"""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from paperkit.errors import MachineError
from paperkit.machine import lacks_latex, latex_command

__all__ = ["Compiled", "latexmk"]

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


def latexmk(folder: Path, main: str, *, epoch: int | None = None, timeout: float = 300) -> Compiled:
    """Compile `main` (a file name) in `folder`, where everything that it needs must lie.

    Raises:
        MachineError: LaTeX is missing, or the time is over.
    """
    if lacking := lacks_latex():
        raise MachineError(
            f"LaTeX is missing ({', '.join(lacking)}), so there is no PDF; the .tex files and the "
            f"figures are there. Get it: {latex_command()}"
        )
    process = subprocess.Popen(
        ["latexmk", *OPTIONS, main],
        cwd=folder,
        env=_environment(epoch),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise MachineError(
            f"{main} was not compiled within {timeout:g} s; is there an endless loop in it?"
        ) from None
    finally:
        _end(process)
    stem = Path(main).stem
    log, bibliography = _read(folder / f"{stem}.log"), _read(folder / f"{stem}.blg")
    return Compiled(process.returncode == 0, log, bibliography, output)


def _end(process: "subprocess.Popen[str]") -> None:
    """End latexmk with its children: a pdflatex in an endless loop would outlive its parent."""
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


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

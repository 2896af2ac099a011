"""paper/main.tex -> paper/main.pdf."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from paperkit.errors import Findings, UserError
from paperkit.paper.errors import errors, undefined
from paperkit.paper.latexmk import latexmk
from paperkit.project import Project
from paperkit.report import recorded

__all__ = ["compile_pdf"]

MAIN = "main.tex"
_OUTPUTS = {".aux", ".bbl", ".blg", ".fdb_latexmk", ".fls", ".log", ".out", ".toc", ".synctex"}
MOST = 10


def compile_pdf(project: Project, *, timeout: float = 300) -> Path:
    """Compile a project's paper; the same sources give the same bytes.

    The PDF is delivered with undefined references, too, so that one can look at it.

    Returns:
        paper/main.pdf.

    Raises:
        UserError: There is no main.tex, or LaTeX or BibTeX found errors: one line each, file:line.
        Findings: It compiled, but a reference, a citation or a result is undefined.
        MachineError: LaTeX is missing (with the command that installs it), or it never ended.
    """
    paper = project.root / "paper"
    if not (paper / MAIN).is_file():
        raise UserError(f"{paper / MAIN}: there is no such file; paperkit new writes one")
    with tempfile.TemporaryDirectory(prefix="paperkit-paper-") as folder:
        copy = Path(folder)
        for source in _sources(paper):
            target = copy / source.relative_to(paper)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        done = latexmk(copy, MAIN, epoch=_epoch(paper / "generated"), timeout=timeout)
        if not done.ok:
            raise UserError(_listed(errors(done.log, done.bibliography, done.output), "paper/"))
        pdf = _delivered(copy / "main.pdf", paper / "main.pdf")
        missing = undefined(done.log, copy)
    if missing:
        raise Findings(_listed(missing, "paper/"))
    return pdf


def _sources(paper: Path) -> Iterator[Path]:
    """Plain files of the paper: no hidden ones, no outputs, nothing that a link leads out to."""
    for path in sorted(paper.rglob("*")):
        parts = path.relative_to(paper).parts
        hidden = any(part.startswith(".") for part in parts)
        output = path.suffix in _OUTPUTS or parts == ("main.pdf",)
        inside = path.resolve().is_relative_to(paper.resolve())
        if path.is_file() and inside and not hidden and not output:
            yield path


def _epoch(generated: Path) -> int | None:
    """When the last run of the report ended: the paper's date."""
    date = recorded(generated).date
    try:
        return int(datetime.fromisoformat(date).timestamp()) if date else None
    except ValueError:
        return None


def _delivered(made: Path, target: Path) -> Path:
    content = made.read_bytes()
    if not target.is_file() or target.read_bytes() != content:
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(content)
        part.replace(target)
    return target


def _listed(lines: list[str], where: str) -> str:
    shown = [f"{where}{line}" for line in lines[:MOST]]
    more = len(lines) - len(shown)
    return "\n".join([*shown, *([f"... and {more} more"] if more > 0 else [])])

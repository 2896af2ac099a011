"""Pictures of the tables, for a look without opening the paper (previews/tab_*.png)."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from paperkit.latex import is_tex_key, tex, tex_key
from paperkit.machine import lacks_latex
from paperkit.paper.latexmk import latexmk
from paperkit.project import Project
from paperkit.report import Venue, find_venue, recorded
from paperkit.report.provenance import digest

__all__ = ["table_previews"]

DPI = 200
STATE = "tables.json"


def table_previews(project: Project) -> list[Path]:
    """Make previews/TABLE.png of every table whose source changed; return all that are there.

    Needs LaTeX and pdftoppm; without them there are no new ones, which is no error.
    """
    generated = project.root / "paper" / "generated"
    folder = generated / "previews"
    name = recorded(generated).venue
    if name is None:
        return []
    before, now = _state(folder / STATE), {}
    macros = (generated / "macros.tex").read_text("utf-8").splitlines()
    tables = (path for path in generated.glob("tab_*.tex") if is_tex_key(path.name))
    for table in sorted(tables):
        target = folder / f"{table.stem}.png"
        inputs = digest([name, table.read_text("utf-8"), *_definitions(macros, table.stem)])
        if (before.get(table.stem) == inputs and target.is_file()) or _made(
            table, target, find_venue(name)
        ):
            now[table.stem] = inputs
    for stem in {*before} - {*now}:  # a picture of an older table would mislead
        (folder / f"{Path(stem).name}.png").unlink(missing_ok=True)
    if now != before:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / STATE).write_text(
            json.dumps(now, indent=1) + "\n", encoding="utf-8", newline="\n"
        )
    return [folder / f"{stem}.png" for stem in sorted(now)]


def _definitions(macros: list[str], stem: str) -> list[str]:
    """What of macros.tex a table's picture rests on: no number of another table."""
    wide = rf"\pk@put{{wide:{stem}}}"
    return [line for line in macros if not line.startswith(r"\pk@put{") or line.startswith(wide)]


def _state(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _made(table: Path, target: Path, venue: Venue) -> bool:
    if lacks_latex() or shutil.which("pdftoppm") is None:
        return False
    with tempfile.TemporaryDirectory(prefix="paperkit-preview-") as name:
        folder = Path(name)
        for source in (table, table.parent / "macros.tex"):
            shutil.copyfile(source, folder / source.name)
        (folder / "preview.tex").write_text(_document(table, venue), encoding="utf-8")
        if not latexmk(folder, "preview.tex").ok:
            return False
        command = ["pdftoppm", "-png", "-singlefile", "-r", str(DPI), "preview.pdf", "preview"]
        if subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode:
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "preview.png", target)
    return True


def _document(table: Path, venue: Venue) -> str:
    """A page that is as large as the table, in the paper's fonts."""
    from pylatex import Document, NoEscape, Package

    document = Document(
        documentclass="standalone",
        document_options=["border=4pt"],
        fontenc="T1",
        lmodern=False,
        textcomp=False,
        page_numbers=False,
    )
    for package in ("mathptmx", "amssymb", "booktabs", "graphicx", "pifont"):
        document.packages.append(Package(package))
    document.preamble.append(NoEscape(r"\input{macros.tex}\renewcommand{\cite}[1]{[\,]}"))
    # starred floats are as wide as the text, the others as a column
    width = tex(
        r"\ifcsname pk@wide:#1\endcsname#2\else#3\fi pt",
        tex_key(table.stem), tex_key(str(venue.text)), tex_key(str(venue.column)),
    )  # fmt: skip
    name = tex_key(table.name)
    box = tex(r"\begin{minipage}{#1}\centering\input{#2}\end{minipage}", width, name)
    document.append(NoEscape(box))
    return str(document.dumps())

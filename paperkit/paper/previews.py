"""Pictures of the tables, for a look without opening the paper (previews/tab_*.png)."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from paperkit.latex import Tex, is_tex_key, tex, tex_key
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
    before = _state(folder / STATE)
    tables = sorted(path for path in generated.glob("tab_*.tex") if is_tex_key(path.name))
    inputs = _inputs(tables, generated / "macros.tex", name)
    there = {stem for stem in inputs if (folder / f"{stem}.png").is_file()}
    there -= {stem for stem, of in inputs.items() if before.get(stem) != of}
    changed = [table for table in tables if table.stem not in there]
    there |= _pictures(changed, folder, find_venue(name))
    now = {stem: of for stem, of in inputs.items() if stem in there}
    for stem in {*before} - {*now}:  # a picture of an older table would mislead
        (folder / f"{Path(stem).name}.png").unlink(missing_ok=True)
    if now != before:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / STATE).write_text(
            json.dumps(now, indent=1) + "\n", encoding="utf-8", newline="\n"
        )
    return [folder / f"{stem}.png" for stem in sorted(now)]


def _inputs(tables: list[Path], macros: Path, venue: str) -> dict[str, str]:
    """What the picture of each table rests on, by its stem."""
    lines = macros.read_text("utf-8").splitlines()
    return {
        table.stem: digest([venue, table.read_text("utf-8"), *_definitions(lines, table.stem)])
        for table in tables
    }


def _definitions(macros: list[str], stem: str) -> list[str]:
    """What of macros.tex a table's picture rests on: no number of another table."""
    wide = rf"\pk@put{{wide:{stem}}}"
    return [line for line in macros if not line.startswith(r"\pk@put{") or line.startswith(wide)]


def _state(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _pictures(tables: list[Path], folder: Path, venue: Venue) -> set[str]:
    """Make pictures; return the stems of those that compile.

    All at once, because starting LaTeX takes longer than a table; where that fails, by halves.
    """
    if not tables or lacks_latex() or shutil.which("pdftoppm") is None:
        return set()
    if _made(tables, folder, venue):
        return {table.stem for table in tables}
    half = len(tables) // 2
    parts = [tables[:half], tables[half:]] if half else []
    return {stem for part in parts for stem in _pictures(part, folder, venue)}


def _made(tables: list[Path], folder: Path, venue: Venue) -> bool:
    with tempfile.TemporaryDirectory(prefix="paperkit-preview-") as name:
        work = Path(name)
        for source in (*tables, tables[0].parent / "macros.tex"):
            shutil.copyfile(source, work / source.name)
        (work / "preview.tex").write_text(_document(tables, venue), encoding="utf-8")
        done = latexmk(work, "preview.tex")
        # a table on two pages would give its picture to the next one
        if not done.ok or f"preview.pdf ({len(tables)} page" not in done.log:
            return False
        command = ["pdftoppm", "-r", str(DPI), "preview.pdf", "page"]
        if subprocess.run(command, cwd=work, capture_output=True, check=False).returncode:
            return False
        folder.mkdir(parents=True, exist_ok=True)
        for table, page in zip(tables, sorted(work.glob("page-*.ppm")), strict=True):
            _png(page, folder / f"{table.stem}.png")
    return True


def _png(page: Path, target: Path) -> None:
    """Write a page as PNG; pdftoppm's own takes ten times as long to save a tenth of the room."""
    from PIL import Image

    with Image.open(page) as picture:
        picture.save(target, compress_level=3, dpi=(DPI, DPI))


def _document(tables: list[Path], venue: Venue) -> str:
    """A page for each table, as large as it is, in the paper's fonts."""
    from pylatex import Document, NoEscape, Package

    document = Document(
        documentclass="standalone",
        document_options=["border=4pt", "multi=preview"],
        fontenc="T1",
        lmodern=False,
        textcomp=False,
        page_numbers=False,
    )
    for package in ("mathptmx", "amssymb", "booktabs", "graphicx", "pifont"):
        document.packages.append(Package(package))
    document.preamble.append(NoEscape(r"\input{macros.tex}\renewcommand{\cite}[1]{[\,]}"))
    for table in tables:
        document.append(NoEscape(_page(table, venue)))
    return str(document.dumps())


def _page(table: Path, venue: Venue) -> Tex:
    # starred floats are as wide as the text, the others as a column
    width = tex(
        r"\ifcsname pk@wide:#1\endcsname#2\else#3\fi pt",
        tex_key(table.stem), tex_key(str(venue.text)), tex_key(str(venue.column)),
    )  # fmt: skip
    name = tex_key(table.name)
    box = tex(r"\begin{minipage}{#1}\centering\input{#2}\end{minipage}", width, name)
    return tex(r"\begin{preview}#1\end{preview}", box)

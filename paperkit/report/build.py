"""Write paper/generated/: only what changed, and nothing that somebody else wrote."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from paperkit.errors import PaperkitError
from paperkit.project import Project
from paperkit.report.checks.cells import table_record
from paperkit.report.compose import Composed, compose
from paperkit.report.figures.drawings import Drawing
from paperkit.report.provenance import FILE, Recorded, digest, provenance_json, recorded
from paperkit.runs import keep_index

__all__ = ["Built", "build"]

GENERATED = Path("paper", "generated")
PREVIEWS = "previews"


@dataclass(frozen=True)
class Built:
    """What a report left behind.

    Attributes:
        files: Every file of the report, absolute, sorted.
        written: Those that changed.
        warnings: What the author should know, one line each.
        uncited: What is used without a citation, one line each; the paper shows [cite?] there.
        todos: Places of the text that the author has yet to write, by key.
    """

    files: tuple[Path, ...]
    written: tuple[Path, ...]
    warnings: tuple[str, ...]
    uncited: tuple[str, ...] = ()
    todos: tuple[str, ...] = ()


def build(
    project: Project, *, venue: str | None = None, on_event: Callable[[str], None] | None = None
) -> Built:
    """Write the report of a project from its runs; twice gives the same bytes.

    Args:
        project: The project.
        venue: Overrides paperkit.yaml's venue.
        on_event: Called with the name of each part before it is made.

    Raises:
        UserError: See compose.
    """
    tell = on_event or (lambda _: None)
    tell("reading the runs")
    composed = compose(project, venue)
    folder = project.root / GENERATED
    before = recorded(folder)
    made = _Made({name: text.encode("utf-8", "replace") for name, text in composed.texts.items()})
    made.files = {name: {"inputs": composed.inputs} for name in made.contents}
    warnings = [*composed.warnings]
    for drawing in composed.drawings:
        kept = _kept(drawing, folder, before)
        if kept is None:
            tell(drawing.name)
            try:
                kept = _drawn(drawing)
            except PaperkitError as error:
                warnings.append(f"{drawing.name} was not drawn: {error}")
                continue
        made.add(drawing, kept)
    tell("writing the files")
    files, written = _deliver(folder, composed, made, option=venue)
    _remove(folder, [name for name in before.files if name not in made.contents])
    keep_index(composed.runs)
    uncited, todos = tuple(composed.uncited), tuple(composed.todos)
    return Built(files, written, tuple(warnings), uncited, todos)


@dataclass
class _Made:
    """Contents by file name, and what provenance.json records about files and figures."""

    contents: dict[str, bytes]
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)

    def add(self, drawing: Drawing, contents: dict[str, bytes]) -> None:
        self.contents |= contents
        self.files |= {name: {"inputs": drawing.inputs} for name in contents}
        self.figures[drawing.name] = drawing.inputs


def _kept(drawing: Drawing, folder: Path, before: Recorded) -> dict[str, bytes] | None:
    """The files of a figure whose inputs did not change; None where it must be drawn."""
    if before.figures.get(drawing.name) != drawing.inputs:
        return None
    found = {}
    for name, record in before.files.items():
        if record.get("inputs") == drawing.inputs:
            path = folder / name
            if not path.is_file() or digest(path.read_bytes()) != record["sha256"]:
                return None
            found[name] = path.read_bytes()
    return found


def _drawn(drawing: Drawing) -> dict[str, bytes]:
    """Draw into a temporary folder; pixels are for looking only and go to previews/."""
    with tempfile.TemporaryDirectory(prefix="paperkit-report-") as folder:
        made = drawing.draw(Path(folder, drawing.name))
        return {
            f"{PREVIEWS}/{path.name}" if path.suffix == ".png" else path.name: path.read_bytes()
            for path in made
        }


def _deliver(
    folder: Path, composed: Composed, made: _Made, *, option: str | None
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Write what changed, and provenance.json; return all files, and those that changed."""
    for name, content in made.contents.items():
        made.files[name]["sha256"] = digest(content)
    facts = {"venue": composed.venue.name, "option": option, "date": composed.date}
    tables = {table.name: table_record(table, composed.numbers) for table in composed.tables}
    text = provenance_json(
        composed.numbers, composed.runs, made.files, **facts, figures=made.figures, tables=tables
    )
    contents = made.contents | {FILE: text.encode()}
    written = [folder / name for name in sorted(contents) if _write(folder / name, contents[name])]
    return tuple(folder / name for name in sorted(contents)), tuple(written)


def _remove(folder: Path, names: list[str]) -> None:
    """Remove files of an earlier report; never anything outside of its folder."""
    for name in names:
        path = (folder / name).resolve()
        if path.is_relative_to(folder.resolve()):
            path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> bool:
    """Write a file if its content is another; the reader sees the old one or the new one."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
    return True

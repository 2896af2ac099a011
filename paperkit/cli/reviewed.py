"""What `paperkit report` says with --check, --freeze and --diff."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from paperkit.cli import console
from paperkit.errors import Findings

if TYPE_CHECKING:
    from paperkit.project import Project
    from paperkit.report import Difference, Finding, Review

__all__ = ["check", "diff", "freeze"]


def check(project: "Project", venue: str | None, against: Path | None, *, as_json: bool) -> None:
    """Say whether paper and runs agree; raise Findings where they do not."""
    from paperkit.report import review, review_against

    if against is None:
        found = review(project, venue=venue)
    else:
        found = review_against(project, against, venue=venue)
    if as_json:
        console.emit(asdict(found))
    else:
        _show(found)
    if found.findings:
        word = "finding" if len(found.findings) == 1 else "findings"
        raise Findings(f"{len(found.findings)} {word}{_way_out(found.findings, against)}")
    if not as_json:
        typer.echo("paper and runs agree")


def _show(found: "Review") -> None:
    for finding in found.findings:
        typer.echo(str(finding))
        for use in finding.uses:
            typer.echo(f"  {use}")
        if finding.tables:
            typer.echo(f"  in {', '.join(finding.tables)}")
    notes: dict[str, list[str]] = {}
    for note in found.notes:
        notes.setdefault(note.what, []).append(note.place)
    for what, places in notes.items():
        typer.echo(f"note: {', '.join(places)}: {what}")


def _way_out(findings: list["Finding"], against: Path | None) -> str:
    """What to do: no report writes the author's text, and no upload changes it."""
    own = {finding.own for finding in findings}
    if against is None:
        steps = {False: "run paperkit report", True: "change the text"}
    else:
        upload = "run paperkit report and upload paper/generated again"
        steps = {False: upload, True: "change the text there"}
    where = "" if against is None else f" in {against.name}"
    return f"{where}; {', then '.join(step for of, step in steps.items() if of in own)}"


def freeze(project: "Project", tag: str, *, as_json: bool) -> None:
    """Keep a version, and say where."""
    from paperkit.report import freeze as keep

    path = keep(project, tag).relative_to(project.root).as_posix()
    if as_json:
        console.emit({"file": path})
    else:
        typer.echo(f"{path}: what the paper prints now; keep it under version control")


def diff(project: "Project", tag: str, out: Path | None, *, as_json: bool) -> None:
    """List what changed since a version was kept."""
    from paperkit.report import difference, write_letter

    found = difference(project, tag)
    if out is not None:
        write_letter(found, out)
    if as_json:
        console.emit(_document(found))
        return
    _list(found)
    if out is not None:
        typer.echo(f"the list for the response letter: {out}")


def _document(found: "Difference") -> dict[str, object]:
    document = asdict(found)
    for key in ("old", "new", "sentences", "used"):
        del document[key]
    return document


def _list(found: "Difference") -> None:
    counts = {
        "changed": len(found.changed),
        "added": len(found.added),
        "removed": len(found.removed),
    }
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    typer.echo(f"numbers since {found.tag}: {words}")
    for one in found.changed:
        typer.echo(f"{one.key}: {one.old} -> {one.new}")
        for when, passages in (("then", one.then), ("now", one.now)):
            for passage in passages:
                typer.echo(f"  {when:4} {passage.place}: {passage.text}")
    for word, keys in (("added", found.added), ("removed", found.removed)):
        for key in keys:
            typer.echo(f"{word}: {key}")
    for cell in found.cells:
        typer.echo(f"{cell.table}: {cell.row}, {cell.column}: {cell.old} -> {cell.new}")

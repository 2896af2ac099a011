"""Does a copy of the paper, such as the project on Overleaf, agree with the runs and with ours?"""

import re
from collections.abc import Iterator
from pathlib import Path

from paperkit.project import Project
from paperkit.report.build import GENERATED
from paperkit.report.checks.check import Finding, Review, changed_numbers, review_text
from paperkit.report.checks.manuscript import Manuscript, manuscript
from paperkit.report.checks.overleaf_zip import opened
from paperkit.report.compose import Composed, compose
from paperkit.report.provenance import FILE, Recorded, file_digest, recorded

__all__ = ["review_against"]

_NUMBER = re.compile(r"^\\pk@put\{([^{}:]+/[^{}:]+)\}\{(.*)\}$", re.M)
_NEEDED = {".tex", ".bib"}  # the rest may be left out of an upload


def review_against(project: Project, path: Path, *, venue: str | None = None) -> Review:
    """Return every disagreement between a copy of the paper and the runs.

    Notes name the author's files that differ from those here: somebody edited them there.

    Args:
        project: The project.
        path: A zip file from Overleaf, or a folder that holds main.tex.
        venue: Overrides the venue of the last report.

    Raises:
        UserError: See compose and opened.
    """
    ours = recorded(project.root / GENERATED)
    with opened(path) as paper:
        before = recorded(paper.generated)
        if not (paper.generated / FILE).is_file():
            before = Recorded(option=ours.option, numbers=_numbers(paper))
        now = compose(project, venue or before.option)
        text = review_text(project, paper, now)
        findings = [
            *changed_numbers(paper, before, now),
            *_texts(paper, before, now),
            *_figures(paper, before, now, project.root / GENERATED),
            *text.findings,
        ]
        return Review(findings, [*_edited(project, paper), *text.notes])


def _numbers(paper: Manuscript) -> dict[str, dict[str, str]]:
    """What the copy prints, where its provenance was not uploaded."""
    path = paper.generated / "macros.tex"
    if not path.is_file():
        return {}
    found = _NUMBER.findall(path.read_text(encoding="utf-8", errors="replace"))
    return {key: {"display": display} for key, display in found}


def _texts(paper: Manuscript, before: Recorded, now: Composed) -> Iterator[Finding]:
    for name, text in sorted(now.texts.items()):
        path = paper.generated / name
        found = file_digest(path)
        written = before.files.get(name, {}).get("sha256")
        if found is None:
            if path.suffix in _NEEDED:
                yield Finding(_shown(paper, name), "missing there")
        elif path.read_bytes() != text.encode():
            edited = written is not None and found != written
            yield Finding(_shown(paper, name), "edited there by hand" if edited else "out of date")


def _figures(paper: Manuscript, before: Recorded, now: Composed, ours: Path) -> Iterator[Finding]:
    """By their recorded inputs; without a record by their bytes, against the figures here.

    Word and Excel files are of no use there.
    """
    for drawing in (one for one in now.drawings if one.is_figure):
        if before.figures and before.figures.get(drawing.name) != drawing.inputs:
            yield Finding(_shown(paper, drawing.name), "out of date")
            continue
        for here in sorted(ours.glob(f"{drawing.name}.*")):
            there = file_digest(paper.generated / here.name)
            wanted = before.files.get(here.name, {}).get("sha256") or file_digest(here)
            if there is None and here.suffix == ".pdf":
                yield Finding(_shown(paper, here.name), "missing there")
            elif there is not None and there != wanted:
                what = "edited there by hand" if before.figures else "differs from the one here"
                yield Finding(_shown(paper, here.name), what)


def _edited(project: Project, paper: Manuscript) -> Iterator[Finding]:
    here = manuscript(project.root / "paper")
    ours, theirs = _authors(here), _authors(paper)
    for name in sorted({*ours, *theirs}):
        if name not in ours:
            what = f"is not here; written on Overleaf: copy it to paper/{name}"
        elif name not in theirs:
            what = f"paper/{name} is not there"
        elif ours[name] != theirs[name]:
            what = f"differs from paper/{name}; edited on Overleaf: copy it here"
        else:
            continue
        yield Finding(f"{paper.shown}/{name}", what)


def _authors(paper: Manuscript) -> dict[str, bytes]:
    """The author's files by path; an editor's line ends do not count."""
    top = paper.folder.resolve()
    paths = {source.path for source in paper.sources}
    paths |= {*paper.folder.glob("*.bib")}
    return {
        path.resolve().relative_to(top).as_posix(): path.read_bytes().replace(b"\r\n", b"\n")
        for path in paths
    }


def _shown(paper: Manuscript, name: str) -> str:
    return f"{paper.shown}/{paper.generated.name}/{name}"

r"""Do the paper and the runs still agree? Recomputes everything in memory and compares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from paperkit.project import Project
from paperkit.report.build import GENERATED
from paperkit.report.checks.cells import table_record, tables_by_key
from paperkit.report.checks.literals import typed
from paperkit.report.checks.manuscript import Manuscript, manuscript
from paperkit.report.checks.sentences import Sentence, filled, readable, sentences, using
from paperkit.report.checks.unknown import defined, unknown_macros
from paperkit.report.checks.unused import lost, unused
from paperkit.report.choice import chosen
from paperkit.report.compose import Composed, compose
from paperkit.report.files.plain import plain_text
from paperkit.report.provenance import FILE, Recorded, file_digest, recorded

__all__ = [
    "Finding",
    "Review",
    "changed_numbers",
    "check",
    "in_text",
    "out_of_date",
    "review",
    "review_text",
    "shown_number",
]


@dataclass(frozen=True)
class Finding:
    """Something in which paper and runs disagree.

    Attributes:
        place: A file (with line), or the key of a number.
        what: One line.
        uses: The sentences that use the number, each as "file:line: sentence".
        tables: The tables that print it.
        own: Whether it is in the author's own text, which no report writes.
    """

    place: str
    what: str
    uses: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    own: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass(frozen=True)
class Review:
    """What a check found: disagreements, and notes that are no fault."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)


def check(project: Project, *, venue: str | None = None) -> list[Finding]:
    """Return every disagreement between paper/generated/, the runs and the paper's text.

    Raises:
        UserError: See compose.
    """
    return review(project, venue=venue).findings


def review(project: Project, *, venue: str | None = None) -> Review:
    """Return what `check` returns, and the notes: what the report made and no text uses.

    Raises:
        UserError: See compose.
    """
    paper = manuscript(project.root / "paper")
    before = recorded(paper.generated)
    if not (paper.generated / FILE).is_file():
        return Review([Finding(GENERATED.as_posix(), "there is no report yet: paperkit report")])
    now = compose(project, venue or before.option)
    text = review_text(project, paper, now)
    late = [*out_of_date(paper, before, now), *_figures(paper, before, now)]
    uncited = [Finding("references.bib", line) for line in now.uncited]
    return Review([*late, *text.findings, *uncited], text.notes)


def out_of_date(paper: Manuscript, before: Recorded, now: Composed) -> list[Finding]:
    """Return what in generated/ is not what the runs give: numbers and texts, but no figures."""
    return [*changed_numbers(paper, before, now), *_texts(paper, before, now)]


def review_text(project: Project, paper: Manuscript, now: Composed) -> Review:
    """Return what is wrong with the author's own text, whatever is in generated/."""
    made = [table.name for table in now.tables]
    made += [drawing.name for drawing in now.drawings if drawing.is_figure]
    found = [
        *unknown_macros(paper, now.texts["macros.tex"]),
        *lost(paper, [*made, *(Path(name).stem for name in now.texts)]),
        *((one.place, str(one)) for one in typed(paper, now.numbers)),
    ]
    asked = [*(project.settings.tables or ()), *(project.settings.figures or ())]
    left_out = unused(paper, made)
    wanted = chosen(asked, left_out)
    findings = [Finding(*one, own=True) for one in sorted(found, key=lambda one: _line(one[0]))]
    findings += [
        Finding("paperkit.yaml", f"asks for {name}, and no text uses it", own=True)
        for name in left_out
        if name in wanted
    ]
    return Review(
        findings, [Finding(name, "no text uses it") for name in left_out if name not in wanted]
    )


def _line(place: str) -> tuple[str, int]:
    file, _, line = place.rpartition(":")
    return file, int(line)


def changed_numbers(paper: Manuscript, before: Recorded, now: Composed) -> list[Finding]:
    """Return the numbers that print otherwise than before; those that the text uses come first."""
    old = {key: str(number.get("display")) for key, number in before.numbers.items()}
    new = {key: str(quantity.display) for key, quantity in now.numbers.items()}
    changed = [key for key in sorted({*old, *new}) if old.get(key, "--") != new.get(key, "--")]
    if not changed:
        return []
    known = defined(now.texts["macros.tex"]) | set(old)
    uses = using(sentences(paper, known))
    tables = tables_by_key(
        {**before.tables, **{t.name: table_record(t, now.numbers) for t in now.tables}}
    )
    found = [
        Finding(
            key,
            f"{shown_number(old.get(key))} -> {shown_number(new.get(key))}",
            tuple(in_text(sentence, key, old, new) for sentence in uses.get(key, ())),
            tuple(tables.get(key, ())),
        )
        for key in changed
    ]
    return sorted(found, key=lambda finding: not finding.uses)


def in_text(sentence: Sentence, key: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Return "file:line: sentence" with its numbers; what changed reads [old -> new]."""

    def number(name: str) -> str:
        was, is_now = shown_number(old.get(name)), shown_number(new.get(name))
        return was if was == is_now else f"[{was} -> {is_now}]"

    line = next(line for name, line in sentence.keys if name == key)
    return f"{sentence.file}:{line}: {readable(filled(sentence.tex, number))}"


def shown_number(display: str | None) -> str:
    """A number as printed, without TeX; -- where there is none."""
    return "--" if display in (None, "--") else plain_text(display).replace("−", "-")


def _texts(paper: Manuscript, before: Recorded, now: Composed) -> Iterator[Finding]:
    for name, text in sorted(now.texts.items()):
        path = paper.generated / name
        written = before.files.get(name, {}).get("sha256")
        found = file_digest(path)
        if found is None:
            yield Finding(_shown(name), "missing")
        elif written and found != written:
            yield Finding(_shown(name), "edited by hand; paperkit report would overwrite it")
        elif path.read_bytes() != text.encode():
            yield Finding(_shown(name), "out of date")


def _figures(paper: Manuscript, before: Recorded, now: Composed) -> Iterator[Finding]:
    for drawing in now.drawings:
        if before.figures.get(drawing.name) != drawing.inputs:
            yield Finding(_shown(drawing.name), "out of date")
            continue
        for name, record in before.files.items():
            if record.get("inputs") != drawing.inputs:
                continue
            found = file_digest(paper.generated / name)
            if found != record.get("sha256"):
                yield Finding(_shown(name), "missing" if found is None else "edited by hand")


def _shown(name: str) -> str:
    return (GENERATED / PurePosixPath(name)).as_posix()

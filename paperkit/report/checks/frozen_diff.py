"""What changed since a version was frozen: numbers, the sentences that use them, rows of tables."""

from collections.abc import Iterator
from dataclasses import dataclass

from paperkit.project import Project
from paperkit.report.checks.check import shown_number
from paperkit.report.checks.freeze import Snapshot, load_frozen, snapshot
from paperkit.report.checks.manuscript import manuscript
from paperkit.report.checks.sentences import Sentence, filled, readable, using
from paperkit.report.checks.unused import uses
from paperkit.report.compose import compose
from paperkit.report.provenance import recorded

__all__ = ["CellChange", "Changed", "Difference", "Passage", "difference"]


@dataclass(frozen=True)
class Passage:
    """A sentence with the numbers of one version: "file:line" and the sentence as it reads."""

    place: str
    text: str


@dataclass(frozen=True)
class Changed:
    """A number that prints otherwise, with the sentences that used it then and use it now."""

    key: str
    old: str
    new: str
    then: tuple[Passage, ...]
    now: tuple[Passage, ...]


@dataclass(frozen=True)
class CellChange:
    """A cell of a table that reads otherwise; -- where the row or column was not there."""

    table: str
    row: str
    column: str
    old: str
    new: str


@dataclass(frozen=True)
class Difference:
    """Everything that changed since a tag.

    Attributes:
        changed: Numbers of both versions that print otherwise; those in the text come first.
        added, removed: Keys that only one of the versions has.
        cells: Changes in the tables.
        used: The tables that the text uses.
        sentences: Those of now that hold a changed number, as LaTeX with its keys.
        old, new: Every display by key.
    """

    tag: str
    changed: list[Changed]
    added: list[str]
    removed: list[str]
    cells: list[CellChange]
    used: set[str]
    sentences: list[Sentence]
    old: dict[str, str]
    new: dict[str, str]


def difference(project: Project, tag: str) -> Difference:
    """Compare a frozen version with what the runs and the text say now.

    Raises:
        UserError: See load_frozen and compose.
    """
    before = load_frozen(project, tag)
    option = recorded(project.root / "paper" / "generated").option
    now = snapshot(project, compose(project, option))
    old, new = before.displays, now.displays
    keys = [key for key in sorted(old) if key in new and old[key] != new[key]]
    then_uses, now_uses = using(before.sentences), using(now.sentences)
    changed = [
        Changed(
            key,
            shown_number(old[key]),
            shown_number(new[key]),
            tuple(_passage(sentence, key, old) for sentence in then_uses.get(key, ())),
            tuple(_passage(sentence, key, new) for sentence in now_uses.get(key, ())),
        )
        for key in keys
    ]
    touched = set(keys)
    return Difference(
        tag,
        sorted(changed, key=lambda one: not (one.then or one.now)),
        sorted(set(new) - set(old)),
        sorted(set(old) - set(new)),
        [*_cells(before, now)],
        {use.stem for use in uses(manuscript(project.root / "paper"))},
        [one for one in now.sentences if any(key in touched for key, _ in one.keys)],
        old,
        new,
    )


def _passage(sentence: Sentence, key: str, displays: dict[str, str]) -> Passage:
    line = next(line for name, line in sentence.keys if name == key)
    text = filled(sentence.tex, lambda name: shown_number(displays.get(name)))
    return Passage(f"{sentence.file}:{line}", readable(text))


def _cells(before: Snapshot, now: Snapshot) -> Iterator[CellChange]:
    for table in sorted({*before.tables, *now.tables}):
        old, new = before.tables.get(table, {}), now.tables.get(table, {})
        for row in dict.fromkeys([*new, *old]):
            was, is_now = old.get(row, {}), new.get(row, {})
            name = is_now.get("") or was.get("") or row
            for column in dict.fromkeys([*is_now, *was]):
                pair = was.get(column, "--"), is_now.get(column, "--")
                if column and pair[0] != pair[1]:
                    yield CellChange(table, name, column, *pair)

r"""What a submitted version printed, kept in paper/frozen/TAG.json for the response to reviewers.

    {"schema": 1, "tag", "venue", "date": when the last of the runs ended,
     "numbers": {KEY: {display, value, unit}},
     "sentences": [{file, line, tex: with \pk{KEY}, keys: [[KEY, line], ...]}],
     "tables": {NAME: {ROW: {COLUMN: text}}}}

No clock and no host: the same paper gives the same bytes. The file belongs under version control.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from paperkit.errors import Findings, UserError
from paperkit.project import Project
from paperkit.project.nearest import nearest
from paperkit.report.checks.cells import cell_text, column_names, row_ids, row_names
from paperkit.report.checks.check import out_of_date
from paperkit.report.checks.manuscript import manuscript
from paperkit.report.checks.sentences import Sentence, sentences
from paperkit.report.checks.unknown import defined
from paperkit.report.compose import Composed, compose
from paperkit.report.files.table import Table
from paperkit.report.provenance import recorded

__all__ = ["FROZEN", "Snapshot", "freeze", "load_frozen", "snapshot"]

FROZEN = Path("paper", "frozen")
SCHEMA = 1
_TAG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_LONGEST = 60


@dataclass(frozen=True)
class Snapshot:
    """What a version of the paper prints.

    Attributes:
        numbers: {display, value, unit} by key.
        sentences: Those that use a number.
        tables: The text of every cell, by table, row and column.
    """

    numbers: Mapping[str, Mapping[str, Any]]
    sentences: list[Sentence]
    tables: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @property
    def displays(self) -> dict[str, str]:
        """What is printed, by key."""
        return {key: str(number["display"]) for key, number in self.numbers.items()}


def freeze(project: Project, tag: str) -> Path:
    """Write paper/frozen/TAG.json from what the paper shows; return the file.

    Raises:
        UserError: The tag is no name for a file, or there is a snapshot of that name.
        Findings: The report is older than the runs, so the paper shows other numbers.
    """
    path = _path(project, tag)
    if path.exists():
        raise UserError(
            f"{_shown(tag)} is there already, and a frozen version must not change; choose another "
            "tag, or delete that file first"
        )
    paper = manuscript(project.root / "paper")
    before = recorded(paper.generated)
    now = compose(project, before.option)
    if late := out_of_date(paper, before, now):
        raise Findings(
            f"the paper does not show the numbers of the runs ({late[0]}), so '{tag}' would freeze "
            "what nobody has read; run paperkit report first"
        )
    found = snapshot(project, now)
    document = {
        "schema": SCHEMA,
        "tag": tag,
        "venue": now.venue.name,
        "date": now.date,
        "numbers": {key: dict(found.numbers[key]) for key in sorted(found.numbers)},
        "sentences": [asdict(sentence) for sentence in found.sentences],
        "tables": found.tables,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def snapshot(project: Project, now: Composed) -> Snapshot:
    """Return what the paper would print of a report."""
    numbers = {
        key: {
            "display": str(quantity.display),
            "value": repr(quantity.value),
            "unit": quantity.unit,
        }
        for key, quantity in now.numbers.items()
        if quantity.value is not None
    }
    found = sentences(manuscript(project.root / "paper"), defined(now.texts["macros.tex"]))
    tables = {table.name: _cells(table) for table in sorted(now.tables, key=lambda t: t.name)}
    return Snapshot(numbers, found, tables)


def load_frozen(project: Project, tag: str) -> Snapshot:
    """Read paper/frozen/TAG.json.

    Raises:
        UserError: There is none of that name, or it is damaged.
    """
    path = _path(project, tag)
    if not path.is_file():
        known = sorted(file.stem for file in path.parent.glob("*.json"))
        end = nearest(tag, known) or f"; make one: paperkit report --freeze {tag}"
        raise UserError(f"{_shown(tag)}: no such frozen version{end}")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        numbers = {key: {"display": one["display"]} for key, one in document["numbers"].items()}
        listed = [_sentence(item) for item in document["sentences"]]
        tables = {
            str(name): {str(row): dict(cells) for row, cells in rows.items()}
            for name, rows in document["tables"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{_shown(tag)}: not a frozen version ({type(error).__name__}: {error}); restore it: "
            f"git checkout {_shown(tag)}"
        ) from None
    return Snapshot(numbers, listed, tables)


def _sentence(item: Any) -> Sentence:
    keys = tuple((str(key), int(line)) for key, line in item["keys"])
    return Sentence(str(item["file"]), int(item["line"]), str(item["tex"]), keys)


def _path(project: Project, tag: str) -> Path:
    if not _TAG.fullmatch(tag) or len(tag) > _LONGEST:
        raise UserError(
            f"'{tag}' is no tag: small letters, digits and single - _ . between them, such as "
            "submitted or revision-1"
        )
    return project.root / FROZEN / f"{tag}.json"


def _shown(tag: str) -> str:
    return (FROZEN / f"{tag}.json").as_posix()


def _cells(table: Table) -> dict[str, dict[str, str]]:
    """The printed text by row and column; "" is the row's name.

    What is not printed is among the numbers.
    """
    names = [
        (name, column)
        for name, column in zip(_distinct(column_names(table)), table.columns, strict=True)
        if column.printed
    ]
    return {
        row: {"": shown} | {name: cell_text(column.cells[i]) for name, column in names}
        for i, (row, shown) in enumerate(
            zip(_distinct(row_ids(table)), row_names(table), strict=True)
        )
    }


def _distinct(names: list[str]) -> list[str]:
    """The second of a name is "name (2)"."""
    counts: Counter[str] = Counter()
    found = []
    for name in names:
        counts[name] += 1
        found.append(name if counts[name] == 1 else f"{name} ({counts[name]})")
    return found

"""Labels in a table: `train.csv` beside the images, one row per image.

Known are a column of classes (id,label), one column per class with a single 1 in each row
(image,MEL,NV,...), and a column that names the split. What a row calls its image may be a path, a
file name or a name without its ending.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from paperkit.errors import UserError
from paperkit.scaffold.data.pairing import Pairing
from paperkit.scaffold.data.patterns import Found
from paperkit.scaffold.data.problems import Problems
from paperkit.scaffold.data.words import LABEL_WORDS, SPLIT_WORDS

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Table:
    """A file below the data's folder, and (label, split or None) of each image's path in it."""

    file: str
    labels: Mapping[str, tuple[str, str | None]]

    def pairing(self) -> Pairing:
        """Return the pattern of the images: the folder that all are in, and their ending."""
        paths = [PurePosixPath(path) for path in self.labels]
        common = _common(paths)
        endings = {path.suffix for path in paths}
        ending = endings.pop() if len(endings) == 1 else ".*"
        return Pairing("/".join([*common, "{id}" + ending]), None)

    def label(self, samples: Iterable[Found], problems: Problems) -> list[Found]:
        """Return the samples that have a row, with label and split; the others are left out."""
        samples = list(samples)
        kept = [
            replace(s, tabled=self.labels[s.path][0], part=self.labels[s.path][1])
            for s in samples
            if s.path in self.labels
        ]
        if len(kept) < len(samples):
            line = f"{len(samples) - len(kept)} images have no row in {self.file} and are left out"
            problems.warn("labels", line)
        return kept


def find_table(root: Path, paths: list[str], wanted: str | None = None) -> Table | None:
    """Return the table of labels in root, None where there is none.

    Args:
        root: The data's folder.
        paths: Its image files, relative.
        wanted: FILE or FILE:COLUMN, where the user says which; else the first that fits.

    Raises:
        UserError: The wanted table cannot be used.
    """
    if wanted is not None:
        file, _, column = wanted.partition(":")
        if not (root / file).is_file():
            raise UserError(f"{root / file}: no such file; labels are FILE or FILE:COLUMN below it")
        return _table(root, file, paths, column or None)
    for path in sorted([*root.glob("*.csv"), *root.glob("*.tsv")]):
        try:
            return _table(root, path.name, paths, None)
        except UserError:
            continue
    return None


def _table(root: Path, file: str, paths: list[str], column: str | None) -> Table:
    rows, place = _read(root / file), root / file
    names = list(rows[0]) if rows else []
    known = _known(paths)
    hits = {name: sum(row[name] in known for row in rows) for name in names}
    image = max(names, key=lambda name: hits[name], default=None)
    if image is None or not hits[image]:
        raise UserError(f"{place}: no column names image files below {root}")
    others = [name for name in names if name != image]
    split = next((n for n in others if n != column and _is_split(row[n] for row in rows)), None)
    others = [name for name in others if name != split]
    if column is not None and column not in others:
        raise UserError(f"{place}: no column {column!r}; it has {', '.join(names)}")
    found = {known[row[image]]: row for row in rows if row[image] in known}
    label = _reader(place, found.values(), others, column)
    return Table(
        file,
        {
            path: (label(row), SPLIT_WORDS[row[split].lower()] if split else None)
            for path, row in sorted(found.items())
        },
    )


def _reader(place: Path, rows: Iterable[dict[str, str]], others: list[str], column: str | None):  # type: ignore[no-untyped-def]
    """Return what gives a row's class: one column's value, or the column that holds the 1."""
    rows = list(rows)
    flags = [name for name in others if all(_flag(row[name]) is not None for row in rows)]
    one_hot = len(flags) > 1 and all(sum(_flag(row[n]) or 0 for n in flags) == 1 for row in rows)
    if column is None and one_hot:
        return lambda row: next(name for name in flags if _flag(row[name]))
    named = [name for name in others if name.strip().lower() in LABEL_WORDS]
    chosen = column or next(iter(named or (others if len(others) == 1 else [])), None)
    if chosen is None:
        raise UserError(
            f"{place}: which column is the label? It has {', '.join(others) or 'no other'}; say "
            f"--labels {place.name}:COLUMN"
        )
    empty = sum(not row[chosen].strip() for row in rows)
    if empty:
        raise UserError(f"{place}: {empty} rows have no {chosen}; fill or remove them")
    return lambda row: row[chosen].strip()


def _read(file: Path) -> Rows:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            dialect = csv.excel_tab if file.suffix == ".tsv" else csv.excel
            rows = list(csv.DictReader(stream, dialect=dialect, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file}: not a table in UTF-8 ({error})") from None
    short = next((n for n, row in enumerate(rows, 2) if None in row or None in row.values()), None)
    if short is not None:
        raise UserError(f"{file}:{short}: another number of columns than the first line")
    return rows


def _known(paths: list[str]) -> dict[str, str]:
    """Return what a row may call an image -> its path; names that two images share are left out."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for path in paths:
        pure = PurePosixPath(path)
        for name in {path, pure.with_suffix("").as_posix(), pure.name, pure.stem}:
            if found.setdefault(name, path) != path:
                twice.add(name)
    return {name: path for name, path in found.items() if name not in twice}


def _common(paths: list[PurePosixPath]) -> list[str]:
    first, *rest = [path.parts[:-1] for path in paths]
    common: list[str] = []
    for n, part in enumerate(first):
        if any(other[n : n + 1] != (part,) for other in rest):
            break
        common.append(part)
    return common


def _is_split(values: Iterable[str]) -> bool:
    return {value.lower() for value in values} <= set(SPLIT_WORDS)


def _flag(value: str) -> int | None:
    return {"0": 0, "1": 1, "0.0": 0, "1.0": 1}.get(value.strip())

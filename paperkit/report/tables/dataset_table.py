"""tab_data: what every number of the paper was measured on, one row per data set."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from paperkit.latex import Tex, escape, is_tex_key, number, rounded, tex, tex_key
from paperkit.report.cited.citations import Citations
from paperkit.report.collect import Experiment
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.names import Names
from paperkit.report.tables.data_facts import SPLITS, DataFacts, data_facts
from paperkit.report.tables.notes import Footnotes

__all__ = ["dataset_table"]

MOST_CLASSES = 8  # with a column each; of more, the smallest and the largest share are given
_HEADS = {"train": "Train", "val": "Val.", "test": "Test"}
_UNRECORDED = "not recorded by the runs"


def dataset_table(
    experiments: Sequence[Experiment], root: Path, names: Names, citations: Citations
) -> Table | None:
    """Return the table; None without runs.

    Args:
        experiments: All of the project.
        root: The project's folder.
        names: Display names.
        citations: For those that cite a data set by its id.
    """
    facts = data_facts(experiments, root)
    if not facts:
        return None
    notes = Footnotes()
    shown = [names.plain(row.name) for row in facts]
    cells = [
        _name(row, name, citations, notes, again=shown.count(name) > 1)
        for row, name in zip(facts, shown, strict=True)
    ]
    ids = (
        ("data_set", tuple(row.name for row in facts)),
        ("data_sha256", tuple(row.sha256 for row in facts)),
        ("experiments", tuple("; ".join(row.experiments) for row in facts)),
    )
    columns = [Column(Cell(Tex("Data set"), "Data set"), tuple(cells), align="l", data=ids)]
    columns += [_count_column(facts, split, notes) for split in SPLITS]
    columns += [*_group_columns(facts), _size_column(facts), *_class_columns(facts, names)]
    runs = tuple(row.ids for row in facts)
    columns = [replace(column, runs=runs) for column in columns]
    return Table("tab_data", tuple(columns), notes=notes.listed(), caption=_caption(facts))


def _name(
    row: DataFacts, name: str, citations: Citations, notes: Footnotes, *, again: bool
) -> Cell:
    keys = [key for key in citations.keys_for(row.runs, row.name) if is_tex_key(key)]
    cited = tex(r"~\cite{#1}", Tex(",").join(map(tex_key, keys))) if keys else Tex("")
    letters = [notes.letter(text) for text in _about(row, again=again)]
    plain = name + ("[00]" if keys else "")
    return Cell(escape(name) + cited, plain, note=",".join(letters))


def _about(row: DataFacts, *, again: bool) -> Iterator[str]:
    if row.library:
        yield f"as torchvision reads {row.library}"
    if row.generated:
        yield "generated images"
    if row.limit is not None:
        yield f"at most {row.limit} images of each split were used"
    if again:
        yield f"in {' and '.join(row.experiments)}"


def _count_column(facts: Sequence[DataFacts], split: str, notes: Footnotes) -> Column:
    counts = [row.counts.get(split) for row in facts]
    cells = [
        Cell(note=notes.letter(_UNRECORDED)) if count is None else _whole(count) for count in counts
    ]
    data = ((f"images/{split}", tuple(None if n is None else float(n) for n in counts)),)
    head = Cell(escape(_HEADS[split]), _HEADS[split])
    return Column(head, tuple(cells), group="Images", data=data)


def _whole(count: int) -> Cell:
    """A count; from ten thousand on in groups of three digits."""
    if count < 10_000:
        return Cell(escape(str(count)), str(count), number=float(count))
    groups = f"{count:,}".split(",")
    thin = Tex(r"\,").join(map(escape, groups))
    return Cell(thin, " ".join(groups), number=float(count))


def _group_columns(facts: Sequence[DataFacts]) -> Iterator[Column]:
    if any(row.groups for row in facts):
        cells = tuple(_whole(row.groups) if row.groups else Cell() for row in facts)
        data = (("groups/test", tuple(float(row.groups) for row in facts)),)
        yield Column(Cell(Tex("Groups"), "Groups"), cells, "(test)", data=data)


def _size_column(facts: Sequence[DataFacts]) -> Column:
    cells = []
    for row in facts:
        size = Tex(r"\times").join([escape(str(n)) for n in row.size])
        plain = "x".join(map(str, row.size))
        cells.append(Cell(tex(r"\ensuremath{#1}", size), plain) if row.size else Cell())
    data = (("size", tuple("x".join(map(str, row.size)) for row in facts)),)
    return Column(Cell(Tex("Size"), "Size"), tuple(cells), align="c", data=data)


def _class_columns(facts: Sequence[DataFacts], names: Names) -> Iterator[Column]:
    """How many classes, and their shares: each where all data sets have the same few."""
    counts = tuple(_whole(len(row.classes)) if row.classes else Cell() for row in facts)
    listed = (
        ("classes/n", tuple(float(len(row.classes)) or None for row in facts)),
        ("classes", tuple("; ".join(row.classes) for row in facts)),
        ("shares", tuple("; ".join(f"{k} {v!r}" for k, v in row.shares.items()) for row in facts)),
    )
    yield Column(Cell(Tex("Classes"), "Classes"), counts, data=listed)
    group = f"Share of test {_unit(facts)} (%)"
    for name in _common(facts):
        shown = names.given.get(name, name)
        yield _share_column(shown, [row.shares.get(name) for row in facts], group, name)
    if any(row.shares for row in facts) and not _common(facts):
        for head, of in (("Least", min), ("Most", max)):
            values = [of(row.shares.values()) if row.shares else None for row in facts]
            yield _share_column(head, values, group, head.lower())


def _share_column(head: str, values: Sequence[float | None], group: str, name: str) -> Column:
    cells = [
        Cell(
            number(value, 1, percent=True),
            rounded(value, 1, percent=True) or "--",
            number=None if value is None else 100 * value,
        )
        for value in values
    ]
    data = ((f"share/{name}", tuple(values)),)
    return Column(Cell(escape(head), head), tuple(cells), group=group, data=data)


def _unit(facts: Sequence[DataFacts]) -> str:
    units = {"images" if row.of_images else "pixels" for row in facts if row.shares}
    return units.pop() if len(units) == 1 else "split"


def _caption(facts: Sequence[DataFacts]) -> Tex:
    parts = [Tex("Size: height and width of the images as they are trained on.")]
    if any(row.shares for row in facts):
        counted = Tex("counted in the truth of the test split.")
        extremes = Tex("the least and the most frequent class, ")
        parts.append(Tex("Shares: ") + (counted if _common(facts) else extremes + counted))
    return Tex(" ").join(parts)


def _common(facts: Sequence[DataFacts]) -> tuple[str, ...]:
    """The classes, where all data sets have the same few."""
    same = {tuple(row.shares) for row in facts if row.shares}
    classes = same.pop() if len(same) == 1 else ()
    return classes if len(classes) <= MOST_CLASSES else ()

"""The table on where it helps and where it fails, and the CSV file of all cases."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from paperkit.latex import Tex, escape, number, rounded, tex
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.files.table_csv import table_csv
from paperkit.report.tables.columns import text_cell
from paperkit.report.tables.notes import Notes
from paperkit.report.verdict import verdict_short, verdict_words
from paperkit.report.where.caption import where_caption
from paperkit.report.where.case_list import over_runs
from paperkit.report.where.parts import FEW, Part
from paperkit.report.where.words import DECIMALS, Found
from paperkit.stats import best_and_second

__all__ = ["cases_csv", "where_table"]

MOST = 5  # other methods side by side


def where_table(found: Found) -> Table:
    """Return tab_where_EXPERIMENT: all images, then classes, sizes, groups and confused pairs.

    More than MOST other methods are printed as the best of them only; the CSV file has all.
    """
    parts = found.printed
    notes = Notes(found.compared.experiment, metrics=())
    methods = list(_methods(found, parts, notes))
    every = (tuple(run.id for run in found.compared.runs),) * len(parts)
    tail = [_delta(found, parts), _verdicts(found, parts)]
    counts, *tail = (replace(column, runs=every) for column in (_counts(parts), *tail))
    kinds = [part.kind for part in parts]
    rules = frozenset(n for n in range(1, len(kinds)) if kinds[n] != kinds[n - 1])
    table = Table(
        f"tab_where_{found.stem}",
        (_names(found, parts), counts, *methods, *tail),
        rules,
        notes.listed(),
        where_caption(found),
    )
    if len(found.compared.others) <= MOST:
        return table
    hidden = [replace(column, printed=False) for column in methods[:-1]]
    shown = (replace(_best(found, parts), runs=every), methods[-1])
    return replace(table, columns=(*table.columns[:2], *hidden, *shown, *tail))


def cases_csv(found: Found) -> str:
    """Return the CSV file of the cases: from the largest gain to the largest loss, then by name.

    Scores are means over the runs; `gain` is ours minus the other method with the highest mean;
    `size` is the share of the image that its objects cover. What has no score (no class of it is in
    the truth) comes last.
    """
    truth, facts, methods = found.compared.truth, found.facts, found.compared.methods
    places = range(len(truth.cases))
    order = sorted(places, key=lambda n: (math.isnan(facts.gain[n]), -facts.gain[n], n))
    variants = [method.result.row.variant for method in methods]
    data: list[tuple[str, Sequence[float | str]]] = [("case", truth.cases), ("group", truth.groups)]
    if truth.dense:
        data.append(("size", facts.size.tolist()))
    else:
        data.append(("target", [truth.classes[n] for n in truth.label]))
        ranks = [over_runs(method.ranks).tolist() for method in methods]
        data += [(f"{name}/rank", of) for name, of in zip(variants, ranks, strict=True)]
    data += [(name, of.mean.tolist()) for name, of in zip(variants, methods, strict=True)]
    data.append(("gain", facts.gain.tolist()))
    columns = (_hidden(head, [values[n] for n in order]) for head, values in data)
    return table_csv(Table("", tuple(columns)))


def _hidden(head: str, values: Iterable[float | str | None]) -> Column:
    """A column of the CSV file only; NaN is an empty field there."""
    known = (None if isinstance(x, float) and math.isnan(x) else x for x in values)
    return Column(Cell(), (), printed=False, data=((head, tuple(known)),))


def _names(found: Found, parts: list[Part]) -> Column:
    cells = tuple(Cell(*_name(found, part)) for part in parts)
    limits = [found.compared.truth.bounds if part.kind == "size" else None for part in parts]
    ends = {"small": 0, "medium": 1}
    data = (
        ("name", tuple(part.name for part in parts)),
        ("part", tuple(part.kind for part in parts)),
        ("taken_for", tuple(part.taken for part in parts)),
        ("size_up_to", tuple(
            of[ends[part.name]] if of and part.name in ends else None
            for part, of in zip(parts, limits, strict=True)
        )),
    )  # fmt: skip
    return Column(text_cell("Images"), cells, align="l", data=data)


def _name(found: Found, part: Part) -> tuple[Tex, str]:
    """What stands in the first column, and the same for the estimate of the width."""
    if part.kind == "all":
        return Tex("all"), "all"
    given = found.names.given
    if part.kind == "size":
        return found.limits(part.name)
    if part.kind == "pair":
        names = [given.get(name, name) for name in (part.name, part.taken)]
        return tex(r"#1 $\to$ #2 $\downarrow$", *names), " xx ".join([*names, ""])
    name = given.get(part.name, part.name)
    return escape(name), name


def _counts(parts: list[Part]) -> Column:
    cells = tuple(text_cell(str(part.n)) for part in parts)
    return Column(Cell(Tex("$n$"), "n"), cells, data=(("n", tuple(part.n for part in parts)),))


def _methods(found: Found, parts: list[Part], notes: Notes) -> Iterator[Column]:
    group = f"{found.score} (%)"
    for n, method in enumerate(found.compared.methods):
        letters = notes.result(method.result)
        cells = tuple(_mean(part, n) for part in parts)
        name, mark = found.methods[n], tex(r"\textsuperscript{#1}", letters) if letters else Tex("")
        head = Cell(escape(name) + mark, name + letters)
        data = ((method.result.row.variant, tuple(part.means[n] for part in parts)),)
        runs = (method.result.ids(),) * len(parts)
        yield Column(head, cells, group=group, data=data, runs=runs)


def _mean(part: Part, n: int) -> Cell:
    shown = [number(x, DECIMALS, percent=True) for x in part.means]
    ranked = [None if math.isnan(x) else x for x in part.means]
    best, _ = best_and_second(ranked, shown, higher=part.higher)
    return _number(part.means[n], mark="best" if n in best else "")


def _number(value: float, *, sign: bool = False, mark: str = "") -> Cell:
    digits = rounded(value, DECIMALS, percent=True)
    if digits is None:
        return Cell()
    plain = f"+{digits.lstrip('-')}" if sign else digits
    shown = number(value, DECIMALS, percent=True, sign=sign)
    return Cell(shown, plain, mark=mark, number=100 * value)


def _best(found: Found, parts: list[Part]) -> Column:
    """The best of the others with its name, where there is no room for all of them."""
    cells = []
    for part in parts:
        name, cell = found.methods[part.best], _number(part.means[part.best])
        both = tex("#1 (#2)", cell.tex, name)
        cells.append(Cell(both, f"{cell.plain} ({name})", number=cell.number))
    data = (("best_other/mean", tuple(part.means[part.best] for part in parts)),)
    return Column(text_cell("best other"), tuple(cells), group=f"{found.score} (%)", data=data)


def _delta(found: Found, parts: list[Part]) -> Column:
    cells = tuple(_number(part.difference, sign=True) for part in parts)
    variants = [method.result.row.variant for method in found.compared.methods]
    data = (
        ("delta", tuple(part.difference for part in parts)),
        ("best_other", tuple(variants[part.best] for part in parts)),
    )
    return Column(Cell(Tex(r"\ensuremath{\Delta}"), "D"), cells, data=data)


def _verdicts(found: Found, parts: list[Part]) -> Column:
    cells = tuple(text_cell(_short(found, part)) for part in parts)
    judged = [part.verdict for part in parts]
    data = (
        ("verdict", tuple(verdict_words(v) if v else _short(found, p)
                          for v, p in zip(judged, parts, strict=True))),
        ("p", tuple(None if v is None else v.p for v in judged)),
    )  # fmt: skip
    return Column(text_cell("Verdict"), cells, align="l", data=data)


def _short(found: Found, part: Part) -> str:
    """The verdict in a word or two."""
    if part.verdict is None:
        return "folds" if found.compared.folds else f"fewer than {FEW}"
    return verdict_short(part.verdict)

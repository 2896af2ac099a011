"""The columns that ablation and comparison share: metrics with their marks, and cost."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from paperkit.latex import Tex, escape, rounded
from paperkit.report.collect import Experiment
from paperkit.report.files.table import Cell, Column
from paperkit.report.metrics import Metric
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity, result_key
from paperkit.report.tables.literature import Literature
from paperkit.report.tables.notes import Notes
from paperkit.report.verdict import verdict_words
from paperkit.stats import best_and_second

__all__ = ["Frame", "cost_columns", "metric_columns", "text_cell"]

Data = tuple[tuple[str, tuple[float | str | None, ...]], ...]
_COSTS = {"params": ("Params", "(M)"), "gmacs": ("GMACs", "")}


@dataclass(frozen=True)
class Frame:
    """What every column is made from.

    Attributes:
        rows: The table's rows: ids of variants, and rows copied from papers.
        found: Every number of the experiment by key.
        notes: Collects the footnotes.
    """

    experiment: Experiment
    rows: tuple[str | Literature, ...]
    found: dict[str, Quantity]
    names: Names
    notes: Notes

    def quantity(self, row: str | Literature, dataset: str | None, *rest: str) -> Quantity | None:
        """Return a number of a row; None where there is none."""
        variant = row.name if isinstance(row, Literature) else row
        return self.found.get(result_key(self.experiment.name, variant, dataset, *rest))

    def letters(self, row: str | Literature, dataset: str | None) -> str:
        """Return the letters of a row's footnotes for one data set; a copied row has its own."""
        of = [
            r for r in self.experiment.results if (r.row.variant, r.row.dataset) == (row, dataset)
        ]
        return ",".join(self.notes.result(result) for result in of if self.notes.result(result))


def text_cell(text: str) -> Cell:
    """A cell of plain text."""
    return Cell(escape(text), text)


def metric_columns(frame: Frame, dataset: str | None, *, delta: bool) -> list[Column]:
    """Return a column per metric, each followed by its difference to the baseline if wanted.

    The signs of the verdicts stand at the differences, else at the methods that the own one is
    compared to.
    """
    columns = []
    for position, name in enumerate(frame.experiment.plan.metrics):
        metric = _metric_column(frame, dataset, name, noted=position == 0)
        columns += [metric, _delta_column(frame, dataset, name)] if delta else [metric]
        columns[-1] = _tested(frame, dataset, name, columns[-1])
    return columns


def _metric_column(frame: Frame, dataset: str | None, name: str, *, noted: bool) -> Column:
    metric = frame.experiment.metric(name)
    means = [frame.quantity(row, dataset, name) for row in frame.rows]
    spreads = [frame.quantity(row, dataset, name, "std") for row in frame.rows]
    # numbers copied from papers are not ranked: another code, often another protocol
    ranked = [q.value if q and q.source == "runs" else None for q in means]
    shown = [q.display if q else None for q in means]
    best, second = best_and_second(ranked, shown, higher=metric.higher)
    cells = []
    for i, (mean, spread) in enumerate(zip(means, spreads, strict=True)):
        mark = "best" if i in best else "second" if i in second else ""
        note = frame.letters(frame.rows[i], dataset) if noted else ""
        cells.append(_number_cell(mean, spread, mark, note, decimals=metric.decimals))
    key = name if dataset is None else f"{dataset}/{name}"
    counts = [frame.quantity(row, dataset, name, "n") for row in frame.rows]
    intervals = [frame.quantity(row, dataset, name, "ci") for row in frame.rows]
    data: Data = tuple(
        (key + suffix, tuple(_value(quantity) for quantity in of))
        for suffix, of in (("", means), ("/std", spreads), ("/n", counts))
    )
    data += _ends(f"{key}/ci", intervals)
    head, unit = _metric_head(frame.names.plain(name), metric)
    return Column(head, tuple(cells), unit, _group(frame, dataset), data=data)


def _metric_head(name: str, metric: Metric) -> tuple[Cell, str]:
    """Name and arrow, and the second line: Dice (per image) is "Dice" over "(per image, %)"."""
    match = re.fullmatch(r"(.+?) \((.+)\)", name)
    first, rest = (match[1], [match[2]]) if match else (name, [])
    up, down = Tex(r"\,\ensuremath{\uparrow}"), Tex(r"\,\ensuremath{\downarrow}")
    unit = ", ".join([*rest, *([metric.unit] if metric.unit else [])])
    return Cell(
        escape(first) + (up if metric.higher else down), f"{first}xx"
    ), f"({unit})" if unit else ""


def _number_cell(
    mean: Quantity | None,
    spread: Quantity | None,
    mark: str = "",
    note: str = "",
    *,
    decimals: int = 0,
) -> Cell:
    """A number; one with fewer decimals than the column leaves room for them."""
    if mean is None or mean.value is None:
        return Cell(note=note)
    fewer = max(decimals - mean.decimals, 0) if mean.source == "literature" else 0
    digits = rounded(mean.value, mean.decimals, percent=mean.unit == "%") or ""
    std = ""
    if spread is not None and spread.value is not None:
        std = rounded(spread.value, spread.decimals, percent=spread.unit == "%") or ""
    return Cell(
        mean.display, digits, std, mark, note, fewer,
        number=_in_unit(mean), spread=_in_unit(spread) if std else None,
    )  # fmt: skip


def _in_unit(quantity: Quantity | None) -> float | None:
    """The unrounded value as it is printed: percent as percent."""
    if quantity is None or quantity.value is None:
        return None
    exact = Decimal(repr(quantity.value))
    return float(exact.scaleb(2)) if quantity.unit == "%" else quantity.value


def _delta_column(frame: Frame, dataset: str | None, name: str) -> Column:
    deltas = [frame.quantity(row, dataset, name, "delta") for row in frame.rows]
    cells = []
    for delta in deltas:
        if delta is None:  # the baseline itself has no difference
            cells.append(Cell(Tex(""), ""))
        else:
            plain = "+" + _number_cell(delta, None).plain.lstrip("-")
            cells.append(Cell(delta.display, plain, number=_in_unit(delta)))
    head = Cell(Tex(r"\ensuremath{\Delta}"), "D")
    return Column(head, tuple(cells), "", _group(frame, dataset), follows=True)


def _tested(frame: Frame, dataset: str | None, name: str, column: Column) -> Column:
    """The column with the signs of the verdicts, and their numbers for the CSV file."""
    found = [frame.quantity(row, dataset, name, "verdict") for row in frame.rows]
    judged = [quantity.judged if quantity else None for quantity in found]
    signs = [one.sign if one else "" for one in judged]
    cells = [
        replace(cell, sign=sign or ("none" if any(signs) and cell.plain else ""))
        for cell, sign in zip(column.cells, signs, strict=True)
    ]
    return replace(column, cells=tuple(cells), data=column.data + _test_data(frame, dataset, name))


def _test_data(frame: Frame, dataset: str | None, name: str) -> Data:
    of = {
        rest: [frame.quantity(row, dataset, name, *rest.split("/")) for row in frame.rows]
        for rest in ("delta", "delta/ci", "p", "verdict")
    }
    if not any(of["delta"]):
        return ()
    key = name if dataset is None else f"{dataset}/{name}"
    verdicts = [
        quantity.judged.verdict if quantity and quantity.judged else None
        for quantity in of["verdict"]
    ]
    return (
        (f"{key}/delta", tuple(_value(quantity) for quantity in of["delta"])),
        *_ends(f"{key}/delta/ci", of["delta/ci"]),
        (f"{key}/p", tuple(_value(quantity) for quantity in of["p"])),
        (f"{key}/claim", tuple(v.claim if v and v.p is not None else None for v in verdicts)),
        (f"{key}/verdict", tuple(verdict_words(v) if v else None for v in verdicts)),
    )


def _ends(key: str, intervals: Sequence[Quantity | None]) -> Data:
    """The two ends of intervals, as two columns of the CSV file."""
    return (
        (f"{key}/low", tuple(_value(interval) for interval in intervals)),
        (f"{key}/high", tuple(interval.high if interval else None for interval in intervals)),
    )


def cost_columns(frame: Frame) -> list[Column]:
    """Return parameters and GMACs, on the first data set that has them."""
    columns = []
    for name, (head, unit) in _COSTS.items():
        costs = [_first(frame, row, name) for row in frame.rows]
        if not any(cost and cost.value is not None for cost in costs):
            continue
        cells = tuple(_number_cell(cost, None) for cost in costs)
        data = ((name, tuple(_value(cost) for cost in costs)),)
        columns.append(Column(text_cell(head), cells, unit, data=data))
    return columns


def _first(frame: Frame, row: str | Literature, name: str) -> Quantity | None:
    every = [frame.quantity(row, dataset, name) for dataset in frame.experiment.datasets]
    return next((cost for cost in every if cost and cost.value is not None), None)


def _value(quantity: Quantity | None) -> float | None:
    return quantity.value if quantity else None


def _group(frame: Frame, dataset: str | None) -> str:
    many: Sequence[str | None] = frame.experiment.datasets
    return frame.names.plain(dataset) if dataset is not None and len(many) > 1 else ""

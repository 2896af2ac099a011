r"""tab_cost_EXPERIMENT: parameters, operations, speed, memory and training time of each row.

Speed, memory and time are compared only between runs on one device, the one that most runs had;
rows without such a run have none. Everything is of one data set: cost depends on the input.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from paperkit.latex import Tex, escape, number, rounded, tex
from paperkit.report.collect import Experiment, Result
from paperkit.report.files.table import Cell, Column, Table
from paperkit.report.names import Names
from paperkit.report.quantity import Quantity, result_key
from paperkit.report.tables.budget import configuration
from paperkit.report.tables.measured import Data
from paperkit.report.tables.notes import Notes
from paperkit.runs import Run

__all__ = ["cost_table"]

PLANNED = {"params": ("Params", "(M)"), "gmacs": ("GMACs", "")}
HEADS = {"throughput": "Throughput", "peak_mib": "Memory", "seconds": "Time"}
Value = TypeVar("Value", bound=Hashable)
# from which largest value on a unit is used, and what it is in the recorded one
UNITS = {
    "throughput": ((0, "(img/s)", 1),),
    "peak_mib": ((0, "(MiB)", 1), (1024, "(GiB)", 1024)),
    "seconds": ((0, "(s)", 1), (120, "(min)", 60), (7200, "(h)", 3600)),
}


@dataclass(frozen=True)
class _Shown:
    """What the table is about: rows on one data set, and the device that is compared on."""

    experiment: Experiment
    results: tuple[Result, ...]
    device: str | None
    notes: Notes

    def values(self, result: Result, key: str) -> list[float]:
        """What a row's runs on the device measured."""
        found = [getattr(run, key) for run in self.runs(result)]
        return [float(value) for value in found if value is not None]

    def runs(self, result: Result) -> list[Run]:
        """A row's runs on the device."""
        return [run for run in result.runs if _device(run) == self.device]

    def ids(self, result: Result) -> tuple[str, ...]:
        """Their ids."""
        return tuple(run.id for run in self.runs(result))


def cost_table(experiment: Experiment, found: dict[str, Quantity], names: Names) -> Table | None:
    """Return the table; None with a single row, or where no run has measured anything.

    Nor where a grid repeats one model: a learning rate costs nothing.
    """
    results = _results(experiment)
    models = {(result.row.params, result.row.gmacs) for result in results}
    if experiment.plan.spec.get("grid") and len(models) < 2:
        return None
    device = _usual(_device(run) for result in results for run in result.runs)
    shown = _Shown(experiment, results, device, Notes(experiment, metrics=()))
    measured = [column for key in HEADS if (column := _measured(shown, key))]
    if len(results) < 2 or not measured:
        return None
    cells = tuple(_name(shown, result, names) for result in results)
    ids = tuple(result.row.variant for result in results)
    columns = [Column(Cell(Tex("Model"), "Model"), cells, align="l", data=(("variant", ids),))]
    columns += [column for key in PLANNED if (column := _planned(shown, key, found))]
    return Table(
        f"tab_cost_{experiment.name}",
        (*columns, *measured),
        notes=shown.notes.listed(),
        caption=_caption(shown, names),
        owners=tuple(
            result_key(experiment.name, r.row.variant, r.row.dataset) for r in shown.results
        ),
    )


def _results(experiment: Experiment) -> tuple[Result, ...]:
    """The rows of the data set that most rows have runs on."""
    rows = experiment.results
    dataset = _usual(result.row.dataset for result in rows if result.runs)
    return tuple(result for result in rows if result.row.dataset == dataset)


def _name(shown: _Shown, result: Result, names: Names) -> Cell:
    letters = [shown.notes.result(result)]
    letters += [shown.notes.letter(text) for text in _elsewhere(shown, result)]
    name = names.variant(result.row, shown.experiment.components)
    return Cell(escape(name), name, note=",".join(filter(None, letters)))


def _elsewhere(shown: _Shown, result: Result) -> Iterator[str]:
    """That runs had another device than the one that is compared on."""
    others = sorted({_called(_device(run)) for run in result.runs if _device(run) != shown.device})
    there = sum(_device(run) == shown.device for run in result.runs)
    if others and there:
        runs = f"{there} of {len(result.runs)} runs"
        yield f"throughput, memory and time of {runs}; the others ran on {' and '.join(others)}"
    elif others:
        yield f"ran on {' and '.join(others)}: throughput, memory and time are not compared"


def _planned(shown: _Shown, key: str, found: dict[str, Quantity]) -> Column | None:
    name = shown.experiment.name
    keys = [result_key(name, r.row.variant, r.row.dataset, key) for r in shown.results]
    quantities = [found.get(key) for key in keys]
    values = [quantity.value if quantity else None for quantity in quantities]
    if all(value is None for value in values):
        return None
    decimals = max(quantity.decimals for quantity in quantities if quantity)
    cells = tuple(_cell(value, decimals) for value in values)
    head, unit = PLANNED[key]
    return Column(Cell(escape(head), head), cells, unit, data=_data(shown, key, values))


def _measured(shown: _Shown, key: str) -> Column | None:
    """Medians over the runs, in the unit that suits the largest, with three digits or more."""
    every = [shown.values(result, key) for result in shown.results]
    values = [median(of) if of else None for of in every]
    known = [value for value in values if value is not None]
    if not known:
        return None
    _, unit, divisor = [unit for unit in UNITS[key] if max(known) >= unit[0]][-1]
    least = min(known) / divisor
    decimals = 0 if least >= 100 else 1 if least >= 10 else 2
    cells = tuple(_cell(None if v is None else v / divisor, decimals) for v in values)
    data = (*_data(shown, key, values), (f"{key}/n", tuple(float(len(of)) for of in every)))
    head, runs = Cell(escape(HEADS[key]), HEADS[key]), tuple(map(shown.ids, shown.results))
    return Column(head, cells, unit, data=data, runs=runs)


def _cell(value: float | None, decimals: int) -> Cell:
    return Cell(number(value, decimals), rounded(value, decimals) or "--", number=value)


def _data(shown: _Shown, key: str, values: Sequence[float | None]) -> Data:
    """The values, and by how many percent each is more than its reference's."""
    of = {r.row.variant: value for r, value in zip(shown.results, values, strict=True)}
    changes = []
    for result, value in zip(shown.results, values, strict=True):
        base = shown.experiment.reference(result.row)
        other = of.get(base.row.variant) if base and base is not result else None
        changes.append(100 * (value / other - 1) if value is not None and other else None)
    return (key, tuple(values)), (f"{key}/change_percent", tuple(changes))


def _caption(shown: _Shown, names: Names) -> Tex:
    parts = []
    sizes = {result.row.input for result in shown.results if result.row.input}
    if len(sizes) == 1:
        size = Tex(r"\times").join([escape(str(n)) for n in sizes.pop()])
        parts.append(
            tex("GMACs: $10^9$ multiply-accumulate operations for one input of $#1$.", size)
        )
    dataset = shown.results[0].row.dataset
    if dataset and len(shown.experiment.datasets) > 1:
        parts.append(tex("All of it on #1.", names.plain(dataset)))
    on_gpu = bool(shown.device and shown.device.startswith("cuda"))
    parts.append(
        tex(
            "Throughput (training images per second), peak #1 and training time: medians over the "
            "runs of a row, on #2#3.",
            Tex("GPU memory") if on_gpu else Tex("memory of the process"),
            _called(shown.device),
            "".join(f", {fact}" for fact in _setting(shown)),
        )
    )
    return Tex(" ").join(parts)


def _setting(shown: _Shown) -> Iterator[str]:
    """Batch size and precision, where they are known; rows with others have footnotes."""
    configs = [configuration(result.runs[0]) for result in shown.results if result.runs]
    batch = _usual(config.get("train.batch_size") for config in configs)
    if batch is not None:
        yield f"batch size {batch}"
    precision = _usual(config.get("train.precision") for config in configs)
    if precision is not None:
        yield str(precision)


def _device(run: Run) -> str | None:
    """A GPU is the same for any number of threads, a processor is not."""
    device = run.env.get("device")
    threads = run.env.get("threads")
    if not isinstance(device, str):
        return None
    if device.startswith("cuda") or not isinstance(threads, int):
        return device
    return f"{device}, {threads} thread{'s' if threads != 1 else ''}"


def _called(device: str | None) -> str:
    """Cuda (NVIDIA H200) is NVIDIA H200 to a reader, cpu (x86_64) is CPU (x86_64)."""
    if device is None:
        return "an unknown device"
    gpu = re.fullmatch(r"cuda \((.+)\)", device)
    return gpu[1] if gpu else re.sub(r"^(cpu|mps)\b", lambda match: match[0].upper(), device)


def _usual(values: Iterable[Value]) -> Value | None:
    """The most frequent value; the first wins a tie."""
    counts = Counter(values)
    return counts.most_common(1)[0][0] if counts else None

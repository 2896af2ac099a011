"""The confusion matrix of a classification: what the full method takes for what, on test."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from paperkit.project.venue import find_venue
from paperkit.report.figures.labels import LEADING, drawn_width, in_lines
from paperkit.report.figures.style import INCH, POINT, rc
from paperkit.runs import Plan, Row, Run

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Counts = np.ndarray[Any, np.dtype[Any]]

__all__ = ["NOTE", "confusion", "counts"]

NOTE = (
    "Rows are true classes, columns predictions, in percent of the true class; test cases of all "
    "seeds are counted together."
)
NUMBERED, NAMED = 12, 24  # up to so many classes, cells have numbers and axes have names
SHARE = 0.5  # of the column: how wide the matrix is at least
DARK = 0.55  # share from which a number is white


def counts(runs: Sequence[Run]) -> "tuple[list[str], Counts]":
    """Return the classes and how often each was taken for each, [truth, prediction].

    Args:
        runs: Of one method; their test cases are counted together. Classes come in the order of
            the runs' summaries.
    """
    import numpy as np

    pairs = [
        (case.label, case.prediction)
        for run in runs
        for case in run.cases()
        if case.split == "test" and case.prediction
    ]
    listed = [name for run in runs[:1] if run.summary for name in run.summary.per_class]
    classes = list(dict.fromkeys([*listed, *sorted({name for pair in pairs for name in pair})]))
    place = {name: n for n, name in enumerate(classes)}
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for truth, prediction in pairs:
        table[place[truth], place[prediction]] += 1
    return classes, table


def confusion(
    runs: Sequence[Run], plan: Plan, *, venue: str, names: Mapping[str, str]
) -> "Figure | None":
    """Draw the matrix of the full method (the plan's last row that has runs).

    Args:
        runs: The experiment's runs; those that are done count.
        plan: Its plan; of several data sets the first is shown.
        venue: Name of the venue whose column width the figure has.
        names: Display names of variants and classes.

    Returns:
        The figure, or None where no run has predictions per case. NOTE goes into its caption.
    """
    import matplotlib

    row, shown = _shown(runs, plan)
    classes, table = counts(shown)
    if row is None or not table.sum():
        return None
    page = find_venue(venue)
    settings: Any = rc(page) | {"axes.grid": False, "axes.spines.top": True}
    with matplotlib.rc_context(settings | {"axes.spines.right": True}):
        name = names.get(row.variant, row.variant)
        title = in_lines(name, 0.75 * page.column, page.small)
        labels = [names.get(name, name) for name in classes]
        return _figure(table, labels, title, page.column, page.script * POINT)


def _shown(runs: Sequence[Run], plan: Plan) -> tuple[Row | None, list[Run]]:
    done = {run.id: run for run in runs if run.status in {"done", "imported"}}
    for row in reversed([row for row in plan.rows if row.dataset == plan.rows[0].dataset]):
        kept = [done[planned.id] for planned in row.runs if planned.id in done]
        if kept:
            return row, kept
    return None, []


def _figure(
    table: "Counts", labels: list[str], title: str, width: float, script: float
) -> "Figure":
    import numpy as np
    from matplotlib.figure import Figure

    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(width / INCH, 0.92 * width / INCH), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    if len(labels) <= NUMBERED:
        _numbers(axes, share, min(script, 60 / len(labels)))
    ticks = range(len(labels)) if len(labels) <= NAMED else []
    shown = [_cut(label) for label in labels] if ticks else []
    crowded = any(drawn_width(label, script) > SHARE * width / len(labels) for label in shown)
    axes.set_xticks(ticks, shown, rotation=90 if crowded else 0)
    axes.set_yticks(ticks, shown)
    axes.tick_params(length=0)
    axes.set(xlabel="prediction", ylabel="true class")
    axes.set_title(title, linespacing=LEADING)
    bar = figure.colorbar(image, ax=axes, ticks=[0, 0.5, 1], shrink=0.8, aspect=30)
    bar.ax.set_yticklabels(["0", "50", "100"])
    bar.outline.set_linewidth(0.5)
    return figure


def _numbers(axes: "Axes", share: "Counts", size: float) -> None:
    for (y, x), value in ((place, float(share[place])) for place in _cells(share)):
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": size}
        axes.text(x, y, f"{100 * value:.0f}", color="white" if value > DARK else "black", **style)


def _cells(share: "Counts") -> list[tuple[int, int]]:
    """An empty cell stays empty: zeros would hide what is there."""
    return [(y, x) for y in range(len(share)) for x in range(len(share)) if share[y, x] > 0]


def _cut(label: str) -> str:
    return label if len(label) <= 18 else label[:17] + "…"

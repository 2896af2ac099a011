"""Training curves: loss on train and the chosen metric on validation, per epoch and variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from paperkit.project.venue import Venue, find_venue
from paperkit.report.figures.labels import LEADING, in_lines
from paperkit.report.figures.style import CYCLE, FULL, INCH, rc
from paperkit.report.metrics import Metric, find_metric
from paperkit.runs import Entry, Plan, Row, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["NOTE", "Curve", "curve", "curves", "note"]

NOTE = "Lines are means over seeds, bands span the smallest to the largest seed; not smoothed."
MOST = 5  # data sets; more lines of panels are higher than a page
PANEL, LEGEND_LINE = 104.0, 10.0  # heights in points
AXIS, HANDLE = 26.0, 38.0  # points: what numbers and name of an axis take; a line of the legend
MARKS = 6  # markers on a line


@dataclass(frozen=True)
class Curve:
    """Mean and range over seeds by epoch, for the epochs that every seed has."""

    epochs: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]
    seeds: int


Panels = list[list[tuple[str, Curve]]]


def curve(runs: Sequence[Run], split: str, name: str) -> Curve | None:
    """Return a value of a split over the epochs; None where no epoch has it in every run."""
    return _curve([run.history() for run in runs], split, name)


def _curve(histories: Sequence[Sequence[Entry]], split: str, name: str) -> Curve | None:
    series = []
    for history in histories:
        rows = {e.epoch: e.values.get(name) for e in history if e.split == split}
        found = {epoch: value for epoch, value in rows.items() if value is not None}
        series += [found] if found else []
    shared = sorted(set.intersection(*map(set, series))) if series else []
    if not shared:
        return None
    values = [[one[epoch] for one in series] for epoch in shared]
    means = [sum(seeds) / len(seeds) for seeds in values]
    return Curve(shared, means, list(map(min, values)), list(map(max, values)), len(series))


def curves(
    runs: Sequence[Run],
    plan: Plan,
    *,
    venue: str,
    names: Mapping[str, str],
    metrics: Mapping[str, Metric] | None = None,
) -> "Figure | None":
    """Draw the experiment's curves, one line of panels for each of the first MOST data sets.

    Args:
        runs: The experiment's runs; those that are done count.
        plan: Its plan; curves are in the order of its rows, the last one is emphasised.
        venue: Name of the venue whose column width the figure has.
        names: Display names of variants, data sets and metrics.
        metrics: Those that paperkit.yaml says something of.

    Returns:
        The figure, or None if no run logged anything. note() goes into its caption.
    """
    import matplotlib

    done = [run for run in runs if run.status in {"done", "imported"}]
    metric = _metric(done, plan)
    parts = {
        dataset: panels
        for dataset in _datasets(plan)[:MOST]
        if (panels := _panels([row for row in plan.rows if row.dataset == dataset], done, metric))
    }
    if not parts:
        return None
    page = find_venue(venue)
    settings: Any = rc(page)
    with matplotlib.rc_context(settings):
        known = (metrics or {}).get(metric) or find_metric(metric)
        return _figure(parts, known, page, names)


def note(plan: Plan) -> str:
    """Return the caption's sentences."""
    said = [NOTE]
    if len({repr(_loss(row)) for row in plan.rows}) > 1:
        said.append("The training losses are of different definition: compare shapes, not values.")
    if len(_datasets(plan)) > MOST:
        said.append(f"The first {MOST} data sets are shown.")
    return " ".join(said)


def _loss(row: Row) -> dict[str, Any]:
    return {key: value for key, value in row.set.items() if key.partition(".")[0] == "loss"}


def _datasets(plan: Plan) -> list[str | None]:
    return list(dict.fromkeys(row.dataset for row in plan.rows))


def _metric(runs: Sequence[Run], plan: Plan) -> str:
    """The metric that chose the checkpoints, because its curve explains the choice."""
    chosen = [run.selection.metric for run in runs if run.selection and run.selection.metric]
    return [*chosen, *plan.metrics, "loss"][0]


def _panels(rows: Sequence[Row], runs: Sequence[Run], metric: str) -> Panels:
    """Return (variant, curve) for the loss and for the metric; nothing where nothing was logged."""
    loss: list[tuple[str, Curve]] = []
    score: list[tuple[str, Curve]] = []
    for row in rows:
        ids = {planned.id for planned in row.runs}
        histories = [run.history() for run in runs if run.id in ids]
        for lines, split, name in ((loss, "train", "loss"), (score, "val", metric)):
            line = _curve(histories, split, name)
            lines += [(row.variant, line)] if line is not None else []
    return [loss, score] if loss or score else []


def _figure(
    parts: dict[str | None, Panels], metric: Metric, page: Venue, names: Mapping[str, str]
) -> "Figure":
    from matplotlib.figure import Figure

    variants = list(dict.fromkeys(v for part in parts.values() for lines in part for v, _ in lines))
    looks = dict(zip(variants, _looks(len(variants)), strict=True))
    columns, labels = _labels([names.get(variant, variant) for variant in variants], page)
    height = PANEL * len(parts) + LEGEND_LINE * (_lines(columns, labels) + 1) + 6
    figure = Figure(figsize=(page.column / INCH, height / INCH), layout="constrained")
    grid = figure.subplots(len(parts), 2, squeeze=False)
    for axes, (dataset, part) in zip(grid, parts.items(), strict=True):
        title = "" if len(parts) == 1 else names.get(str(dataset), str(dataset))
        for panel, lines, of in zip(axes, part, (find_metric("loss"), metric), strict=True):
            _panel(panel, lines, of, looks, names)
            panel.set_title(in_lines(title, page.column / 2 - AXIS, page.small, most=2))
            label = in_lines(panel.get_ylabel(), PANEL - AXIS, page.small, most=2)
            panel.set_ylabel(label, linespacing=LEADING)
    _legend(figure, looks, parts, columns, labels)
    return figure


def _labels(names: list[str], page: Venue) -> tuple[int, list[str]]:
    """Choose the columns in which the legend takes the fewest lines; names may take two."""
    most = 2 if len(names) <= 4 else 3
    tried = [
        (columns, [in_lines(n, page.column / columns - HANDLE, page.script, most=2) for n in names])
        for columns in range(most, 0, -1)
    ]
    whole = [how for how in tried if not any("…" in label for label in how[1])]
    return min(whole or tried[-1:], key=lambda how: _lines(*how))


def _lines(columns: int, labels: list[str]) -> int:
    """How many lines a legend has that is filled column by column."""
    each, more = divmod(len(labels), columns)
    ends = [n * each + min(n, more) for n in range(columns + 1)]
    parts = (labels[i:j] for i, j in pairwise(ends))
    return max(sum(1 + label.count("\n") for label in part) for part in parts)


def _looks(count: int) -> list[tuple[str, Any, str]]:
    """The last variant is the full method: solid, in the one colour that nothing else has."""
    others = [_look(n) for n in range(count - 1)]
    return [*others, FULL]


def _look(n: int) -> tuple[str, Any, str]:
    """The next of CYCLE; in each further round a colour has another line and another marker."""
    around = n // len(CYCLE)
    colour, line, marker = (CYCLE[(n + around * step) % len(CYCLE)] for step in (0, 3, 2))
    return colour[0], line[1], marker[2]


def _panel(
    axes: "Axes",
    lines: list[tuple[str, Curve]],
    metric: Metric,
    looks: dict[str, tuple[str, Any, str]],
    names: Mapping[str, str],
) -> None:
    from matplotlib.ticker import MaxNLocator

    scale = 100.0 if metric.percent else 1.0
    for n, (variant, line) in enumerate(lines):
        colour, style, marker = looks[variant]
        step = max(1, len(line.epochs) // MARKS)
        # markers start at different epochs, so that curves on top of each other stay countable
        every = (min(n, len(line.epochs) - 1) % step, step)
        low, high = ([scale * v for v in part] for part in (line.low, line.high))
        mean = [scale * value for value in line.mean]
        axes.fill_between(line.epochs, low, high, color=colour, alpha=0.28, linewidth=0)
        axes.plot(line.epochs, mean, color=colour, ls=style, marker=marker, markevery=every)
    called = names.get(metric.name, metric.display)
    shown = "training loss" if metric.name == "loss" else f"validation {called}"
    axes.set(xlabel="epoch", ylabel=shown + (f" ({metric.unit})" if metric.unit else ""))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.margins(x=0.03)


def _legend(
    figure: "Figure",
    looks: dict[str, tuple[str, Any, str]],
    parts: dict[str | None, Panels],
    columns: int,
    labels: list[str],
) -> None:
    """Above the panels, so that it hides no data; the title says what line and band are."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, ls=style, marker=marker, label=label)
        for (colour, style, marker), label in zip(looks.values(), labels, strict=True)
    ]
    seeds = {line.seeds for part in parts.values() for lines in part for _, line in lines}
    title = f"mean of {_counts(seeds)} seeds, band: min to max" if max(seeds) > 1 else "one seed"
    place: dict[str, Any] = {"loc": "outside upper center", "ncols": columns}
    for text in figure.legend(handles=handles, title=title, **place).get_texts():
        text.set_linespacing(LEADING)


def _counts(seeds: set[int]) -> str:
    return str(max(seeds)) if len(seeds) == 1 else f"{min(seeds)} to {max(seeds)}"

"""Cells of means over runs, and of the values of a configuration."""

from collections.abc import Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

from paperkit.latex import Tex, escape, number, rounded, tex
from paperkit.project.yamlfile import flow
from paperkit.report.files.table import Cell
from paperkit.report.metrics import Metric
from paperkit.stats import Described

__all__ = ["Data", "described_cell", "described_data", "metric_head", "metric_unit", "value_cell"]

Data = tuple[tuple[str, tuple[float | str | None, ...]], ...]


def described_cell(described: Described, metric: Metric, *, mark: str = "", note: str = "") -> Cell:
    """Mean and spread as the metric prints them; -- without a value."""
    if described.mean is None:
        return Cell(note=note)
    scale = 100 if metric.percent else 1
    mean, std = (
        rounded(value, metric.decimals, percent=metric.percent) or ""
        for value in (described.mean, described.std)
    )
    spread = None if described.std is None else described.std * scale
    shown = number(described.mean, metric.decimals, percent=metric.percent)
    return Cell(shown, mean, std, mark, note, number=described.mean * scale, spread=spread)


def described_data(key: str, of: Sequence[Described]) -> Data:
    """Mean, std and n of each row for the CSV file, unrounded."""
    return (
        (key, tuple(described.mean for described in of)),
        (f"{key}/std", tuple(described.std for described in of)),
        (f"{key}/n", tuple(float(described.n) for described in of)),
    )


def metric_head(name: str, metric: Metric) -> Cell:
    """A metric's name with the arrow of its better end."""
    arrow = Tex(r"\,\ensuremath{\uparrow}") if metric.higher else Tex(r"\,\ensuremath{\downarrow}")
    return Cell(escape(name) + arrow, f"{name}xx")


def metric_unit(metric: Metric) -> str:
    """The second line of a head."""
    return f"({metric.unit})" if metric.unit else ""


def value_cell(value: Any) -> Cell:
    """A value of a configuration as a reader writes it: 0.001, 3 x 10^-5, none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        text = "none" if value is None else flow(value)
        return Cell(escape(text), text)
    exact = Decimal(repr(value)).normalize()
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return Cell(_minus(f"{exact:f}"), f"{exact:f}", number=float(value))
    digits, power = f"{exact.scaleb(-exact.adjusted()):f}", str(exact.adjusted())
    if digits == "1":
        return Cell(tex(r"\ensuremath{10^{#1}}", power), f"10{power}", number=float(value))
    shown = tex(r"\ensuremath{#1{\times}10^{#2}}", digits, power)
    return Cell(shown, f"{digits}x10{power}", number=float(value))


def _minus(digits: str) -> Tex:
    return tex("$-$#1", digits[1:]) if digits.startswith("-") else escape(digits)

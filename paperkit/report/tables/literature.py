"""Rows copied from papers: {segnet: {camvid: {iou_set: 60.1}, cite: key}} in a spec.

Values are as the paper prints them (percent where ours are percent), with its own decimals.
"""

from dataclasses import dataclass, field
from typing import Any

from paperkit.errors import UserError
from paperkit.report.collect import Experiment

__all__ = ["Literature", "literature"]


@dataclass(frozen=True)
class Literature:
    """One copied row: values and their decimals by (data set, metric), and the citation's key."""

    name: str
    cite: str | None
    values: dict[tuple[str | None, str], float] = field(default_factory=dict)
    decimals: dict[tuple[str | None, str], int] = field(default_factory=dict)


def literature(experiment: Experiment) -> list[Literature]:
    """Return the copied rows of an experiment's spec, in its order.

    Raises:
        UserError: A value is not a number.
    """
    spec = experiment.plan.spec.get("literature") or {}
    return [_row(experiment, name, entry) for name, entry in spec.items()]


def _row(experiment: Experiment, name: str, entry: dict[str, Any]) -> Literature:
    cite = entry.get("cite")
    row = Literature(name, cite if isinstance(cite, str) else None)
    named = [dataset for dataset in experiment.datasets if dataset is not None]
    for key, content in entry.items():
        if key == "cite":
            continue
        inside = isinstance(content, dict)
        if inside and named and key not in named:
            raise UserError(
                f"{experiment.plan.spec_path}: literature.{name}.{key}: no such data set; "
                f"known: {', '.join(named)}"
            )
        dataset = key if inside and named else None
        for metric, value in content.items() if inside else [(key, content)]:
            _put(row, experiment, (dataset, metric), value)
    return row


def _put(
    row: Literature, experiment: Experiment, place: tuple[str | None, str], value: Any
) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(
            f"{experiment.plan.spec_path}: literature.{row.name}.{place[1]} is {value!r}, "
            "expected the number that the paper prints, such as 60.1"
        )
    row.values[place] = float(value)
    row.decimals[place] = len(repr(value).partition(".")[2])

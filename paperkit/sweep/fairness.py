"""Say where rows of one table had unequal budgets; nothing is refused for it."""

from collections.abc import Sequence
from typing import Any

from paperkit.sweep.plan import Row

__all__ = ["unequal_budgets"]

BUDGET = (
    "train.epochs",
    "train.batch_size",
    "train.accumulate",
    "train.early_stop",
    "data.size",
    "model.backbone_weights",
)


def unequal_budgets(rows: Sequence[Row]) -> list[str]:
    """Return a note for each budget key in which rows of one data set differ from the first row."""
    notes = []
    for dataset in dict.fromkeys(row.dataset for row in rows):
        group = [row for row in rows if row.dataset == dataset]
        for key in BUDGET:
            usual = _value(group[0].resolved, key)
            other = [
                f"{row.label} has {value}"
                for row in group[1:]
                if (value := _value(row.resolved, key)) != usual
            ]
            if other:
                notes.append(
                    f"unequal budget: {key} is {usual} in {group[0].label}, {', '.join(other)}"
                )
    return notes


def _value(config: dict[str, Any], dotted: str) -> Any:
    value: Any = config
    for part in dotted.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value

"""cases.csv: the counts per test case and class, from which every overlap metric derives."""

import csv
import io
import math
from dataclasses import dataclass, field
from pathlib import Path

from paperkit.errors import UserError
from paperkit.runs.schema import shown

__all__ = ["Case", "read_cases"]

_TEXTS = ("split", "case", "group", "class", "target", "prediction")


@dataclass(frozen=True)
class Case:
    """One row: of a test case, and in segmentation of one class of it.

    Attributes:
        split, case, group: Where it belongs; group is empty without groups.
        label: The class (segmentation) or the true class (classification).
        prediction: The predicted class (classification), else empty.
        values: tp, fp, fn, tn, hd95, assd, nsd, or p_target, rank; None where undefined.
    """

    split: str
    case: str
    group: str
    label: str
    prediction: str = ""
    values: dict[str, float | None] = field(default_factory=dict)


def read_cases(path: Path) -> list[Case]:
    """Return the rows in the file's order; a torn last line is left out.

    Raises:
        UserError: A column is missing, or a value is no number; with file and line.
    """
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    whole = text[: text.rfind("\n") + 1]
    reader = csv.DictReader(io.StringIO(whole, newline=""))
    columns = reader.fieldnames or []
    missing = [name for name in ("split", "case") if name not in columns]
    if whole and missing:
        raise UserError(f"{shown(path)}:1: column '{missing[0]}' is missing")
    return [_case(row, path, reader.line_num) for row in reader]


def _case(row: dict[str, str], path: Path, line: int) -> Case:
    values = {
        key: _number(value, key, path, line)
        for key, value in row.items()
        if key is not None and key not in _TEXTS
    }
    return Case(
        split=row["split"],
        case=row["case"],
        group=row.get("group") or "",
        label=row.get("class") or row.get("target") or "",
        prediction=row.get("prediction") or "",
        values=values,
    )


def _number(value: str | None, key: str, path: Path, line: int) -> float | None:
    if not value:
        return None
    try:
        number = float(value)
    except ValueError:
        raise UserError(f"{shown(path)}:{line}: {key} is '{value}', expected a number") from None
    return number if math.isfinite(number) else None

"""plan.json: what the last launch of an experiment resolved. Written by sweep, read by all."""

import re
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from paperkit.runs.collector import no_collector
from paperkit.runs.schema import Fields, read_fields

__all__ = ["Component", "Plan", "Planned", "Row", "load_plan"]

Name = TypeVar("Name", str, str | None)
_NAME = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class Component:
    """A part of the method that an ablation switches: its id and its plugs."""

    id: str
    plugs: tuple[dict[str, Any], ...]


class Planned(NamedTuple):
    """A run that the plan asks for, and the identity that its result must have."""

    id: str
    dir: str
    seed: int | None
    fold: int | None
    config_sha256: str | None
    code_sha256: str | None
    data_sha256: str | None
    command: str | None


_VALUES = itemgetter(*Planned._fields)
_KINDS: tuple[set[type], ...] = ({str}, {str}, {int}, {int, type(None)}, {str}, {str}, {str}, {str})


@dataclass(frozen=True)
class Row:
    """A row of the table: one variant (on one data set), and its runs.

    Attributes:
        variant: Its id; baseline, ca, ca-cga, or the method of a comparison.
        on: The active components.
        config, overrides: As train.py gets them.
        set: What the row changes beyond its components.
        params, gmacs, input: The model's cost, GMACs at the input [C, H, W].
        plugs: The records of plugs.json, as planned.
    """

    variant: str
    on: tuple[str, ...]
    method: str | None
    dataset: str | None
    config: str
    overrides: tuple[str, ...]
    set: dict[str, Any]
    params: int | None
    gmacs: float | None
    input: tuple[int, ...] | None
    plugs: tuple[dict[str, Any], ...]
    runs: tuple[Planned, ...]


@dataclass(frozen=True)
class Plan:
    """An experiment: the spec as it was launched, and its rows in the order of the table."""

    kind: str
    experiment: str
    spec_path: str | None
    spec: dict[str, Any]
    overrides: tuple[str, ...]
    metrics: tuple[str, ...]
    components: tuple[Component, ...]
    rows: tuple[Row, ...]


@no_collector()
def load_plan(root: Path, experiment: str) -> Plan:
    """Return the plan of an experiment below `root` (the folder runs/).

    Raises:
        UserError: No such file, or it is not a plan; with file and line.
    """
    plan = read_fields(root / experiment / "plan.json")
    return Plan(
        kind=plan.need("kind", str),
        experiment=plan.need("experiment", str),
        spec_path=plan.take("spec_path", str),
        spec=plan.take("spec", dict) or {},
        overrides=plan.texts("overrides"),
        metrics=plan.texts("metrics"),
        components=tuple(
            Component(item.need("id", str), tuple(item.take("plugs", list) or ()))
            for item in plan.items("components")
        ),
        rows=tuple(_row(item) for item in plan.items("rows")),
    )


def _row(row: Fields) -> Row:
    size = row.take("input", list)
    return Row(
        variant=_id(row, "variant", row.need("variant", str)),
        on=row.texts("on"),
        method=row.take("method", str),
        dataset=_id(row, "dataset", row.take("dataset", str)),
        config=row.need("config", str),
        overrides=row.texts("overrides"),
        set=row.take("set", dict) or {},
        params=row.take("params", int),
        gmacs=row.take("gmacs", float),
        input=None if size is None else tuple(size),
        plugs=tuple(row.take("plugs", list) or ()),
        runs=_planned(row),
    )


def _id(row: Fields, key: str, name: Name) -> Name:
    """A name that is a folder's and a part of a result's key; `paperkit run` writes no other."""
    if name is not None and not _NAME.fullmatch(name):
        raise row.complaint(
            key, f"is {name[:60]!r}; use letters, digits, '_', '.', '+' or '-', not '.' first"
        )
    return name


def _planned(row: Fields) -> tuple[Planned, ...]:
    usual = _usual(row.take("runs", list) or [])
    return tuple(map(_one, row.items("runs"))) if usual is None else usual


def _usual(given: list[Any]) -> tuple[Planned, ...] | None:
    """The runs of a row, with their types asked column by column; None where one is unusual."""
    try:
        runs = tuple(map(Planned._make, map(_VALUES, given)))
    except (KeyError, TypeError):
        return None
    kinds = zip(_KINDS, zip(*runs, strict=True), strict=False)
    return runs if all(set(map(type, column)) <= usual for usual, column in kinds) else None


def _one(run: Fields) -> Planned:
    return Planned(
        id=run.need("id", str),
        dir=run.need("dir", str),
        seed=run.take("seed", int),
        fold=run.take("fold", int),
        config_sha256=run.take("config_sha256", str),
        code_sha256=run.take("code_sha256", str),
        data_sha256=run.take("data_sha256", str),
        command=run.take("command", str),
    )

"""What a spec means: the rows of the table, and every run behind them."""

import shlex
from dataclasses import dataclass, field
from typing import Any, Literal

from paperkit.project import Project
from paperkit.sweep.spec import Spec

__all__ = ["Plan", "PlannedRun", "Row", "State", "StateName"]

StateName = Literal[
    "done", "stale", "partial", "failed", "diverged", "queued", "running", "missing"
]


@dataclass(frozen=True)
class State:
    """How a run stands, and one line that says why (empty where nothing is to be said)."""

    name: StateName
    why: str = ""


@dataclass(frozen=True)
class PlannedRun:
    """One training.

    Attributes:
        id: EXPERIMENT/VARIANT[/DATASET]/seed<k>[-fold<j>].
        dir: Its run folder, relative to the project's root, with "/".
        arguments: Arguments of the project's Python, from "train.py" on.
        identity: config_sha256, code_sha256 and data_sha256; empty in an unchecked plan.
        state: How it stood when the plan was made.
    """

    id: str
    dir: str
    seed: int
    fold: int | None
    arguments: tuple[str, ...]
    identity: dict[str, str] = field(default_factory=dict)
    state: State = State("missing")

    @property
    def command(self) -> str:
        """The command line that makes this run by hand."""
        return "python " + shlex.join(self.arguments)


@dataclass(frozen=True)
class Row:
    """A row of the table (once per data set).

    Attributes:
        variant: Name of the row, and of its folder.
        on: Active components in spec order.
        method: Name of the method in a comparison.
        config: Configuration file, relative to the project's root.
        overrides: key=value arguments that train.py is given.
        set: What this row sets beyond its components.
        resolved: The whole configuration as the project resolves it; empty if unchecked.
        params: Parameters of the model; None if unchecked.
        gmacs: Multiply-accumulates of one forward pass, in 1e9; None if unchecked.
        input: [C, H, W] of one example.
        plugs: What was plugged (plugs.json records).
    """

    variant: str
    on: tuple[str, ...]
    method: str | None
    dataset: str | None
    config: str
    overrides: tuple[str, ...]
    set: dict[str, Any]
    runs: tuple[PlannedRun, ...]
    resolved: dict[str, Any] = field(default_factory=dict)
    params: int | None = None
    gmacs: float | None = None
    input: tuple[int, ...] = ()
    plugs: tuple[dict[str, Any], ...] = ()

    @property
    def label(self) -> str:
        """VARIANT, or VARIANT/DATASET."""
        return self.variant if self.dataset is None else f"{self.variant}/{self.dataset}"

    @property
    def epochs(self) -> int | None:
        """Training epochs of each run; None if unknown."""
        train = self.resolved.get("train")
        value = train.get("epochs") if isinstance(train, dict) else None
        return value if isinstance(value, int) else None


@dataclass(frozen=True)
class Plan:
    """Everything that a spec means for a project, in table order.

    Attributes:
        spec_path: The spec, relative to the project's root where it lies inside.
        overrides: key=value of the command line, for every row.
        metrics: The table's columns.
        notes: What a reader of the table should know (unequal budgets, folders of former rows).
        checked: Whether the project's code has described every row.
    """

    project: Project
    spec: Spec
    spec_path: str
    overrides: tuple[str, ...]
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    checked: bool = False

    @property
    def runs(self) -> list[tuple[Row, PlannedRun]]:
        """All runs, first seeds first, so that a table with one seed per row comes early."""
        pairs = [(row, run) for row in self.rows for run in row.runs]
        order = {seed: place for place, seed in enumerate(self.spec.seeds)}
        return sorted(pairs, key=lambda pair: order[pair[1].seed])

"""Will it fit? All that is wrong with a model's plugs, in one pass, without changing the model."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from .apply import planned, put, records
from .cost import cost
from .errors import SlotError
from .grammar import as_plug
from .plan import Piece, Planner
from .plug import Plug


@dataclass(frozen=True)
class Problem:
    """One plug that does not fit: where it was to go, what it is, and the message.

    ``kind`` is the error's class: SlotError, GrammarError, UnknownModule or Misfit; ``at`` and
    ``expression`` are "" where the text could not be read.
    """

    at: str
    expression: str
    kind: str
    message: str


@dataclass
class Report:
    """What check found.

    ``plugs`` as from records(); ``params`` and ``gmacs`` of the plugged model, or of the base
    where something does not fit; ``base_params`` and ``base_gmacs`` without plugs.
    """

    problems: list[Problem] = field(default_factory=list)
    plugs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    params: int = 0
    gmacs: float = 0.0
    base_params: int = 0
    base_gmacs: float = 0.0


def check(
    model: nn.Module,
    plugs: Sequence[Plug | str | Mapping[str, Any]],
    example: Tensor,
    *,
    find: Callable[[str], type],
    seed: int = 0,
    base_cost: tuple[int, float] | None = None,
) -> Report:
    """Do what apply would do, on a copy; collect every problem instead of raising the first.

    Args:
        model: Without the plugs; it stays as it is.
        plugs: As in apply.
        example: One input [1, C, H, W].
        find: From a module's name to its class.
        seed: The run's seed.
        base_cost: cost(model, example), where it is known already.
    """
    report = Report()
    try:
        planner = planned(model, example, find=find, seed=seed)
    except SlotError as error:
        report.problems.append(_problem(error))
        return report
    report.base_params, report.base_gmacs = base_cost or cost(model, example)
    report.params, report.gmacs = report.base_params, report.base_gmacs
    pieces: list[Piece] = []
    for given in plugs:
        wrong: list[SlotError] = []
        plug = None
        try:
            plug = as_plug(given)
            pieces += planner.pieces(plug, wrong)
        except SlotError as error:
            wrong.append(error)
        report.problems += [_problem(error, plug) for error in wrong]
    if pieces and not report.problems:
        _together(report, copy.deepcopy(model), pieces, planner, example)
    return report


def _together(
    report: Report, twin: nn.Module, pieces: Sequence[Piece], planner: Planner, example: Tensor
) -> None:
    try:
        put(twin, pieces, planner, example)
    except SlotError as error:
        report.problems.append(_problem(error))
        return
    report.plugs = records(twin)
    report.notes = list(dict.fromkeys(r["note"] for r in report.plugs if r["note"]))
    report.params = sum(p.numel() for p in twin.parameters())
    report.gmacs += sum(record["macs_added"] for record in report.plugs) / 1e9


def _problem(error: SlotError, plug: Plug | None = None) -> Problem:
    at, use = (plug.at, str(plug.use)) if plug else ("", "")
    return Problem(at, use, type(error).__name__, str(error))

"""What is plugged into the full method: plugs of one kind together, with their places and cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from paperkit.report.collect import Experiment, Result
from paperkit.report.tables.budget import configuration
from paperkit.report.text.expression import Call, calls, read_expression

__all__ = ["Plugged", "full_result", "plugged"]


@dataclass(frozen=True)
class Plugged:
    """One expression, plugged in one way at one or many slots.

    Attributes:
        slots: Where, in the order of the model.
        selectors: How the configuration names them.
        params, macs: What all of them add; None where the run does not say.
    """

    expression: Call
    replaces: bool
    init: str
    slots: tuple[str, ...]
    selectors: tuple[str, ...]
    params: int | None
    macs: int | None

    @property
    def names(self) -> tuple[str, ...]:
        """The modules in it, each once."""
        return tuple(dict.fromkeys(call.name for call in calls(self.expression)))


def full_result(experiment: Experiment) -> Result | None:
    """Return the row with all components, else the one with the most plugs; None without plugs."""
    rows = [result for result in experiment.results if _records(result)]
    full = [result for result in rows if experiment.is_full(result.row)]
    most = sorted(rows, key=lambda result: len(_records(result)), reverse=True)
    return next(iter([*full, *most]), None)


def plugged(result: Result) -> list[Plugged]:
    """Return what a row has plugged in, in the order of the model."""
    groups: dict[tuple[str, bool, str], list[dict[str, Any]]] = {}
    for record in _records(result):
        key = (_expression(record), record.get("how") == "replace", str(record.get("init", "")))
        groups.setdefault(key, []).append(record)
    asked = [*_asked(result)]
    return [
        Plugged(
            expression=read_expression(text),
            replaces=replaces,
            init=init,
            slots=tuple(str(record.get("slot", "")) for record in records),
            selectors=tuple(at for at, use in asked if use == read_expression(text)),
            params=_sum(records, "params_added"),
            macs=_sum(records, "macs_added"),
        )
        for (text, replaces, init), records in groups.items()
    ]


def _records(result: Result) -> Sequence[dict[str, Any]]:
    """As trained; as planned where nothing was."""
    trained = next((run.plugs for run in result.runs if run.plugs), ())
    return [record for record in trained or result.row.plugs if _expression(record)]


def _expression(record: dict[str, Any]) -> str:
    modules = record.get("modules")
    named = modules[0] if isinstance(modules, list) and modules else ""
    return str(record.get("expression") or named)


def _asked(result: Result) -> Iterator[tuple[str, Call]]:
    """(selector, expression) of the plugs that the configuration asks for."""
    plugs = configuration(result.runs[0]).get("plugs") if result.runs else None
    for plug in plugs if isinstance(plugs, list) else ():
        if isinstance(plug, dict):
            yield str(plug.get("at", "")), read_expression(str(plug.get("use", "")))


def _sum(records: Sequence[dict[str, Any]], key: str) -> int | None:
    values = [record.get(key) for record in records]
    return sum(values) if all(isinstance(value, int) for value in values) else None  # type: ignore[arg-type]

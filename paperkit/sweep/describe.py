"""Have the project's own code describe every row, before anything trains."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from paperkit.errors import Findings, UserError
from paperkit.project import Project
from paperkit.project.ask import ask
from paperkit.sweep.plan import PlannedRun, Row

__all__ = ["HASHES", "described"]

HASHES = ("config_sha256", "code_sha256", "data_sha256")


def described(project: Project, rows: Sequence[Row]) -> list[Row]:
    """Return the rows with resolved configuration, identity, size and plugs.

    Raises:
        Findings: Rows whose configuration or model does not build, all of them at once.
        UserError: Two rows are the same experiment; or the project's code cannot be asked.
    """
    items = [
        {"config": row.config, "overrides": [*row.overrides, f"seed={run.seed}"]}
        for row in rows
        for run in row.runs
    ]
    answers = iter(ask(project, {"do": "describe", "items": items})["items"])
    pairs = [(row, [next(answers) for _ in row.runs]) for row in rows]
    _refuse_faults(pairs)
    complete = [_complete(row, facts) for row, facts in pairs]
    _refuse_twins(complete)
    return complete


def _complete(row: Row, facts: list[dict[str, Any]]) -> Row:
    first = facts[0]
    runs = (_identified(run, fact) for run, fact in zip(row.runs, facts, strict=True))
    return replace(
        row,
        runs=tuple(runs),
        resolved=first["config"],
        params=first["params"],
        gmacs=first["gmacs"],
        input=tuple(first["input"]),
        plugs=tuple(first["plugs"]),
    )


def _identified(run: PlannedRun, fact: dict[str, Any]) -> PlannedRun:
    return replace(run, identity={name: fact[name] for name in HASHES})


def _refuse_faults(pairs: Sequence[tuple[Row, list[dict[str, Any]]]]) -> None:
    faults: dict[str, list[str]] = {}
    for row, facts in pairs:
        for fact in facts:
            if fact["error"] is not None:
                labels = faults.setdefault(_message(fact["error"]), [])
                labels.extend([row.label] if row.label not in labels else [])
    if not faults:
        return
    broken = {label for labels in faults.values() for label in labels}
    lines = [
        f"  {'all rows' if 1 < len(labels) == len(pairs) else ', '.join(labels)}: {message}"
        for message, labels in faults.items()
    ]
    head = f"{len(broken)} of {len(pairs)} rows cannot be built; nothing was started"
    raise Findings("\n".join([head, *lines]))


def _message(error: dict[str, Any]) -> str:
    """The project's own words; with the student's frames where it was no explained mistake."""
    text = error["message"].replace("\n", "\n    ")
    if "trace" not in error:
        return str(text)
    trace = error["trace"].replace("\n", "\n    ")
    return f"{error['type']}: {text}\n    {trace.lstrip()}"


def _refuse_twins(rows: Sequence[Row]) -> None:
    seen: dict[tuple[str, ...], Row] = {}
    for row in rows:
        identity = tuple(row.runs[0].identity[name] for name in HASHES)
        other = seen.setdefault(identity, row)
        if other is not row:
            raise UserError(
                f"rows '{other.label}' and '{row.label}' are the same experiment: configuration, "
                "code and data are equal; one of them has no effect, so the table would "
                "compare a run with itself. Remove one, or make it differ"
            )

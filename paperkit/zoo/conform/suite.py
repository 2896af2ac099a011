"""All checks of a module, in an order in which each looks at one thing.

What does not run, hides layers from torch or is random fails almost everything else for the same
reason; then only the reason is reported.
"""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from paperkit.zoo.conform import losses, shapes, values, words
from paperkit.zoo.conform.criterion import Criterion
from paperkit.zoo.conform.finding import Finding
from paperkit.zoo.conform.subject import Broken, Subject, said

__all__ = ["CHECKS", "LOSS_CHECKS", "check", "checks", "examine", "subject"]

Check = Callable[[Any], str]

SAYS: dict[str, Check] = {"info": words.info, "bibtex": words.bibtex, "imports": words.imports}
FIRST: dict[str, Check] = {
    "runs": shapes.runs,
    "registered": values.registered,
    "repeats": values.repeats,
}
THEN: dict[str, Check] = {
    "parameters": shapes.parameters,
    "widths": shapes.widths,
    "sizes": shapes.sizes,
    "batch_of_one": shapes.batch_of_one,
    "batch": values.batch,
    "place": shapes.place,
    "gradients": values.gradients,
    "dead": values.dead,
    "mutation": values.mutation,
    "training": values.training,
    "meta": shapes.meta,
    "state": values.state,
    "bf16": values.bf16,
}
CHECKS: dict[str, Check] = SAYS | FIRST | THEN
OF_LOSSES: dict[str, Check] = {
    "parameters": shapes.parameters,
    "sizes": losses.sizes,
    "batch_of_one": losses.batch_of_one,
    "order": losses.order,
    "direction": losses.direction,
    "ignored": losses.ignored,
    "nothing": losses.nothing,
    "absent": losses.absent,
    "extreme": losses.extreme,
    "gradients": losses.gradients,
    "tasks": losses.tasks,
    "mutation": losses.mutation,
    "state": values.state,
    "half": losses.half,
}
BASE = ("registered", "repeats", "scalar")
LOSS_CHECKS: dict[str, Check] = SAYS | FIRST | {"scalar": losses.scalar} | OF_LOSSES


def check(
    cls: type[nn.Module], info: Mapping[str, Any], *, text: str = "", name: str = ""
) -> list[Finding]:
    """Examine a module by all checks; those that would only repeat a failure are left out.

    Args:
        cls: The module's class.
        info: Its INFO; a loss is examined as one.
        text: The text of its file, for the check of its imports.
        name: The name of its file without .py; INFO's where it is left out.
    """
    given = subject(cls, info, text=text, name=name)
    found = [examine(given, key) for key in (*SAYS, "runs")]
    if not found[-1].ok:
        return found
    found += [examine(given, key) for key in BASE if key in checks(info)]
    if not all(finding.ok for finding in found if finding.check in BASE):
        return found
    then = [key for key in checks(info) if key not in (*SAYS, "runs", *BASE)]
    return found + [examine(given, key) for key in then]


def checks(info: Mapping[str, Any]) -> dict[str, Check]:
    """Return the checks of a module with this INFO: those of losses, or those of plugs."""
    return LOSS_CHECKS if info.get("kind") == "loss" else CHECKS


def subject(
    cls: type[nn.Module], info: Mapping[str, Any], *, text: str = "", name: str = ""
) -> Subject:
    """Return what the checks look at: a Criterion for a loss, else a Subject."""
    kind = Criterion if info.get("kind") == "loss" else Subject
    return kind(cls, info, text=text, name=name)


def examine(given: Subject, key: str) -> Finding:
    """Run one check; an error inside the module is what the check found."""
    try:
        message = checks(given.info)[key](given)
    except Broken as error:
        message = str(error)
    except Exception as error:
        message = said(error)
    return Finding(key, not message, message)

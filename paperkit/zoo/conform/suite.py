"""All checks of a module, in an order in which each looks at one thing.

What does not run, hides layers from torch or is random fails almost everything else for the same
reason; then only the reason is reported.
"""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from paperkit.zoo.conform import shapes, values, words
from paperkit.zoo.conform.finding import Finding
from paperkit.zoo.conform.subject import Broken, Subject, said

__all__ = ["CHECKS", "check", "examine"]

Check = Callable[[Subject], str]

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


def check(
    cls: type[nn.Module], info: Mapping[str, Any], *, text: str = "", name: str = ""
) -> list[Finding]:
    """Examine a module by all checks; those that would only repeat a failure are left out.

    Args:
        cls: The module's class.
        info: Its INFO.
        text: The text of its file, for the check of its imports.
        name: The name of its file without .py; INFO's where it is left out.
    """
    subject = Subject(cls, info, text=text, name=name)
    found = [examine(subject, key) for key in (*SAYS, "runs")]
    if not found[-1].ok:
        return found
    first = [examine(subject, key) for key in FIRST if key != "runs"]
    then = [examine(subject, key) for key in THEN] if all(f.ok for f in first) else []
    return found + first + then


def examine(subject: Subject, key: str) -> Finding:
    """Run one check; an error inside the module is what the check found."""
    try:
        message = CHECKS[key](subject)
    except Broken as error:
        message = str(error)
    except Exception as error:
        message = said(error)
    return Finding(key, not message, message)

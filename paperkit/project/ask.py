"""Ask the project's own code something, in a child of the project's own Python.

Nothing of the student's code is ever imported here: the child (child.py) writes its answer as
JSON. Mistakes of the student's code come back inside the answer; what this module raises is a
child that died before it could answer.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from paperkit.errors import MachineError, UserError
from paperkit.project import child
from paperkit.project.root import Project

__all__ = ["ask"]

LAST_LINES = 15


def ask(
    project: Project,
    request: dict[str, Any],
    *,
    timeout: float | None = None,
    script: str = child.__file__,
) -> Any:
    """Return the project's answer to a request (child.py documents the requests).

    Args:
        project: Whose code is asked; its package name is added to the request.
        request: A JSON-able dictionary with the key "do".
        timeout: Seconds after which the child is ended; None waits.
        script: The file that answers; another than child.py documents its own requests.

    Returns:
        A dictionary, as child.py documents it.

    Raises:
        UserError: The child died or gave no answer; with its last lines.
        MachineError: The project's Python cannot be started, or the time is over.
    """
    with tempfile.TemporaryDirectory(prefix="paperkit-ask-") as folder:
        asked, answer = Path(folder, "request.json"), Path(folder, "answer.json")
        asked.write_text(json.dumps({"package": project.package, **request}), encoding="utf-8")
        ended = _run(project, [script, str(asked), str(answer)], timeout)
        try:
            return json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise UserError(_died(project, ended)) from None


def _run(
    project: Project, arguments: list[str], timeout: float | None
) -> subprocess.CompletedProcess[str]:
    command = [str(project.python), "-X", "utf8", *arguments]
    try:
        return subprocess.run(
            command,
            cwd=project.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MachineError(
            f"the code of {project.root} did not answer within {timeout:g} s; "
            "does importing the package start a training?"
        ) from None
    except OSError as error:
        raise MachineError(
            f"cannot start the project's Python {project.python}: {error.strerror}; "
            "set PAPERKIT_PYTHON to the interpreter that has the project's packages"
        ) from None


def _died(project: Project, ended: subprocess.CompletedProcess[str]) -> str:
    how = f"exit code {ended.returncode}"
    if ended.returncode < 0:
        how = f"signal {-ended.returncode}" + (
            " (out of memory?)" if ended.returncode == -9 else ""
        )
    last = "\n".join(f"  {line}" for line in ended.stdout.rstrip().splitlines()[-LAST_LINES:])
    return f"the Python of {project.root} ended without an answer ({how}); its last lines:\n{last}"

"""Answers -> files: the one place that calls cookiecutter, and only its renderer.

`cookiecutter.main` would read ~/.cookiecutterrc, write ~/.cookiecutter_replay and run hooks;
`generate_files` does none of that.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import paperkit
from paperkit.errors import UserError
from paperkit.scaffold.template import find_template, questions

__all__ = ["complete", "render"]

CACHES = ("__pycache__", ".ruff_cache", ".mypy_cache", ".pytest_cache")


def render(given: Mapping[str, str], folder: Path) -> Path:
    """Render the template below `folder` and return the new project's folder.

    Args:
        given: Values of the template's keys; those left out take the template's default.
        folder: Existing folder to render into; the project gets the name of its slug.

    Raises:
        UserError: The path of `folder` holds Jinja's own signs: cookiecutter would run them.
    """
    from cookiecutter.generate import generate_files

    for sign in ("{{", "{%", "{#"):
        if sign in str(folder.absolute()):
            raise UserError(
                f"{folder.absolute().parent}: a path with {sign!r} cannot be rendered into"
            )
    template = find_template()
    context = {"cookiecutter": complete(given, template)}
    project = Path(generate_files(template, context, output_dir=folder, accept_hooks=False))
    # left in a checkout's template by whoever ran or linted its files
    for cache in [path for name in CACHES for path in project.rglob(name)]:
        shutil.rmtree(cache)
    return project


def complete(given: Mapping[str, str], template: Path) -> dict[str, Any]:
    """Return a value for each of the template's keys, defaults rendered in their order."""
    from cookiecutter.environment import StrictEnvironment

    known = questions(template)
    # cookiecutter renders what starts with two signs, and nobody is asked for it
    fixed = [key for key in known if key.startswith("_") and not key.startswith("__")]
    context: dict[str, Any] = {key: known[key] for key in fixed}
    environment = StrictEnvironment(context={"cookiecutter": context}, keep_trailing_newline=True)
    for key in known:
        if key in given:
            context[key] = given[key]
        elif key not in fixed:
            context[key] = environment.from_string(known[key]).render(cookiecutter=context)
    return context | {"paperkit_version": paperkit.__version__}

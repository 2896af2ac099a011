"""The catalogue: which modules there are, and what each says about itself. Never imports them."""

import ast
import difflib
from pathlib import Path
from typing import Any

from paperkit.errors import UserError

_HERE = Path(__file__).parent
_OURS = {"__init__", "catalogue", "formula", "load"}  # files of this folder that are no modules


def names() -> list[str]:
    """Return the names of all modules, sorted."""
    return sorted(file.stem for file in _HERE.glob("*.py") if file.stem not in _OURS)


def path(name: str) -> Path:
    """Return the file of a module. Raises UserError with the nearest names."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), n=3, cutoff=0.5)
        hint = f"nearest: {', '.join(near)}" if near else f"there are {', '.join(names())}"
        raise UserError(f"the catalogue has no module {name!r}; {hint}")
    return _HERE / f"{name}.py"


def info(name: str) -> dict[str, Any]:
    """Return the INFO of a module, read from its text: torch is not imported."""
    return read_info(path(name))


def read_info(file: Path) -> dict[str, Any]:
    """Return the literal INFO dictionary of a module's file. Raises UserError where it is none."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    except SyntaxError as error:
        raise UserError(f"{file}:{error.lineno}: {error.msg}") from None
    for node in tree.body:
        named = isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "INFO" for target in node.targets
        )
        if isinstance(node, ast.Assign) and named:
            return _literal(node.value, file)
    raise UserError(f"{file}: there is no INFO = {{...}}, so nothing is known about this module")


def _literal(node: ast.expr, file: Path) -> dict[str, Any]:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        raise UserError(
            f"{file}:{node.lineno}: INFO must be literal (texts, numbers, lists, dictionaries), "
            "because it is read without running the file"
        ) from None
    if not isinstance(value, dict):
        raise UserError(f"{file}:{node.lineno}: INFO is a {type(value).__name__}, not a dictionary")
    return value

"""A room's __init__ is its promise: __all__ names what is there, all of it, once."""

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path.parent.name for path in (ROOT / "paperkit").glob("*/__init__.py"))


def false_exports(source: str, names: set[str]) -> list[str]:
    """Return what is wrong with an __init__: its text, and the names that it really has."""
    tree = ast.parse(source)
    listed = next(
        (
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        ),
        None,
    )
    if listed is None:
        return ["no __all__"]
    bound = {
        (alias.asname or alias.name).split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    } | {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    public = {name for name in bound if not name.startswith("_")}
    return [
        *(f"__all__ has {name!r}, the room has not" for name in listed if name not in names),
        *(f"{name!r} is public and not in __all__" for name in sorted(public - set(listed))),
        *(["__all__ is not sorted"] if listed != sorted(listed, key=_isort) else []),
    ]


def _isort(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then functions, as ruff sorts them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_exports_is_there(room: str) -> None:
    source = (ROOT / "paperkit" / room / "__init__.py").read_text(encoding="utf-8")
    module = importlib.import_module(f"paperkit.{room}")
    assert false_exports(source, set(dir(module))) == []


def test_a_false_a_forgotten_and_an_unsorted_name_are_found() -> None:
    source = 'from a import b, Z\nfrom c import d as e\n__all__ = ["e", "gone", "b"]'
    assert false_exports(source, {"Z", "b", "e"}) == [
        "__all__ has 'gone', the room has not",
        "'Z' is public and not in __all__",
        "__all__ is not sorted",
    ]
    assert false_exports("x = 1", set()) == ["no __all__"]

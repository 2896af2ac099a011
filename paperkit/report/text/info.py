"""What a module of the project says about itself: INFO and the defaults of its class.

The file is read with ast, never imported. It may be anybody's: every text in it is data.
"""

import ast
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["About", "about"]


@dataclass(frozen=True)
class About:
    """A module's file, as far as it could be read.

    Attributes:
        place: The file as messages name it, such as seg/modules/coord_att.py.
        head: What the file's first line calls the module; empty where it does not.
        info: The literal INFO; empty where there is none.
        defaults: Default values of the constructor's options.
    """

    name: str
    place: str
    head: str = ""
    info: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """Return a text of INFO; empty where it is missing or no text."""
        value = self.info.get(key)
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> dict[str, str]:
        """Return a dictionary of texts of INFO; what is no text is left out."""
        value = self.info.get(key)
        pairs = value.items() if isinstance(value, dict) else ()
        return {k: v for k, v in pairs if isinstance(k, str) and isinstance(v, str)}


def about(root: Path, package: str, name: str) -> About:
    """Return what PACKAGE/modules/NAME.py says; a file that cannot be read says nothing."""
    place = f"{package}/modules/{name}.py"
    if not name.isidentifier():
        return About(name, place)
    try:
        return _read(name, place, (root / place).read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return About(name, place)


@lru_cache(maxsize=256)
def _read(name: str, place: str, text: str) -> About:
    tree = ast.parse(text)
    given = [node.value for node in tree.body if isinstance(node, ast.Assign) and _is_info(node)]
    info: dict[str, Any] = _literal(given[0]) if given else {}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    wanted = name.replace("_", "").lower()
    # a file has one class that is plugged; those that help it have other names
    plugged = [c for c in classes if c.name.lower() == wanted] or classes[-1:]
    defaults = _defaults(plugged[0]) if plugged else {}
    return About(name, place, _head(ast.get_docstring(tree) or ""), info, defaults)


def _is_info(node: ast.Assign) -> bool:
    return ast.unparse(node.targets[0]) == "INFO"


def _literal(node: ast.expr) -> dict[str, Any]:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _defaults(cls: ast.ClassDef) -> dict[str, Any]:
    functions = [node for node in cls.body if isinstance(node, ast.FunctionDef)]
    made = next((f.args for f in functions if f.name == "__init__"), None)
    if made is None:
        return {}
    last = made.args[len(made.args) - len(made.defaults) :]
    pairs = [*zip(last, made.defaults, strict=True)]
    pairs += [(arg, d) for arg, d in zip(made.kwonlyargs, made.kw_defaults, strict=True) if d]
    found = {}
    for arg, value in pairs:
        try:
            found[arg.arg] = ast.literal_eval(value)
        except ValueError:
            continue
    return found


def _head(docstring: str) -> str:
    """The name in "Coordinate attention: where along ..."; a sentence is no name."""
    head, colon, _ = docstring.partition("\n")[0].partition(":")
    return head if colon and len(head.split()) <= 6 else ""

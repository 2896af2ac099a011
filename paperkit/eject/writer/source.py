"""Classes that can go into the file as their author wrote them.

A class of the project (not of an installed library) whose code needs nothing but torch, the
standard library and what stands in its own file, and whose constructor gives the module as it is.
"""

import ast
import builtins
import inspect
import sys
import textwrap
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from .make import Make, as_constructed, fields, same_module
from .record import signature
from .tracer import is_slot

__all__ = ["Piece", "kept", "pieces"]

ALLOWED = {"torch", *sys.stdlib_module_names}


@dataclass(frozen=True)
class Piece:
    """A class, function or constant of a source file."""

    name: str
    file: str
    line: int
    text: str


def kept(module: nn.Module) -> Make | None:
    """Return the call that makes a module whose class can be kept; None where it cannot."""
    kind: Any = type(module)
    given = as_constructed(module) if pieces(kind) is not None else None
    if given is None or not all(map(_constant, given.values())) or _touched(module):
        return None
    kinds = {p.kind for p in signature(kind).parameters.values()}
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        return None
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            again = kind(**given)
    except Exception:  # it cannot be made on the meta device, or not twice
        return None
    return Make(kind.__name__, fields(kind, given)) if same_module(again, module) else None


@cache
def pieces(kind: Hashable) -> tuple[tuple[Piece, ...], tuple[str, ...]] | None:
    """Return the code of a class with what it needs of its own file, and the imports.

    None where it is a library's class or its code needs more than torch.
    """
    assert isinstance(kind, type)
    home = sys.modules.get(kind.__module__)
    file = getattr(home, "__file__", None)
    if home is None or file is None or _installed(file) or Path(file).parent.name == "slots":
        return None
    try:
        return _File(home, file).closure(kind.__name__)
    except (LookupError, OSError, SyntaxError):
        return None


class _File:
    """What a source file defines and imports."""

    def __init__(self, home: ModuleType, file: str) -> None:
        self.home, self.file = home, file
        text = Path(file).read_text(encoding="utf-8")
        self.lines = text.splitlines()
        self.defined: dict[str, ast.stmt] = {}
        self.imports: dict[str, str] = {}
        for node in ast.parse(text).body:
            self._take(node)

    def _take(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            self.defined[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            self.defined.update({t.id: node for t in targets if isinstance(t, ast.Name)})
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                self.imports[alias.asname or alias.name.partition(".")[0]] = _import(node, alias)

    def closure(self, name: str) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
        """Return pieces in the order of the file. Raises LookupError for what is not torch's."""
        todo, found, imports = [name], dict[str, Piece](), set[str]()
        while todo:
            current = todo.pop()
            if current in self.imports:
                imports.add(_allowed(self.imports[current]))
            elif current in self.defined and current not in found:
                node = self.defined[current]
                found[current] = self._piece(current, node)
                todo += [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
                todo += _annotations(node)
            elif self._foreign(current) and current not in found:
                raise LookupError(current)
        futures = [text for text in self.imports.values() if "from __future__" in text]
        order = sorted(found.values(), key=lambda piece: piece.line)
        return tuple(order), tuple(sorted({*imports, *futures}))

    def _foreign(self, name: str) -> bool:
        """Tell whether a name is there, but from neither this file nor its imports."""
        ours = name.startswith("__") or hasattr(builtins, name)
        return name in vars(self.home) and not ours

    def _piece(self, name: str, node: ast.stmt) -> Piece:
        marks = [mark.lineno for mark in getattr(node, "decorator_list", [])]
        first = min([node.lineno, *marks])
        text = "\n".join(self.lines[first - 1 : node.end_lineno])
        return Piece(name, self.file, first, textwrap.dedent(text))


def _import(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    named = alias.name + (f" as {alias.asname}" if alias.asname else "")
    if isinstance(node, ast.Import):
        return f"import {named}"
    return f"from {'.' * node.level}{node.module or ''} import {named}"


def _allowed(text: str) -> str:
    top = text.split()[1].partition(".")[0]
    if top not in ALLOWED:
        raise LookupError(text)
    return text


def _annotations(node: ast.stmt) -> list[str]:
    """Return names in annotations that are written as texts."""
    texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    return [text for text in texts if isinstance(text, str) and text.isidentifier()]


def _installed(file: str) -> bool:
    return bool({"site-packages", "dist-packages"} & set(Path(file).parts)) or file.startswith(
        str(Path(torch.__file__).parent)
    )


def _constant(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_constant, value))
    layer = isinstance(value, type) and value.__module__.startswith("torch.nn.modules")
    return layer or value is None or isinstance(value, bool | int | float | str)


def _touched(module: nn.Module) -> bool:
    """Tell whether something is plugged in, here or inside."""
    inner = [child for child in module.modules() if child is not module]
    return any(is_slot(m) or m._forward_hooks or m._forward_pre_hooks for m in inner)

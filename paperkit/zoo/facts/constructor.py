"""A module's class and its options, read from the text of its file."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paperkit.errors import UserError

__all__ = ["SAMPLING", "Option", "arguments", "class_name", "needs_library", "options"]

TWO_WIDTHS = ("fusion", "conv", "block", "up", "down")
SAMPLING = ("kernel_size", "stride", "padding", "dilation", "groups", "bias")
PLACED = {
    "conv": SAMPLING,
    "block": ("stride",),
    "down": ("stride",),
    "up": ("scale",),
    "loss": ("ignore_index",),  # the data decides it
}
OPTIONAL_LIBRARIES = ("timm",)  # a project has torch and torchvision; this one it may lack
_DIGITS = "0123456789"


@dataclass(frozen=True)
class Option:
    """One argument that a plug, or the section `loss` of a configuration, may set.

    Attributes:
        name: As in a plug: coord_att(reduction=16), or in a configuration: loss.gamma.
        type: Its annotation, as written.
        default: Its default, as written; "" where it must be given.
        help: What the docstring says.
    """

    name: str
    type: str
    default: str
    help: str


def class_name(file: Path) -> str:
    """Return the class that the file is about: called like the file, or the only public one."""
    return _chosen(_tree(file), file).name


def options(file: Path, kind: str) -> list[Option]:
    """Return the constructor's options, without what the place in the model decides."""
    said = _said(ast.get_docstring(_chosen(_tree(file), file)) or "")
    widths = 2 if kind in TWO_WIDTHS else 0 if kind == "loss" else 1
    given = arguments(file)[widths:]
    return [
        Option(name, type_, default, said.get(name, ""))
        for name, type_, default in given
        if name not in PLACED.get(kind, ())
    ]


def arguments(file: Path) -> list[tuple[str, str, str]]:
    """Return (name, annotation, default) of all the constructor's arguments, as written."""
    cls = _chosen(_tree(file), file)
    init = next(
        (n for n in cls.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None
    )
    return list(_arguments(init.args)) if init else []


def needs_library(file: Path) -> list[str]:
    """Return the libraries that the file imports and that a project may lack."""
    imported = {
        name.split(".")[0]
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    return [name for name in OPTIONAL_LIBRARIES if name in imported]


def _tree(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    except SyntaxError as error:
        raise UserError(f"{file}:{error.lineno}: {error.msg}") from None


def _chosen(tree: ast.Module, file: Path) -> ast.ClassDef:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    plain = file.stem.replace("_", "").lower()
    alike = [c for c in classes if c.name.lower() in (plain, plain.rstrip(_DIGITS))]
    public = [c for c in classes if not c.name.startswith("_")]
    chosen = alike or public
    if len(chosen) != 1:
        found = ", ".join(c.name for c in chosen) or "none"
        raise UserError(
            f"{file}: there should be one class, or one that is called like the file; "
            f"there are: {found}"
        )
    return chosen[0]


def _arguments(given: ast.arguments) -> Iterator[tuple[str, str, str]]:
    """Yield (name, annotation, default) of each argument but self."""
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
    pairs = [
        *zip(plain, [*defaults, *given.defaults], strict=True),
        *zip(given.kwonlyargs, given.kw_defaults, strict=True),
    ]
    for argument, default in pairs[1:]:
        annotation = ast.unparse(argument.annotation) if argument.annotation else ""
        yield argument.arg, annotation, ast.unparse(default) if default else ""


def _said(docstring: str) -> dict[str, str]:
    """Return what the Args section says of each argument."""
    _, _, section = docstring.partition("Args:\n")
    section = re.split(r"\n\s*\n|\n\S", section)[0]
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        match = re.match(r"(?: {4})(\w+):\s*(.*)", line)
        if match:
            name = match[1]
            found[name] = match[2]
        elif name:
            found[name] += f" {line.strip()}"
    return found

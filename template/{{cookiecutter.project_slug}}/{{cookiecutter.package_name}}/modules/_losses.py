"""Which modules are losses and what each takes, read from the files' text: none is imported."""

import ast
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import ConfigDict, Field, create_model

from . import HERE, info, names

TYPES = {"float": float, "int": int, "bool": bool, "str": str, "None": None}
WEIGHTS = ("alpha", "beta", "gamma", "delta", "smooth")  # in every paper: not negative
OURS = ("self", "ignore_index")  # ignore_index is the data's
CROSS_ENTROPY = ("class_weights", "label_smoothing")
DICE_CE = (*CROSS_ENTROPY, "smooth", "dice_weight", "ce_weight")
IN_LOSSES_PY = {"ce": CROSS_ENTROPY, "dice_ce": DICE_CE}  # the section's own keys


def losses() -> list[str]:
    """The names of the losses, sorted."""
    return [name for name in names() if info(name).get("kind") == "loss"]


def misfit(name: str, task: str) -> str:
    """What is wrong with a loss for a task; empty where nothing is."""
    if name == "ce" or task in _tasks(name):
        return ""
    *known, last = ["ce", *(each for each in losses() if task in _tasks(each))]
    use = f"use {', '.join(known)} or {last}" if known else f"use {last}"
    what = "masks; for classes" if task == "classification" else "classes; for masks"
    return f"compares {what} {use}"


def _tasks(name: str) -> list[str]:
    """Of a loss; one that does not say compares masks."""
    return list(info(name).get("tasks", ["segmentation"]))


def check(name: str) -> None:
    """Raises ValueError unless NAME.py is here and its INFO has kind loss."""
    if name not in names():
        known = [*IN_LOSSES_PY, *losses()]
        close = difflib.get_close_matches(name, known, n=1)
        near = f"; did you mean '{close[0]}'?" if close else ""
        raise ValueError(
            f"there is no loss {name!r}{near}; known: {', '.join(known)}; a loss of the catalogue "
            f"is copied here by: paperkit add {name}"
        )
    kind = info(name).get("kind")
    if kind != "loss":
        says = f"its INFO has kind {kind}" if kind else "it has no INFO with kind loss"
        raise ValueError(f"modules/{name}.py is no loss: {says}")


def defaults(name: str) -> dict[str, Any]:
    """The parameters of a loss that have a default other than None."""
    return {key: value for key, (_, value) in parameters(name).items() if value is not None}


def checked(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The parameters in a section `loss`, as the constructor's annotations want them.

    `names` are the losses of the sum. Raises ValueError, or pydantic's for values.
    """
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"{twice[0]} is in the sum twice; give it one weight")
    name, own = given["name"], parameters(given["name"])
    known = {*own, *(CROSS_ENTROPY if "ce" in names else ())}
    for key in sorted(given.keys() - known - {"name", "plus"}):
        has = ", ".join(sorted(known)) or "none"
        raise ValueError(f"{key} is no parameter of {name} (it has: {has})")
    bounds = {key: Field(ge=0) if key in WEIGHTS else Field() for key in own}
    kinds = {key: (kind, bounds[key]) for key, (kind, _) in own.items() if key in given}
    model = create_model("Given", __config__=ConfigDict(strict=True), **kinds)
    return dict(model(**{key: given[key] for key in kinds}))


def parameters(name: str) -> dict[str, tuple[Any, Any]]:
    """What a loss takes: {key: (type, default)}, Any and None if unknown."""
    if name in IN_LOSSES_PY:
        return dict.fromkeys(IN_LOSSES_PY[name], (Any, None))
    classes = {node.name: node for node in _tree(name).body if isinstance(node, ast.ClassDef)}
    public = [key for key in classes if not key.startswith("_")]
    alike = [key for key in public if key.lower() == name.replace("_", "").lower()]
    made = _constructor([*alike, *public][:1], classes)
    if made is None:
        return {}
    given = [*made.args, *made.kwonlyargs]
    unset = [None] * (len(made.args) - len(made.defaults))
    usual = [*unset, *made.defaults, *made.kw_defaults]
    pairs = zip(given, usual, strict=True)
    return {a.arg: (_type(a.annotation), _literal(d)) for a, d in pairs if a.arg not in OURS}


def _constructor(
    chosen: Iterable[str], classes: Mapping[str, ast.ClassDef]
) -> ast.arguments | None:
    """The arguments of __init__, the class's own or that of a base in the same file."""
    for cls in (classes[name] for name in chosen if name in classes):
        own = (node for node in cls.body if isinstance(node, ast.FunctionDef))
        made = next((node.args for node in own if node.name == "__init__"), None)
        bases = [ast.unparse(base) for base in cls.bases]
        return made or _constructor(bases, {k: v for k, v in classes.items() if v is not cls})
    return None


def _type(node: ast.expr | None) -> Any:
    """The type that an annotation names: numbers, texts, lists, Literal; Any for all others."""
    if isinstance(node, ast.BinOp):
        return _type(node.left) | _type(node.right)
    if isinstance(node, ast.Subscript):
        if ast.unparse(node.value) == "Literal":
            return Literal[ast.literal_eval(node.slice)]
        if ast.unparse(node.value) in ("list", "tuple", "Sequence"):
            inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            return list[_type(inner)]
    return TYPES.get(ast.unparse(node), Any) if node else Any


def _literal(node: ast.expr | None) -> Any:
    try:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):  # such as 4 / 3
            return ast.literal_eval(node.left) / ast.literal_eval(node.right)
        return ast.literal_eval(node) if node else None
    except ValueError:
        return None


def _tree(name: str) -> ast.Module:
    try:
        return ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])

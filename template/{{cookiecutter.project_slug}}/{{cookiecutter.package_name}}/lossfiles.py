"""The losses in modules/ and what each takes, read from the files' text: no torch is imported."""

import ast
from pathlib import Path
from typing import Any, Literal

MODULES = Path(__file__).parent / "modules"
KINDS = {"float": float, "int": int, "bool": bool, "str": str, "None": None}
OURS = ("self", "ignore_index")  # ignore_index is the data's


def files() -> list[str]:
    """The names of all modules, sorted; those of kind loss are losses."""
    return sorted(file.stem for file in MODULES.glob("*.py") if not file.stem.startswith("_"))


def info(name: str) -> dict[str, Any]:
    """INFO of modules/NAME.py; {} where it has none that can be read."""
    for node in _tree(name).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "INFO":
            try:
                found = ast.literal_eval(node.value)
            except ValueError:
                return {}
            return found if isinstance(found, dict) else {}
    return {}


def losses(task: str | None = None) -> list[str]:
    """The names of the losses, sorted; of one task, if it is given."""
    found = {name: info(name) for name in files()}
    return [name for name, of in found.items() if of.get("kind") == "loss" and fits(of, task)]


def fits(of: dict[str, Any], task: str | None) -> bool:
    """Whether a loss with this INFO is for a task; one that does not say compares masks."""
    return task is None or task in of.get("tasks", ["segmentation"])


def parameters(name: str) -> dict[str, tuple[Any, Any]]:
    """What the class's constructor takes: {key: (type, default)}, Any and None if unknown."""
    classes = {node.name: node for node in _tree(name).body if isinstance(node, ast.ClassDef)}
    public = [key for key in classes if not key.startswith("_")]
    alike = [key for key in public if key.lower() == name.replace("_", "").lower()]
    made = _constructor([*alike, *public][:1], classes)
    if made is None:
        return {}
    given = [*made.args, *made.kwonlyargs]
    unset = [None] * (len(made.args) - len(made.defaults))
    defaults = [*unset, *made.defaults, *made.kw_defaults]
    pairs = zip(given, defaults, strict=True)
    return {a.arg: (_kind(a.annotation), _literal(d)) for a, d in pairs if a.arg not in OURS}


def _constructor(names: list[str], classes: dict[str, ast.ClassDef]) -> ast.arguments | None:
    """The arguments of __init__, the class's own or that of a base in the same file."""
    for cls in (classes[name] for name in names if name in classes):
        own = (node for node in cls.body if isinstance(node, ast.FunctionDef))
        made = next((node.args for node in own if node.name == "__init__"), None)
        bases = [ast.unparse(base) for base in cls.bases]
        return made or _constructor(bases, {k: v for k, v in classes.items() if v is not cls})
    return None


def _kind(node: ast.expr | None) -> Any:
    """The type that an annotation names: numbers, texts, lists, Literal; Any for all others."""
    if isinstance(node, ast.BinOp):
        return _kind(node.left) | _kind(node.right)
    if isinstance(node, ast.Subscript):
        if ast.unparse(node.value) == "Literal":
            return Literal[ast.literal_eval(node.slice)]
        if ast.unparse(node.value) in ("list", "tuple", "Sequence"):
            inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            return list[_kind(inner)]
    return KINDS.get(ast.unparse(node), Any) if node else Any


def _literal(node: ast.expr | None) -> Any:
    try:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):  # such as 4 / 3
            return ast.literal_eval(node.left) / ast.literal_eval(node.right)
        return ast.literal_eval(node) if node else None
    except ValueError:
        return None


def _tree(name: str) -> ast.Module:
    try:
        return ast.parse((MODULES / f"{name}.py").read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])

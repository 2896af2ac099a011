"""Which room may import which (ARCHITECTURE.md), read with ast; no import is executed."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

# a room imports only rooms of floors below its own
FLOORS = [
    {"errors", "latex"},
    {"runs", "stats", "slots", "models", "project", "machine"},
    {"scaffold", "zoo", "sweep", "report", "diagram", "eject", "paper"},
    {"cli"},
]
NEIGHBOURS = {("report", "diagram"), ("paper", "report"), ("scaffold", "zoo")}
ALONE = {
    "errors": "imports nothing of paperkit",
    "slots": "imports only torch and the standard library, because it travels with projects",
    "models": "imports only torch and the library that is named, because it travels with projects",
}
HEAVY = {
    "cookiecutter",
    "docx",
    "jinja2",
    "matplotlib",
    "monai",
    "pandas",
    "pylatex",
    "scipy",
    "segmentation_models_pytorch",
    "timm",
    "torch",
    "torchvision",
    "xlsxwriter",
}
# files that are themselves only imported where torch is wanted
TORCH_AT_TOP = ("zoo/", "slots/", "models/", "diagram/trace.py", "eject/writer/")
ONLY_IN = {"cookiecutter": "scaffold/", "typer": "cli/", "rich": "cli/"}


def broken_imports(package: Path) -> list[str]:
    """Return one line per import that breaks a rule, naming file, line and rule."""
    return [
        f"{place}: {rule}"
        for path in sorted(package.rglob("*.py"))
        for place, rule in _of_file(path, path.relative_to(package).as_posix())
    ]


def _of_file(path: Path, name: str) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        for module in _modules(node, name):
            rule = _rule(name, module) or (
                None if id(node) in lazy else _heavy_rule(name, module.split(".")[0])
            )
            if rule:
                yield f"{name}:{node.lineno}", rule


def _modules(node: ast.AST, name: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        folder = ["paperkit", *name.split("/")[:-1]]
        base = ".".join([*folder[: len(folder) - node.level + 1], *filter(None, [base])])
    if base == "paperkit":  # from paperkit import errors
        return [f"paperkit.{alias.name}" for alias in node.names]
    return [base]


def _rule(name: str, module: str) -> str | None:
    here = name.split("/")[0].removesuffix(".py")
    outer, _, inner = module.partition(".")
    if outer in ONLY_IN and not name.startswith(ONLY_IN[outer]):
        return f"{outer} is imported only in {ONLY_IN[outer]}"
    there = inner.split(".")[0]
    if outer != "paperkit" or there in ("", "__version__", here) or here.startswith("__"):
        return None
    if here in ALONE:
        return f"{here} {ALONE[here]}, but imports {there}"
    if there == "cli":
        return "nothing imports cli"
    if (here, there) in NEIGHBOURS or _floor(here) > _floor(there):
        return None
    return f"{here} may not import {there}: rooms import only floors below their own"


def _heavy_rule(name: str, module: str) -> str | None:
    if module not in HEAVY or (module.startswith("torch") and name.startswith(TORCH_AT_TOP)):
        return None
    return f"{module} is imported inside the function that needs it"


def _floor(room: str) -> int:
    return next((n for n, rooms in enumerate(FLOORS) if room in rooms), -1)


def test_every_import_goes_downstairs() -> None:
    assert broken_imports(ROOT / "paperkit") == []


def test_every_room_has_a_floor() -> None:
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "paperkit").iterdir()}
    rooms = {room for room in rooms if not room.startswith(("_", "py.typed", "."))}
    assert rooms == set().union(*FLOORS)


def test_each_broken_rule_is_stated(tmp_path: Path) -> None:
    planted = {
        "errors.py": "from paperkit import latex",
        "report/table.py": "from paperkit.cli import main",
        "runs/read.py": "from ..report import build",
        "sweep/plan.py": "def f():\n    from paperkit.report import build",
        "paper/fine.py": "from paperkit.report import recorded\nimport paperkit.errors",
        "slots/slot.py": "import torch\nfrom paperkit.errors import UserError",
        "stats/mean.py": "import numpy\nimport scipy.stats",
        "stats/fine.py": "def f():\n    import scipy.stats",
        "report/bar.py": "import rich",
        "sweep/new.py": "def f():\n    import cookiecutter.generate",
    }
    for name, text in planted.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert broken_imports(tmp_path) == [
        "errors.py:1: errors imports nothing of paperkit, but imports latex",
        "report/bar.py:1: rich is imported only in cli/",
        "report/table.py:1: nothing imports cli",
        "runs/read.py:1: runs may not import report: rooms import only floors below their own",
        "slots/slot.py:2: slots imports only torch and the standard library, because it travels "
        "with projects, but imports errors",
        "stats/mean.py:2: scipy is imported inside the function that needs it",
        "sweep/new.py:2: cookiecutter is imported only in scaffold/",
        "sweep/plan.py:2: sweep may not import report: rooms import only floors below their own",
    ]

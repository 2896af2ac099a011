"""What can change a run's result, as three hashes: configuration, code, data.

Equal identity means: this has been done already. Comments, docstrings, formatting, root paths,
workers and caches change no result and no hash.
"""

import ast
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from . import data
from .config import ROOT, Config

PACKAGE = __name__.partition(".")[0]
NO_RESULT = ("name", "root", "split", "labels", "leaks", "workers", "cache")  # of data
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def of(config: Config) -> dict[str, str]:
    """{"config_sha256", "code_sha256", "data_sha256"}."""
    return {
        "config_sha256": _hash(settings(config)),
        "code_sha256": code(config),
        "data_sha256": _hash(data.manifest(config)),
    }


def code(config: Config) -> str:
    """Hash of the syntax trees that train.py reaches, and of the named modules and models."""
    named = [path for name in _named(config) if (path := _file(name))]
    trees: dict[str, object] = {}
    waiting = [ROOT / "train.py", *named]
    while waiting:
        path = waiting.pop()
        name = path.relative_to(ROOT).as_posix()
        if name not in trees:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            waiting += _imports(tree, path)
            trees[name] = _plain(tree)
    return _hash(sorted(trees.items()))


def settings(config: Config) -> dict:
    """The configuration without what cannot change a result."""
    plain = config.model_dump(mode="json")
    # where a list of files lies is no result; what is in it is in the manifest
    plain["data"] = {key: value for key, value in plain["data"].items() if key not in NO_RESULT}
    for key in ("backbone_weights", "init_from"):
        file = ROOT / (plain["model"][key] or "")
        if file.is_file():  # what is in it counts, not where it lies
            plain["model"][key] = hashlib.sha256(file.read_bytes()).hexdigest()
    return plain


def _named(config: Config) -> Iterator[str]:
    """Dotted names of what only the configuration names: modules, losses, a model's factory."""
    losses = {name for name, _, _ in config.loss.parts()}
    for path in sorted((ROOT / PACKAGE / "modules").glob("*.py")):
        if path.stem in losses or any(path.stem in _words(plug.use) for plug in config.plugs):
            yield f"{PACKAGE}.modules.{path.stem}"
    if config.model.name.startswith(f"{PACKAGE}."):
        yield config.model.name.partition(":")[0]


def _words(expression: str) -> set[str]:
    return set("".join(c if c.isalnum() or c == "_" else " " for c in expression).split())


def _imports(tree: ast.AST, path: Path) -> Iterator[Path]:
    """The project's files that a tree imports, in functions, too."""
    parents = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names = [stem, *(f"{stem}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from filter(None, map(_file, names))


def _file(name: str) -> Path | None:
    """The project's file of a dotted name, if it is one of the project's."""
    if name.partition(".")[0] != PACKAGE:
        return None
    stem = ROOT.joinpath(*name.split("."))
    return next(filter(Path.is_file, (stem.with_suffix(".py"), stem / "__init__.py")), None)


def _plain(node: object) -> object:
    """A tree as lists and texts, without docstrings; ast.dump differs between Python versions."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = fields["body"][1:]
    given = {name: _plain(value) for name, value in fields.items() if value not in (None, [])}
    return [type(node).__name__, given]


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

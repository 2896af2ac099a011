"""What paperkit wrote into a project, and whether the student has edited it since.

.paperkit/manifest.json: {"schema": 1, "paperkit_version", "files": {path: {"sha256", "owner"}}}.
`managed` files belong to paperkit (the slot engine, library models); all others belong to the user
from the first day, and their hash only says whether they are still as they came.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import paperkit
from paperkit.scaffold.sync import MODELS

__all__ = ["MANIFEST", "edited", "read_manifest", "record", "write_manifest"]

MANIFEST = Path(".paperkit", "manifest.json")


def write_manifest(root: Path, package: str) -> None:
    """Write the manifest of a fresh project: every file below `root` but git's and itself."""
    found = sorted(path for path in root.rglob("*") if path.is_file())
    names = [path.relative_to(root).as_posix() for path in found]
    names = [name for name in names if not name.startswith(".git/") and name != MANIFEST.as_posix()]
    files = {name: _entry(root, name, package) for name in names}
    _write(root, {"schema": 1, "paperkit_version": paperkit.__version__, "files": files})


def record(root: Path, names: list[str], package: str) -> None:
    """Note the present state of some files, paths relative to `root`."""
    manifest = read_manifest(root)
    files = manifest["files"] | {name: _entry(root, name, package) for name in names}
    _write(root, manifest | {"files": dict(sorted(files.items()))})


def read_manifest(root: Path) -> dict[str, Any]:
    """Return the manifest; an empty one for a project made by plain cookiecutter."""
    path = root / MANIFEST
    if not path.is_file():
        return {"schema": 1, "paperkit_version": paperkit.__version__, "files": {}}
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def edited(root: Path, name: str) -> bool:
    """Say whether a file is there and is not as paperkit wrote it."""
    path = root / name
    entry = read_manifest(root)["files"].get(name, {})
    return path.is_file() and _sha256(path) != entry.get("sha256")


def _entry(root: Path, name: str, package: str) -> dict[str, str]:
    models = (f"{package}/models/{name}" for name in MODELS)
    managed = name.startswith((f"{package}/slots/", ".paperkit/", "paper/generated/", *models))
    return {"sha256": _sha256(root / name), "owner": "managed" if managed else "user"}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(root: Path, manifest: dict[str, Any]) -> None:
    path = root / MANIFEST
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8", newline="\n")

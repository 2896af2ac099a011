"""provenance.json: what every number and file of the paper rests on.

    {"schema": 1, "venue", "option": venue given on the command line or null, "date": when the last
     of the runs ended or null,
     "numbers": {KEY: {value, display, unit, n, ddof, source, runs[, high]}},
     "tables": {NAME: {rows, columns, keys}}, which number stands in which cell (cells.py),
     "runs": {ID: {folder, seed, fold, commit, dirty, metric_spec, files: {name: sha256}}},
     "figures": {name: inputs},
     "files": {name: {sha256, inputs}}}

`value` is the shortest text that reads back as the same float (a fraction where the unit is "%");
`high` the other end of an interval.
No clock and no host: the same runs give the same bytes.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from paperkit.report.quantity import Quantity
from paperkit.runs import Run

__all__ = [
    "FILE", "SCHEMA", "Recorded", "code_digest", "digest", "file_digest", "provenance_json",
    "recorded",
]  # fmt: skip

FILE = "provenance.json"
SCHEMA = 1
READ = ("run.json", "summary.json", "plugs.json", "cases.csv")
_OURS = Path(__file__).parents[1]  # the package paperkit


@dataclass(frozen=True)
class Recorded:
    """What the last report wrote down; empty where there is none."""

    venue: str | None = None
    option: str | None = None
    date: str | None = None
    numbers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    figures: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    runs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def digest(value: Any) -> str:
    """Return the sha256 of a value's canonical JSON, or of bytes."""
    if not isinstance(value, bytes):
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
        value = text.encode("utf-8", "backslashreplace")  # YAML can hold half a character
    return hashlib.sha256(value).hexdigest()


def file_digest(path: Path) -> str | None:
    """Return the sha256 of a file; None where there is none."""
    try:
        return digest(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError):
        return None


@cache
def code_digest(folder: str) -> str:
    """Return the digest of our own code in a folder, for example "report/figures"."""
    return digest({path.name: file_digest(path) for path in sorted((_OURS / folder).glob("*.py"))})


def run_files(run: Run) -> dict[str, str]:
    """Return the sha256 of the files that a run's numbers come from."""
    found = {name: run.digest(name) for name in READ}
    return {name: value for name, value in found.items() if value is not None}


def provenance_json(
    numbers: Mapping[str, Quantity],
    runs: Iterable[Run],
    files: Mapping[str, Mapping[str, str]],
    **facts: Any,
) -> str:
    """Return the file's text; `facts` are its other keys."""
    document = {
        "schema": SCHEMA,
        **facts,
        "numbers": {key: _number(numbers[key]) for key in sorted(numbers)},
        "runs": {run.id: _run(run) for run in sorted(runs, key=lambda run: run.id)},
        "files": {name: dict(files[name]) for name in sorted(files)},
    }
    return json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def recorded(folder: Path) -> Recorded:
    """Return what the last report in `folder` wrote down; a damaged file counts as none."""
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return Recorded(
            venue=document["venue"],
            option=document["option"],
            date=document["date"],
            numbers=_objects(document["numbers"]),
            figures={str(key): str(value) for key, value in document["figures"].items()},
            files=_objects(document["files"]),
            runs=_objects(document["runs"]),
            tables=_objects(document.get("tables", {})),  # younger than schema 1
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Recorded()


def _objects(found: Any) -> dict[str, dict[str, Any]]:
    """Objects by name; AttributeError and ValueError for anything else."""
    return {str(name): dict(value) for name, value in found.items()}


def _number(quantity: Quantity) -> dict[str, Any]:
    return {
        "value": None if quantity.value is None else repr(quantity.value),
        "display": quantity.display,
        "unit": quantity.unit,
        "n": quantity.n,
        "ddof": quantity.ddof,
        "source": quantity.source,
        "runs": list(quantity.runs),
        **({} if quantity.high is None else {"high": repr(quantity.high)}),
    }


def _run(run: Run) -> dict[str, Any]:
    parts = run.folder.parts
    below = parts[len(parts) - parts[::-1].index("runs") - 1 :] if "runs" in parts else parts[-1:]
    return {
        "folder": "/".join(below),
        "seed": run.seed,
        "fold": run.fold,
        "commit": run.git.get("commit"),
        "dirty": run.git.get("dirty"),
        "metric_spec": run.summary.metric_spec if run.summary else run.metric_spec,
        "files": run_files(run),
    }

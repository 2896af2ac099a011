"""Why a result is stale: what differs between what was run and what the plan asks for."""

from pathlib import Path
from typing import Any

from paperkit.errors import UserError
from paperkit.project.yamlfile import flow, read_yaml

__all__ = ["changes"]

# these do not enter the identity, so they are never the reason
DATA = ("name", "root", "split", "leaks", "workers", "cache")
UNRELATED = (*(f"data.{key}" for key in DATA), "seed", "_origins_")
SHOWN = 3


def changes(
    record: dict[str, Any], identity: dict[str, str], folder: Path, resolved: dict[str, Any]
) -> list[str]:
    """Return one phrase per part of the identity that differs; empty if it is the same run.

    Args:
        record: The folder's run.json.
        identity: Hashes that the plan asks for (without one: nothing is known to differ).
        folder: The run folder, for its config.yaml.
        resolved: The configuration that the plan asks for; may be empty.
    """
    found = []
    for name, wanted in identity.items():
        if record.get(name) == wanted:
            continue
        if name == "config_sha256":
            found.append(_config_change(folder, resolved))
        else:
            found.append(f"{name.removesuffix('_sha256')} changed")
    return found


def _config_change(folder: Path, resolved: dict[str, Any]) -> str:
    try:
        old = _flat(read_yaml(folder / "config.yaml").data)
    except UserError:
        old = {}
    new = _flat(resolved)
    if not old or not new:
        return "configuration changed"
    keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    keys = [key for key in keys if not f"{key}.".startswith(tuple(f"{u}." for u in UNRELATED))]
    parts = [f"{key} {flow(old.get(key))} -> {flow(new.get(key))}" for key in keys[:SHOWN]]
    more = [f"and {len(keys) - SHOWN} more"] if len(keys) > SHOWN else []
    return ", ".join(parts + more) or "configuration changed"


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(values, dict):
        return {}
    flat: dict[str, Any] = {}
    for key, value in values.items():
        inner = _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {}
        flat.update(inner or {f"{prefix}{key}": value})
    return flat

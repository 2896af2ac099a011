"""Names that become folders and keys: safe on every file system, and never ambiguous."""

import re
from collections.abc import Iterable

__all__ = ["fault", "twins"]

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
# names that Windows refuses as files
DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
# seed folders and the last part of a result's key
TAKEN = re.compile(r"seed\d+(-fold\d+)?|std|ci|delta|p|n|verdict", re.IGNORECASE)
LONGEST = 100
RESERVED = {
    "experiment": {"data", "single", "superseded"},
    "variant": {"superseded", "plan.json"},
    "component": {"superseded", "baseline", "full"},
    "method": {"superseded", "plan.json"},
    "dataset": {"superseded"},
}


def fault(kind: str, name: str) -> str | None:
    """Return what is wrong with a name ("... ; the way out"), or None.

    Args:
        kind: experiment, variant, component, method or dataset.
        name: What the user wrote.
    """
    if not SAFE.fullmatch(name) or name.endswith(".") or len(name) > LONGEST:
        return (
            f"{kind} '{name}' cannot be a folder's name; use letters, digits, '_', '.' or '+', "
            "starting with a letter or digit"
        )
    if name.split(".")[0].casefold() in DEVICES:
        return f"{kind} '{name}' is a device on Windows; choose another name"
    if name.casefold() in RESERVED[kind] or (kind != "experiment" and TAKEN.fullmatch(name)):
        return f"{kind} '{name}' is a name that paperkit uses itself; choose another"
    if kind == "component" and "-" in name:
        return (
            f"component '{name}': '-' joins the components in a variant's name; "
            f"write '{name.replace('-', '_')}'"
        )
    return None


def twins(names: Iterable[str]) -> tuple[str, str] | None:
    """Return two names that are one folder on a file system that ignores case, or None."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            return other, name
    return None

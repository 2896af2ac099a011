"""Which tables and figures the paper has: all that the runs allow, or those that are listed.

paperkit.yaml lists them by file name, with or without tab_ or fig_, as a text or as {name: ...}.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from paperkit.project.nearest import nearest

__all__ = ["chosen", "unknown"]

Asked = Sequence[str | dict[str, Any]] | None


def chosen(asked: Asked, there: Sequence[str]) -> set[str]:
    """Return those of the names in `there` that are asked for; all where nothing is said."""
    if asked is None:
        return set(there)
    wanted = set(_names(asked))
    return {name for name in there if {name, _short(name)} & wanted}


def unknown(key: str, asked: Asked, there: Sequence[str]) -> Iterator[str]:
    """Yield a warning for each entry below paperkit.yaml's `key` that names nothing."""
    known = {*there, *map(_short, there)}
    for name in dict.fromkeys(_names(asked or ())):
        if name not in known:
            yield (
                f"paperkit.yaml: {key}: the runs give nothing that is called '{name}'"
                f"{nearest(name, there)}"
            )


def _names(asked: Sequence[str | dict[str, Any]]) -> list[str]:
    return [str(item.get("name", "")) if isinstance(item, dict) else item for item in asked]


def _short(name: str) -> str:
    return name.partition("_")[2]

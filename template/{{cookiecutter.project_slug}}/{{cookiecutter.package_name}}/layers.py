"""Parent file, file, command line: lay plain data over plain data and keep track of the origins."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .yamlfile import YamlError, parse, read_yaml

Origins = dict[str, str]


def read(path: Path, root: Path, *, above: tuple[Path, ...] = ()) -> tuple[dict, Origins]:
    """A file laid over its `_base_`; the place of every key as "file:line"."""
    path = path.resolve()
    name = shown(path, root)
    if not path.is_file():
        asked = f" (the _base_ of {shown(above[-1], root)})" if above else ""
        raise YamlError(f"{name}: no such file{asked}; the paths start at {root}")
    if path in above:
        raise YamlError(f"{name}: is its own _base_; remove one of the two _base_ lines")
    data, lines = read_yaml(path, name)
    if not isinstance(data, dict):
        raise YamlError(f"{name}: no keys in it; see configs/baseline.yaml for the form")
    origins = {dotted(key): f"{name}:{line}" for key, line in lines.items()}
    data.pop("_origins_", None)
    base = data.pop("_base_", None)
    if base is None:
        return data, origins
    if not isinstance(base, str):
        raise YamlError(f"{origins['_base_']}: _base_={base!r}: must be the name of one file")
    parent, parents = read(path.parent / base, root, above=(*above, path))
    return lay(parent, data), {**parents, **origins}


def override(data: dict, origins: Origins, texts: Iterable[str]) -> tuple[dict, Origins]:
    """Lay "a.b=value" over data; values are YAML, so [1, 2], null and {x: 1} work."""
    # the name of the loss first, whose change would drop the parameters beside it
    for text in sorted(texts, key=lambda text: text.partition("=")[0] not in ("loss", "loss.name")):
        key, sign, value = text.partition("=")
        if not (sign and key.strip()):
            raise YamlError(f"command line: {text!r}: must be key=value, such as optim.lr=1e-3")
        value, _ = parse(value, f"command line: {text}")
        for part in reversed(key.strip().split(".")):
            value = {part: value}
        data = lay(data, value)
        given = {dotted(leaf) for leaf in leaves(value)}
        sections = {dotted(key.split(".")[:end]) for end in range(1, key.count(".") + 1)}
        origins = dict.fromkeys(sections, "command line") | origins
        origins = origins | dict.fromkeys(given, "command line")
    return data, origins


def lay(below: dict, above: dict, *, parents: tuple[str, ...] = ()) -> dict:
    """Above wins; mappings are merged, lists replaced.

    The parameters of a loss belong to that loss: another name drops them.
    """
    changed = "name" in above and above["name"] != below.get("name")
    result = {} if parents == ("loss",) and changed else dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = lay(result[key], value, parents=(*parents, key)) if both else value
    return result


def leaves(value: Any, above: tuple = ()) -> Iterator[tuple]:
    """The keys of all values that are not mappings themselves; a list is one value."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*above, key))
    else:
        yield above


def dotted(key: Iterable) -> str:
    """A key and its parents as one word: train.epochs, plugs.0.at."""
    return ".".join(map(str, key))


def shown(path: Path, root: Path) -> str:
    """A path as messages say it: from the project's root where it is inside."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)

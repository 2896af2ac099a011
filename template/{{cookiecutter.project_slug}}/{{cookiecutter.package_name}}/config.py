"""From files and the command line to one checked configuration; schema.py has the keys.

A file may name a parent (`_base_: baseline.yaml`); later wins: parent, file, command line. Every
value remembers where it came from (`Config.origins`). Paths are from the project's root.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from . import layers
from .schema import Augment, Config, Section, nearest
from .yamlfile import YamlError

__all__ = ["ROOT", "Augment", "Config", "ConfigError", "dump", "load", "plug"]
ROOT = Path(__file__).resolve().parent.parent


class ConfigError(ValueError):
    """The configuration is wrong; one line per problem: place, key, value, way out."""


def load(path: str | Path, overrides: Sequence[str] = (), plugs: Sequence[str] = ()) -> Config:
    """The configuration of a file, with "key.sub=value" and "SLOT=EXPR" laid over it.

    Raises ConfigError: one line per problem, with file:line, value and way out.
    """
    path = Path(path)
    path = path if path.is_absolute() or path.is_file() else ROOT / path
    try:
        data, origins = layers.override(*layers.read(path, ROOT), overrides)
    except YamlError as error:
        raise ConfigError(str(error)) from None
    if plugs:
        first = len(data.get("plugs") or [])
        data["plugs"] = [*(data.get("plugs") or []), *map(plug, plugs)]
        origins |= {f"plugs.{first + n}": "command line" for n in range(len(plugs))}
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        place = layers.shown(path.resolve(), ROOT)
        lines = [_problem(item, origins, place) for item in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None
    leaves = map(layers.dotted, layers.leaves(config.model_dump()))
    config.origins.update({key: origins.get(key, "default") for key in leaves})
    return config


def plug(text: str) -> dict[str, str]:
    """The `plugs:` entry of "SLOT=EXPR" (insert) or "SLOT:=EXPR" (replace)."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char in "[({") - (char in "])}")
        if char == "=" and depth == 0:
            replaced = text[:index].endswith(":")
            at, use = text[: index - replaced].strip(), text[index + 1 :].strip()
            return {"at": at, "use": use, "how": "replace" if replaced else "insert"}
    raise ConfigError(f"--plug {text!r}: must be SLOT=EXPR, such as encoder.*=coord_att")


def dump(config: Config) -> dict[str, Any]:
    """Plain data that load reads back equal, with the origin of each value beside it."""
    return {**config.model_dump(mode="json"), "_origins_": dict(sorted(config.origins.items()))}


def _problem(item: Any, origins: dict[str, str], file: str) -> str:
    """One line for one of pydantic's errors: place, key, value, way out."""
    key = _path(item["loc"])
    name = layers.dotted(key)
    places = [origins.get(layers.dotted(key[:end])) for end in range(len(key), 0, -1)]
    place = next(filter(None, places), file)
    if item["type"] == "extra_forbidden":
        known = sorted(_section(key[:-1]).model_fields)
        near = nearest(str(key[-1]), known)
        return f"{place}: {name}: unknown key{near}; known: {', '.join(known)}"
    if item["type"] == "missing":
        return f"{place}: {name}: missing; add it"
    message = item["msg"].removeprefix("Value error, ")
    message = message if item["type"] == "value_error" else message[:1].lower() + message[1:]
    if isinstance(item["input"], dict | BaseModel):
        return f"{place}: {name}: {message}" if name else f"{place}: {message}"
    return f"{place}: {name}={item['input']!r}: {message}"


def _path(loc: Sequence) -> tuple:
    """pydantic's location without the names it gives to the branches of a union."""
    branches = ("int", "float", "str")
    return tuple(part for part in loc if not (part in branches or "[" in str(part)))


def _section(key: tuple) -> type[BaseModel]:
    """The class that holds the keys below `key`."""
    found: Any = Config
    for part in key:
        if isinstance(part, str):
            field = found.model_fields[part].annotation
            found = next(filter(_is_section, (field, *get_args(field))))
    return found


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)

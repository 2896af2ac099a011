"""Hold a YAML document against a pydantic model; every mistake is one line with its place."""

import types
import typing
from typing import Any

from pydantic import BaseModel, ValidationError

from paperkit.errors import UserError
from paperkit.project.nearest import nearest
from paperkit.project.yamlfile import Document, Key

__all__ = ["checked"]

Model = typing.TypeVar("Model", bound=BaseModel)


def checked(document: Document, model: type[Model]) -> Model:
    """Return the document as `model`.

    Raises:
        UserError: One line per mistake: file:line, the value or key, and the way out.
    """
    if not isinstance(document.data, dict):
        kind = type(document.data).__name__
        raise UserError(f"{document.name}:1: expected 'key: value' lines, found a {kind}")
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        messages = [_line(document, model, dict(item)) for item in error.errors()]
    raise UserError("\n".join(dict.fromkeys(messages)))


def _line(document: Document, model: type[BaseModel], error: dict[str, Any]) -> str:
    key = _existing(document.data, error["loc"])
    place, name = document.place(key), ".".join(map(str, key))
    if error["type"] == "extra_forbidden":
        known = _fields(model, key[:-1])
        return f"{place}: unknown key '{name}'{nearest(str(key[-1]), known)}"
    if error["type"] == "missing":
        missing = error["loc"][-1]
        return f"{place}: '{missing}' is missing" + (f" in '{name}'" if name else "")
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{place}: {message}"
    return f"{place}: {name} = {error['input']!r}: {message[:1].lower()}{message[1:]}"


def _existing(data: Any, loc: Key) -> Key:
    """Leave out what pydantic adds to a location: names of union members, missing keys."""
    key: Key = ()
    for part in loc:
        inside = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if inside:
            key, data = (*key, part), data[part]
    return key


def _fields(model: type[BaseModel], key: Key) -> list[str]:
    """Names that a model knows at a key, through optional, list, dict and union types."""
    kinds: list[Any] = [model]
    for part in key:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    # one plug may stand where a list of plugs is allowed
    kinds += [
        item for kind in kinds if typing.get_origin(kind) is list for item in _inside(kind, 0)
    ]
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return [field.alias or name for kind in models for name, field in kind.model_fields.items()]


def _inside(kind: Any, part: str | int) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        return _members(fields[str(part)].annotation) if part in fields else []
    arguments = typing.get_args(kind)
    return _members(arguments[-1]) if arguments else []


def _members(kind: Any) -> list[Any]:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [inner for member in typing.get_args(kind) for inner in _members(member)]
    if typing.get_origin(kind) is typing.Annotated:
        return _members(typing.get_args(kind)[0])
    return [kind]

"""Read a JSON file key by key; every complaint names the file, the line and the value."""

import json
import re
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import from_json

from paperkit.errors import UserError

__all__ = [
    "SCHEMA",
    "Fields",
    "Form",
    "NewerSchema",
    "checked",
    "fields_of",
    "parse_json",
    "read_fields",
    "shown",
]

SCHEMA = 1
Value = TypeVar("Value")

_WORDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


class NewerSchema(UserError):  # noqa: N818 - named for what it says
    """A file that a newer paperkit wrote: reading on could only give wrong numbers."""


class Fields:
    """A JSON object whose keys are taken with the type they must have."""

    def __init__(self, data: dict[str, Any], path: Path | str, text: str) -> None:
        self.data, self.path, self.text = data, path, text

    def every(self, form: "Form") -> list[Any]:
        """Return the values of the keys of a form, None where one is missing or null.

        Raises:
            UserError: A value has another type.
        """
        given = list(map(self.data.get, form.kinds))
        types = tuple(map(type, given))
        if types in form.right:
            return given
        taken = [self.take(key, kind) for key, kind in form.kinds.items()]
        if all(a is b for a, b in zip(given, taken, strict=True)):
            form.right.add(types)
        return taken

    def take(self, key: str, kind: type[Value]) -> Value | None:
        """Return the value of `key`, None where it is missing or null.

        Raises:
            UserError: The value has another type.
        """
        value = self.data.get(key)
        if value is None or type(value) is kind:
            return value
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return kind(value)  # type: ignore[call-arg]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.complaint(key, f"is {_short(value)}, expected {_WORDS[kind]}")
        return value

    def need(self, key: str, kind: type[Value]) -> Value:
        """Return the value of `key`, which must be there."""
        value = self.take(key, kind)
        if value is None:
            raise self.complaint(key, f"is missing, expected {_WORDS[kind]}")
        return value

    def inner(self, key: str) -> "Fields | None":
        """Return the object at `key`, None where it is missing."""
        data = self.take(key, dict)
        return None if data is None else Fields(data, self.path, self.text)

    def items(self, key: str) -> list["Fields"]:
        """Return the objects in the list at `key`; none where it is missing."""
        found = []
        for item in self.take(key, list) or []:
            if not isinstance(item, dict):
                raise self.complaint(key, f"holds {_short(item)}, expected objects")
            found.append(Fields(item, self.path, self.text))
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts in the list at `key`."""
        values = self.take(key, list) or []
        for value in values:
            if not isinstance(value, str):
                raise self.complaint(key, f"holds {_short(value)}, expected texts")
        return tuple(values)

    def complaint(self, key: str, what: str) -> UserError:
        """An error about `key`, with the line on which it stands."""
        match = re.search(rf'"{re.escape(key)}"\s*:', self.text)
        line = self.text.count("\n", 0, match.start()) + 1 if match else 1
        return UserError(f"{shown(self.path)}:{line}: '{key}' {what}")


class Form:
    """Keys and the types that they must have; types that were right once are not asked again."""

    def __init__(self, **kinds: type) -> None:
        self.kinds, self.right = kinds, set[tuple[type, ...]]()


def read_fields(path: Path) -> Fields:
    """Return the object in a JSON file whose schema this version knows.

    Raises:
        UserError: Unreadable, not UTF-8 or not JSON; with the line.
    """
    try:
        return fields_of(path, path.read_bytes())
    except OSError as error:
        raise UserError(f"{shown(path)}: {error.strerror}") from None


def fields_of(path: Path | str, content: bytes) -> Fields:
    """Return the object that is in the content of a JSON file; `path` is for messages."""
    data, text = parse_json(path, content)
    if not isinstance(data, dict):
        raise UserError(f"{shown(path)}:1: expected an object, found {_short(data)}")
    return checked(Fields(data, path, text))


def checked(fields: Fields) -> Fields:
    """Return them if their schema is one that this version knows."""
    schema = fields.need("schema", int)
    if schema > SCHEMA:
        raise NewerSchema(
            f"{shown(fields.path)}: schema {schema}, this paperkit reads up to schema {SCHEMA}; "
            "a newer paperkit wrote it: upgrade with pip install -U paperkit"
        )
    return fields


def parse_json(path: Path | str, content: bytes) -> tuple[Any, str]:
    """Return the value in the content of a JSON file, and its text."""
    try:
        text = content.decode("utf-8")
        return _value(text), text
    except UnicodeDecodeError as error:
        raise UserError(f"{shown(path)}: not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise UserError(f"{shown(path)}:{error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise UserError(f"{shown(path)}:1: nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise UserError(f"{shown(path)}:1: not JSON: {error}") from None


def _value(text: str) -> Any:
    """What json.loads returns, in a third of the time."""
    try:
        return from_json(text)
    except ValueError:  # what is refused may be right for json, which says else what is wrong
        return _whole(json.loads(text), text)


def _whole(value: Any, text: str) -> Any:
    """Half a character (a lone surrogate) as ?: JSON can say it, no file can hold it."""
    if "\\ud" not in text.lower():
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def shown(path: Path | str) -> str:
    """A path as messages show it: from the folder `runs` on, where there is one."""
    path = Path(path)
    parts = path.parts
    if "runs" in parts:
        last = len(parts) - 1 - parts[::-1].index("runs")
        return "/".join(parts[last:])
    return path.as_posix()


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."

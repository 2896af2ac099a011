"""Read YAML the way a researcher means it, and remember the line of every key.

Safe loader only. A key given twice is refused (YAML silently keeps the last), 1e-3 is a number
(YAML 1.1 says it is text), yes/no/on/off, dates and 16:9 stay text, and a key is always text.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from paperkit.errors import UserError

__all__ = ["Document", "Key", "flow", "read_yaml"]

Key = tuple[str | int, ...]

_PLAIN = (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0x[0-9a-fA-F]+|0|[1-9][0-9]*)$", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"^(?:[-+]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        "-+0123456789.",
    ),
    ("tag:yaml.org,2002:merge", r"^<<$", "<"),
)


class _Loader(yaml.SafeLoader):
    """SafeLoader with the resolvers above instead of YAML 1.1's."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own attribute


class _Dumper(yaml.SafeDumper):
    """Quotes exactly what _Loader would not read back as text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True

    def text(self, value: str) -> yaml.ScalarNode:
        """Line breaks are written as escapes, so that a value stays on its line."""
        style = '"' if len(value.splitlines()) > 1 or value.endswith(("\n", "\r")) else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _Dumper.text)


for _tag, _pattern, _first in _PLAIN:
    for _class in (_Loader, _Dumper):
        first = [("" if char == "\0" else char) for char in _first]
        _class.add_implicit_resolver(_tag, re.compile(_pattern), first)


@dataclass(frozen=True)
class Document:
    """A YAML file as plain data, and where each of its keys stands."""

    name: str
    data: Any
    lines: dict[Key, int]

    def place(self, key: Key = ()) -> str:
        """Return "file:line" of a key, or of the nearest parent that is in the file."""
        for end in range(len(key), -1, -1):
            if key[:end] in self.lines:
                return f"{self.name}:{self.lines[key[:end]]}"
        return self.name


def read_yaml(path: Path, *, name: str | None = None) -> Document:
    """Read one YAML file.

    Args:
        path: The file (UTF-8).
        name: How messages call it; the path if left out.

    Raises:
        UserError: The file is missing, is not text or not YAML, or gives a key twice.
    """
    shown = name or path.as_posix()
    if not path.is_file():
        raise UserError(f"{shown}: no such file")
    try:
        text = path.read_text(encoding="utf-8-sig")
        loader = _Loader(text)
        node = loader.get_single_node()
    except UnicodeDecodeError as error:
        raise UserError(f"{shown}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{shown}:{line}: not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{shown}: not valid YAML: {error}") from None
    return _document(shown, loader, node)


def _document(shown: str, loader: _Loader, node: yaml.Node | None) -> Document:
    lines: dict[Key, int] = {(): 1}
    if node is None:
        return Document(shown, {}, lines)
    _walk(shown, node, (), lines)
    try:
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{shown}:{line}: not valid YAML: {error.problem}") from None
    return Document(shown, data, lines)


def _walk(shown: str, node: yaml.Node, at: Key, lines: dict[Key, int]) -> None:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*at, index)] = item.start_mark.line + 1
            _walk(shown, item, (*at, index), lines)
    elif isinstance(node, yaml.MappingNode):
        _walk_mapping(shown, node, at, lines)


def _walk_mapping(shown: str, node: yaml.MappingNode, at: Key, lines: dict[Key, int]) -> None:
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise UserError(f"{shown}:{line}: a key must be one word, not a list or mapping")
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        if key.value in seen:
            raise UserError(
                f"{shown}:{line}: '{key.value}' is given twice (first in line {seen[key.value]}); "
                "remove one"
            )
        key.tag = "tag:yaml.org,2002:str"
        seen[key.value] = line
        lines[(*at, key.value)] = line
        _walk(shown, value, (*at, key.value), lines)


def flow(value: Any) -> str:
    """Return a value as one line of YAML that `read_yaml` (and the project's) reads back equal."""
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=10**9,
    )
    return text.removesuffix("\n").removesuffix("\n...")

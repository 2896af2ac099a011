"""Read YAML the way a researcher means it, and remember the line of every key.

Safe loader only. A key given twice is refused (YAML silently keeps the last), 1e-3 is a number
(YAML 1.1 says it is text), yes/no/on/off and dates stay text.
"""

import re
from pathlib import Path
from typing import Any

import yaml

Lines = dict[tuple, int]

PLAIN = (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?(?:0x[0-9a-fA-F]+|0|[1-9][0-9]*)$", "-+0123456789"),
    (
        "float",
        r"^(?:[-+]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        "-+0123456789.",
    ),
    ("merge", r"^<<$", "<"),
)


class YamlError(ValueError):
    """A text is not YAML, or gives a key twice; the message names place and way out."""


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict = {}


for _tag, _pattern, _first in PLAIN:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def read_yaml(path: Path, name: str) -> tuple[Any, Lines]:
    """The data of a file, and the line of each key (a tuple of its parents and itself)."""
    try:
        return parse(path.read_text(encoding="utf-8-sig"), name)
    except UnicodeDecodeError as error:
        raise YamlError(f"{name}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None


def parse(text: str, name: str) -> tuple[Any, Lines]:
    """The data of a text, and the line of each of its keys. `name` is how errors call it."""
    lines: Lines = {}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None, lines
        _walk(name, node, (), lines)
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise YamlError(f"{name}:{line}: not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise YamlError(f"{name}: not valid YAML: {error}") from None


def _walk(name: str, node: yaml.Node, at: tuple, lines: Lines) -> None:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*at, index)] = item.start_mark.line + 1
            _walk(name, item, (*at, index), lines)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise YamlError(f"{name}:{line}: a key must be one word, not a list or mapping")
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        if key.value in seen:
            raise YamlError(
                f"{name}:{line}: '{key.value}' is given twice (first in line {seen[key.value]}); "
                "remove one"
            )
        key.tag = "tag:yaml.org,2002:str"
        seen[key.value] = lines[(*at, key.value)] = line
        _walk(name, value, (*at, key.value), lines)

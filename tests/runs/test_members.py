"""An object is parsed by its members as json would parse it, or not by its members at all."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperkit.runs.members import members

# what cuts, opens, closes or hides; the rest of a text is of no interest
PIECES = ['"', "\\", "{", "}", "[", "]", ",", ":", "\n", " ", ',\n "', '": ', "é", "\\u00e9", "1"]
KEYS = st.sampled_from(["a", "b", "env", "é", "x{", "y]"])
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)


def by_members(text: str) -> dict[str, Any] | None:
    found = members(text, lambda piece: (json.loads('{"' + piece + "}"), {}))
    return None if found is None else found[0]


@given(OBJECTS, st.sampled_from([None, 0, 1, 2]), st.data())
def test_any_text_gives_what_json_gives_or_nothing(
    record: dict[str, Any], indent: int | None, data: st.DataObject
) -> None:
    """Texts as they are written, and torn and spliced ones, which may be no JSON."""
    text = json.dumps(record, indent=indent, ensure_ascii=False) + "\n"
    for _ in range(data.draw(st.integers(0, 3))):
        first, last = sorted(data.draw(st.integers(0, len(text))) for _ in range(2))
        piece = data.draw(st.sampled_from([*PIECES, text[first:last]]))
        text = text[:first] + piece + text[data.draw(st.sampled_from([first, last])) :]
    found = by_members(text)
    if found is not None:
        assert found == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        '{\n "a": {"x": 1,\n "k": 5,\n "b": 2}, "b": 3\n}\n',  # members of an inner object
        '{\n "a": [1,\n "k": {},\n "x"]\n}\n',  # no JSON, but without k
        '{\n "a": [1],\n "a": 2\n}\n',  # json takes the last, whatever its kind
        '{\n "a": 2,\n "a": [1]\n}\n',
        '{\n "a": 1},\n "b": 2\n}\n',
        '{\n "a": "\\ud800"\n}\n',
        '{\n "a": 1\n}',
    ],
)
def test_what_could_be_cut_wrongly_is_left(text: str) -> None:
    assert by_members(text) is None


def test_what_training_writes_is_parsed_by_members() -> None:
    record = {"schema": 1, "command": "data.size=[9]", "env": {"a": [{"b": "{"}]}, "cites": []}
    assert by_members(json.dumps(record, indent=1) + "\n") == record

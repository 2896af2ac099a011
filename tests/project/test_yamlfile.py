"""YAML as it is meant: every value reads back as what was written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperkit.errors import UserError
from paperkit.project.yamlfile import Document, flow, read_yaml


def read(tmp_path: Path, text: str) -> Document:
    path = tmp_path / "f.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path, name="f.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1E5", 100000.0), ("-.5", -0.5), ("3", 3), ("0x10", 16), ("3.", 3.0),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("16:9", "16:9"), ("2024-01-01", "2024-01-01"), ("1_000", "1_000"), ("'1'", "1"),
        (".inf", float("inf")), ("e3", "e3"), ("1e", "1e"), ("[a, 1]", ["a", 1]), ("- ", [None]),
    ],
)  # fmt: skip
def test_values(tmp_path: Path, text: str, value: object) -> None:
    found = read(tmp_path, f"k: {text}" if text != "- " else "k:\n- ").data["k"]
    assert (found, type(found)) == (value, type(value))


def test_keys_are_text_and_have_lines(tmp_path: Path) -> None:
    document = read(tmp_path, "1: a\non: {no: b}\nc:\n  - d\n  - e: f\n")
    assert document.data == {"1": "a", "on": {"no": "b"}, "c": ["d", {"e": "f"}]}
    assert document.place(("on", "no")) == "f.yaml:2"
    assert document.place(("c", 1, "e")) == "f.yaml:5"
    assert document.place(("c", 1, "not there")) == "f.yaml:5"


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False),
    st.text(st.characters(blacklist_categories=["Cs", "Cc"])),
    st.sampled_from(["yes", "1e-3", "null", "~", "", "a: b", "# c", "x\ny", "\n",
                     "a\u2028b", "- a", "'", "!t", "&a"]),
)  # fmt: skip
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text("ab1"), inner)
)


@given(values)
def test_flow_is_one_line_that_reads_back_equal(tmp_path_factory, value: object) -> None:
    path = tmp_path_factory.getbasetemp() / "flow.yaml"
    line = flow({"k": value})
    assert "\n" not in line
    path.write_text(line, encoding="utf-8")
    assert read_yaml(path).data == {"k": value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2",
         "f.yaml:4: 'c' is given twice (first in line 3); remove one"),
        ("a: b: c", "f.yaml:1: not valid YAML: mapping values are not allowed here"),
        ("? [a]\n: b", "f.yaml:1: a key must be one word, not a list or mapping"),
        ("a: !!python/object/apply:os.system [ls]",
         "f.yaml:1: not valid YAML: could not determine a constructor for the tag "
         "'tag:yaml.org,2002:python/object/apply:os.system'"),
        ("a: 1\n---\nb: 2",
         "f.yaml:2: not valid YAML: but found another document"),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == message

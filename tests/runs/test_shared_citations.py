"""Citations are cut out of run.json and parsed once; the record must not depend on it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperkit.errors import UserError
from paperkit.runs import load_run

RUN = {"schema": 1, "id": "e/v/seed0", "experiment": "e", "variant": "v", "status": "done"}
# pieces that look like the place where the list begins or ends
HOSTILE = st.lists(
    st.sampled_from(['\n "cites": [\n', "\n ]", '"', "\\", "]", "}", "\n", "é", "0", ",\n"]),
    max_size=6,
).map("".join)
CITE = st.fixed_dictionaries({"key": HOSTILE, "bibtex": HOSTILE, "for": HOSTILE})


@given(st.lists(CITE, max_size=3), HOSTILE, st.booleans(), st.sampled_from([None, 0, 1, 2]))
def test_any_layout_gives_the_same_citations(
    tmp_path_factory: pytest.TempPathFactory,
    cites: list[dict[str, str]],
    command: str,
    first: bool,
    indent: int | None,
) -> None:
    parts = [{"cites": cites}, {**RUN, "command": command, "env": {"cites": [1], "z": [2]}}]
    record = parts[0] | parts[1] if first else parts[1] | parts[0]
    folder = tmp_path_factory.mktemp("run")
    (folder / "run.json").write_text(json.dumps(record, indent=indent), encoding="utf-8")
    run = load_run(folder)
    found = [{"key": c.key, "bibtex": c.bibtex, "for": c.used_for} for c in run.cites]
    assert (found, run.command, run.env) == (cites, command, record["env"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        # the list stands in another object, and at the top there is none
        (
            ' "env": {\n "cites": [\n  {"key": "a"}\n ]\n },\n "seed": "x"',
            "7: 'seed' is \"x\", expected a whole number",
        ),
        (' "cites": [\n  {"key": 3}\n ]', "3: 'key' is 3, expected text"),
        (' "cites": [\n  7\n ]', "2: 'cites' holds 7, expected objects"),
        (
            ' "cites": [\n  {"key": "a"}\n ],\n "seed": "x"',
            "5: 'seed' is \"x\", expected a whole number",
        ),
    ],
)
def test_complaints_name_the_line_of_the_whole_file(
    tmp_path: Path, text: str, complaint: str
) -> None:
    head = json.dumps(RUN)[1:-1]
    folder = tmp_path / "runs/e/v/seed0"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{" + head + ",\n" + text + "\n}\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_run(folder)
    assert str(caught.value) == f"runs/e/v/seed0/run.json:{complaint}"


def test_a_list_inside_another_object_is_not_the_runs(tmp_path: Path) -> None:
    inner: Any = '"env": {\n "cites": [\n  {"key": "a"}\n ]\n}'
    text = "{" + json.dumps(RUN)[1:-1] + ",\n" + inner + ', "cites": [{"key": "b"}]}'
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    run = load_run(tmp_path)
    assert [cite.key for cite in run.cites] == ["b"]
    assert run.env == {"cites": [{"key": "a"}]}

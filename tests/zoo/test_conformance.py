"""What every module of the catalogue keeps: a new file is tested by being there.

The checks are those of `paperkit modules check`; test_conform_faults.py shows that each can fail.
"""

import functools
import math
import runpy

import pytest

from paperkit import zoo
from paperkit.zoo import conform
from paperkit.zoo.load import find

NAMES = zoo.names()
LOSSES = [name for name in NAMES if zoo.info(name)["kind"] == "loss"]
ALL = [(name, check) for name in NAMES for check in conform.checks(zoo.info(name))]


@functools.cache
def subject(name):
    text = zoo.path(name).read_text(encoding="utf-8")
    return conform.subject(find(name), zoo.info(name), text=text, name=name)


@pytest.mark.parametrize(("name", "check"), ALL)
def test_conforms(name, check):
    finding = conform.examine(subject(name), check)
    assert finding.ok, finding.message


@pytest.mark.parametrize("name", LOSSES)
def test_the_file_of_a_loss_shows_shapes_when_run(name, capsys):
    runpy.run_path(str(zoo.path(name)), run_name="__main__")
    first, second = capsys.readouterr().out.splitlines()
    assert first == "inputs (2, 4, 32, 48) (2, 32, 48)"
    assert second.startswith("loss   ") and math.isfinite(float(second.split()[1]))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LOSSES])
def test_the_file_shows_shapes_when_run(name, capsys):
    runpy.run_path(str(zoo.path(name)), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    module = subject(name).built(64)
    count = sum(p.numel() for p in module.parameters())
    size = (2, 64, *subject(name).sized(32, 48))
    assert lines[1:] == [f"output {size}", f"parameters {count}"]


def test_keys_are_unique():
    keys = [zoo.info(name)["key"] for name in NAMES]
    twice = {key for key in keys if keys.count(key) > 1}
    titles = {
        key: {zoo.info(n)["bibtex"] for n in NAMES if zoo.info(n)["key"] == key} for key in twice
    }
    # two modules of one paper have one entry
    assert {key: len(found) for key, found in titles.items() if len(found) > 1} == {}

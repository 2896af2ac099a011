"""Fields of runs by column are the fields of the runs, wherever these come from."""

import copy
import json
import os
import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from paperkit.runs import Each, Run, keep_index, load_run, load_runs

COUNT = 120
NAMES = [item.name for item in fields(Run) if item.name != "files"]
IN_RECORDS = ("model.name", "model.input", "selection.split")
IN_SUMMARIES = ("summary.split", "summary.metric_spec", "summary.n_cases")


def write(folder: Path, seed: int) -> None:
    folder.mkdir(parents=True)
    files: dict[str, Any] = {"run.json": {
        "schema": 1, "id": f"e/m/seed{seed}", "experiment": "e", "variant": "m", "seed": seed,
        "status": "failed" if seed == 7 else "done", "command": f"train --seed {seed}",
        "model": {"name": "unet", "input": [3, 8, 8 + seed % 2]}, "seconds": seed / 3,
        "selection": {"metric": "iou", "split": "val" if seed % 3 else "test"},
        "cites": [{"key": "a", "bibtex": "@misc{a}", "for": "unet"}] if seed % 5 else [],
    }}  # fmt: skip
    values = {"iou": seed / 7, "dice": None if seed % 4 else 0.5}
    summary = {
        "schema": 1, "split": "test", "metrics": values if seed % 6 else {"iou": 0.25},
        "n_cases": 9, "per_class": {"sky": {"iou": 0.5}} if seed % 2 else {},
        "checkpoint": {"epoch": seed}, "metric_spec": "v1",
    }  # fmt: skip
    files |= {"summary.json": summary} if seed % 10 else {}
    files |= {"plugs.json": [{"slot": "x"}]} if seed % 2 else {}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


@pytest.fixture
def root(indexed: Callable[..., Path]) -> Path:
    """The folder runs/."""
    return indexed(write, COUNT)


def of_index(root: Path) -> list[Run]:
    return load_runs(root, "e")


def of_folders(root: Path) -> list[Run]:
    runs = [load_run(path.parent) for path in root.glob("e/*/*/run.json")]
    return sorted(runs, key=lambda run: run.id)


def mixed(root: Path) -> list[Run]:
    """As after a few runs were trained again: some of the index, some read."""
    pairs = zip(of_index(root), of_folders(root), strict=True)
    return [pair[at % 3 == 0] for at, pair in enumerate(pairs)]


def backwards(root: Path) -> list[Run]:
    return of_index(root)[::-3]


@pytest.mark.parametrize("source", [of_index, of_folders, mixed, backwards])
def test_a_column_is_the_field_of_each_run(root: Path, source: Any) -> None:
    runs = source(root)
    whole = {run.id: run for run in of_folders(root)}
    right = [whole[run.id] for run in runs]
    each = Each(runs)
    for name in (*NAMES, *IN_RECORDS):
        assert list(each(name)) == list(map(attrgetter(name), right)), name
    for metric in ("iou", "dice", "no such"):
        found = [run.summary and run.summary.metrics.get(metric) for run in right]
        assert list(each.metric(metric)) == found
    done = [run for run in runs if run.summary is not None]
    for name in IN_SUMMARIES:
        assert set(Each(done)(name)) == set(map(attrgetter(name), done))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_runs_have_columns_too(root: Path, count: int) -> None:
    runs = of_index(root)[:count]
    assert list(Each(runs)("seed")) == [run.seed for run in runs]
    assert list(Each(runs).metric("iou")) == [run.summary and run.summary.value("iou")
                                              for run in runs]  # fmt: skip


def test_a_run_of_an_index_is_a_run_like_any_other(root: Path) -> None:
    for one, other in zip(of_index(root), of_folders(root), strict=True):
        assert repr(one) == repr(other)
    for make in (copy.copy, copy.deepcopy, lambda run: pickle.loads(pickle.dumps(run)), replace):
        for one, other in zip(of_index(root)[:12], of_folders(root), strict=False):
            assert make(one) == other
    with pytest.raises(AttributeError):
        _ = of_index(root)[0].no_such_field  # type: ignore[attr-defined]


def test_runs_of_an_index_share_what_they_cite(root: Path) -> None:
    """Whoever asks: a thousand copies of a bibliography are a thousand times its memory."""
    runs = of_index(root)
    assert len({id(cites) for cites in Each(runs)("cites")}) == 2
    assert {id(run.cites) for run in runs} == set(map(id, Each(runs)("cites")))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no time of the last change of a file")
@pytest.mark.parametrize("name", ["run.json", "summary.json", "plugs.json"])
def test_a_file_of_1970_is_known_by_its_state(root: Path, name: str) -> None:
    """Archives set such times, and zeros stand for "no file" in the index."""
    path = root / "e/m/seed5" / name
    os.utime(path, ns=(0, 0))
    keep_index(load_runs(root, "e"))
    (before,) = (run for run in of_index(root) if run.seed == 5)
    assert "_columns" in before.__dict__  # it comes from the index
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace("v1", "v2").replace("unet", "vnet").replace('"x"', '"y"'))
    os.utime(path, ns=(0, 0))
    (after,) = (run for run in of_index(root) if run.seed == 5)
    assert after == load_run(path.parent) != before

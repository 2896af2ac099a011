"""Reading run folders: whole, torn, damaged, moved, and from a newer paperkit."""

import contextlib
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperkit.errors import UserError
from paperkit.runs import experiments, load_plan, load_run, load_runs
from paperkit.runs.history import read_history

RUN = {
    "schema": 1,
    "id": "ablation/ca/seed0",
    "experiment": "ablation",
    "variant": "ca",
    "seed": 0,
    "status": "done",
    "model": {"name": "unet", "params": 1234, "gmacs": 0.5, "input": [3, 64, 64]},
    "selection": {"metric": "iou_set", "mode": "max", "split": "val", "epoch": 2, "value": 0.5},
    "cites": [{"key": "hou2021", "bibtex": "@article{hou2021}", "for": "coord_att"}],
}
SUMMARY = {
    "schema": 1,
    "split": "test",
    "metrics": {"iou_set": 0.5, "dice_img": None},
    "per_class": {"road": {"iou_set": 0.5}},
}


def _write(folder: Path, **files: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content, indent=1)
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def test_a_run_folder_becomes_a_record(tmp_path: Path) -> None:
    folder = _write(
        tmp_path / "runs/ablation/ca/seed0",
        run__json=RUN,
        summary__json=SUMMARY,
        plugs__json=[{"slot": "encoder.0", "params": 7}],
        metrics__jsonl='{"epoch": 1, "step": 9, "split": "val", "loss": 0.5, "iou_set": null}\n',
        cases__csv="split,case,group,class,tp,fp,fn,tn,hd95\ntest,a/1,,road,3,1,0,12,\n",
    )
    run = load_run(folder)
    assert (run.pair, run.model.params, run.model.input) == ((0, None), 1234, (3, 64, 64))
    assert run.summary is not None
    assert run.summary.metrics == {"iou_set": 0.5, "dice_img": None}
    assert run.summary.per_class["road"]["iou_set"] == 0.5
    assert run.selection is not None and run.selection.split == "val"
    assert run.cites[0].used_for == "coord_att" and run.plugs[0]["params"] == 7
    (entry,) = run.history()
    assert (entry.epoch, entry.step, entry.values) == (1, 9, {"loss": 0.5, "iou_set": None})
    (case,) = run.cases()
    assert (case.case, case.label, case.values["tp"], case.values["hd95"]) == (
        "a/1",
        "road",
        3,
        None,
    )


def test_a_queued_folder_is_a_run_without_a_result(tmp_path: Path) -> None:
    queued = {key: RUN[key] for key in ("schema", "id", "experiment", "variant", "seed")}
    run = load_run(_write(tmp_path, run__json={**queued, "status": "queued", "dataset": None}))
    assert (run.status, run.summary, run.history(), run.cases()) == ("queued", None, [], [])


def test_moved_folders_are_found_and_old_results_are_not(tmp_path: Path) -> None:
    _write(tmp_path / "a/seed0", run__json={**RUN, "id": "ablation/b/seed0"})
    _write(tmp_path / "b/elsewhere/seed9", run__json=RUN)
    for hidden in ("a/superseded/seed0", "data/abc", "a/.trash"):
        _write(tmp_path / hidden, run__json=RUN)
    assert [run.id for run in load_runs(tmp_path)] == ["ablation/b/seed0", "ablation/ca/seed0"]
    assert [run.id for run in load_runs(tmp_path, "a")] == ["ablation/b/seed0"]
    assert load_runs(tmp_path, "missing") == []


def test_two_folders_with_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        _write(tmp_path / name, run__json=RUN)
    with pytest.raises(UserError) as caught:
        load_runs(tmp_path)
    assert str(caught.value) == (
        "ablation/ca/seed0: two folders say they are this run: a and b; remove one"
    )


def test_a_newer_schema_is_refused_with_both_versions(tmp_path: Path) -> None:
    _write(tmp_path / "runs/x/y/seed0", run__json={**RUN, "schema": 2})
    with pytest.raises(UserError) as caught:
        load_runs(tmp_path / "runs")
    assert str(caught.value) == (
        "runs/x/y/seed0/run.json: schema 2, this paperkit reads up to schema 1; "
        "a newer paperkit wrote it: upgrade with pip install -U paperkit"
    )


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("run.json", '{\n "schema": 1,\n "id"', "run.json:3: not JSON: Expecting ':' delimiter"),
        ("run.json", '{\n "schema": 1,\n "seed": \n}\n', "run.json:4: not JSON: Expecting value"),
        ("summary.json", '{"schema": }', "summary.json:1: not JSON: Expecting value"),
        ("plugs.json", "", "plugs.json:1: not JSON: Expecting value"),
        ("plugs.json", "[] []", "plugs.json:1: not JSON: Extra data"),
        ("run.json", f'{{\n "schema": 1,\n "env": {"[" * 10**5}{"]" * 10**5}\n}}\n',
         "run.json:1: nested too deeply"),
        ("run.json", "[]", "run.json:1: expected an object, found []"),
        ("run.json", {**RUN, "status": None}, "run.json:7: 'status' is missing, expected text"),
        ("run.json", {**RUN, "seed": "0"}, "run.json:6: 'seed' is \"0\", expected a whole number"),
        ("run.json", {**RUN, "seed": True}, "run.json:6: 'seed' is true, expected a whole number"),
        ("summary.json", '{"schema": 1, "metrics": {"a": "b"}}',
         "summary.json:1: 'a' is \"b\", expected a number"),
        ("plugs.json", "{}", "plugs.json:1: expected a list of objects"),
    ],
)  # fmt: skip
def test_complaints_name_file_and_line(
    tmp_path: Path, file: str, content: object, complaint: str
) -> None:
    folder = _write(tmp_path / "runs/ablation/ca/seed0", run__json=RUN)
    _write(folder, **{file.replace(".", "__"): content})
    with pytest.raises(UserError) as caught:
        load_run(folder)
    assert str(caught.value) == f"runs/ablation/ca/seed0/{complaint}"
    (damaged,) = load_runs(tmp_path / "runs")
    assert (damaged.status, damaged.error) == ("damaged", str(caught.value))
    assert damaged.id == "ablation/ca/seed0"


def test_wrong_cases_name_their_line(tmp_path: Path) -> None:
    folder = _write(
        tmp_path / "runs/a/b/seed0",
        run__json=RUN,
        cases__csv="split,case,class,tp\ntest,a,road,1\ntest,b,road,many\n",
    )
    with pytest.raises(UserError) as caught:
        load_run(folder).cases()
    assert str(caught.value) == ("runs/a/b/seed0/cases.csv:3: tp is 'many', expected a number")


@given(st.data())
def test_a_record_cut_anywhere_is_a_complaint(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Or the run itself, where only spaces are cut; never another error."""
    folder = tmp_path_factory.mktemp("runs") / "runs/a/b/seed0"
    whole = load_run(_write(folder, run__json=RUN))
    content = json.dumps(RUN, indent=1).encode() + b"\n"  # as training writes it
    (folder / "run.json").write_bytes(content)
    assert load_run(folder) == whole
    (folder / "run.json").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(UserError):
        assert load_run(folder) == whole


WHOLE = [
    {"epoch": epoch, "step": epoch * 4, "split": split, "loss": 1 / epoch}
    for epoch in (1, 2, 3)
    for split in ("train", "val")
]
BYTES = "".join(json.dumps(row) + "\n" for row in WHOLE).encode()


@given(st.integers(0, len(BYTES)))
def test_a_log_cut_anywhere_keeps_every_whole_line(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "metrics.jsonl"
    path.write_bytes(BYTES[:cut])
    entries = read_history(path)
    lines = BYTES[:cut].count(b"\n")
    assert lines <= len(entries) <= lines + 1  # a line that lacks only its newline is whole
    assert [(e.epoch, e.split) for e in entries] == [
        (row["epoch"], row["split"]) for row in WHOLE[: len(entries)]
    ]


@given(st.binary(max_size=60))
def test_damage_inside_a_log_costs_only_its_own_line(
    tmp_path_factory: pytest.TempPathFactory, damage: bytes
) -> None:
    path = tmp_path_factory.mktemp("log") / "metrics.jsonl"
    path.write_bytes(BYTES + damage.replace(b"\n", b"") + b"\n" + BYTES)
    assert len(read_history(path)) == len(WHOLE)


def test_a_repeated_epoch_counts_once_and_the_later_row_wins(tmp_path: Path) -> None:
    rows = [{"epoch": 1, "split": "val", "loss": value} for value in (0.9, 0.1)]
    path = tmp_path / "metrics.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    assert [entry.values["loss"] for entry in read_history(path)] == [0.1]


def test_what_is_not_finite_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"epoch":1,"split":"val","loss":NaN,"iou":1e999}\n', encoding="utf-8")
    assert read_history(path)[0].values == {"loss": None, "iou": None}
    assert math.isnan(json.loads("NaN"))  # Python's JSON does read it: the guard is needed


def test_a_plan_is_read_with_its_rows_and_planned_identities(tmp_path: Path) -> None:
    planned = {"id": "ablation/ca/seed0", "dir": "runs/ablation/ca/seed0", "seed": 0}
    row = {
        "variant": "ca", "on": ["ca"], "config": "configs/baseline.yaml", "overrides": ["seed=0"],
        "params": 12, "gmacs": 1, "input": [3, 64, 64], "runs": [{**planned, "code_sha256": "c"}],
    }  # fmt: skip
    plan = {
        "schema": 1, "kind": "ablation", "experiment": "ablation", "metrics": ["iou_set"],
        "components": [{"id": "ca", "plugs": [{"at": "encoder.*", "use": "coord_att"}]}],
        "rows": [row],
    }  # fmt: skip
    _write(tmp_path / "runs/ablation", plan__json=plan)
    loaded = load_plan(tmp_path / "runs", "ablation")
    assert experiments(tmp_path / "runs") == ["ablation"]
    assert loaded.components[0].plugs[0]["use"] == "coord_att"
    assert (loaded.rows[0].gmacs, loaded.rows[0].dataset) == (1.0, None)
    assert loaded.rows[0].runs[0].code_sha256 == "c"
    _write(tmp_path / "runs/ablation", plan__json={**plan, "schema": 9})
    with pytest.raises(UserError, match="schema 9, this paperkit reads up to schema 1"):
        load_plan(tmp_path / "runs", "ablation")

"""The plan: rows that cannot work fail before training, and a stale result says why."""

import json
from pathlib import Path

import pytest

from paperkit.errors import Findings, UserError
from paperkit.project import Project
from paperkit.runs import load_plan
from paperkit.sweep import Plan, launch, make_plan, read_status

SPEC = Path("experiments/ablation.yaml")


def plan(project: Project, *overrides: str) -> Plan:
    return make_plan(project, SPEC, overrides=overrides)


def add(text: str) -> None:
    SPEC.write_text(SPEC.read_text() + text, encoding="utf-8")


def states(made: Plan) -> dict[str, tuple[str, str]]:
    return {
        run.id.removeprefix("ablation/"): (run.state.name, run.state.why) for _, run in made.runs
    }


def test_rows_are_described_by_the_project(stub: Project) -> None:
    made = plan(stub)
    assert [(row.variant, row.params, row.gmacs, row.input) for row in made.rows] == [
        ("baseline", 100, 0.5, (3, 8, 8)),
        ("ca", 110, 0.5, (3, 8, 8)),
        ("cga", 110, 0.5, (3, 8, 8)),
        ("ca-cga", 120, 0.5, (3, 8, 8)),
    ]
    assert made.rows[3].overrides == (
        "plugs=[{at: encoder.*, use: coord_att}, {at: fuse.*, use: cga_fusion}]",
    )
    assert made.rows[3].runs[1].command == (
        "python train.py --config configs/baseline.yaml "
        "'plugs=[{at: encoder.*, use: coord_att}, {at: fuse.*, use: cga_fusion}]' "
        "--seed 1 --out runs/ablation/ca-cga/seed1 --resume"
    )
    assert [run.id for _, run in made.runs][:5] == [
        "ablation/baseline/seed0", "ablation/ca/seed0", "ablation/cga/seed0",
        "ablation/ca-cga/seed0", "ablation/baseline/seed1",
    ]  # fmt: skip
    assert made.metrics == ("iou_set", "dice_img")
    assert not Path("runs").exists()


def test_plugs_of_the_baseline_stay(stub: Project) -> None:
    Path("configs/derived.yaml").write_text("_base_: plugged.yaml\n")
    for config in ("plugged", "derived"):
        SPEC.write_text(
            "kind: ablation\nexperiment: x\ncomponents: {a: {at: s, use: m}}\n"
            f"baseline: configs/{config}.yaml\n"
        )
        assert [row.overrides for row in make_plan(stub, SPEC, check=False).rows] == [
            (),
            ("plugs=[{at: stem, use: old}, {at: s, use: m}]",),
        ]


def test_all_rows_that_do_not_fit_are_listed_before_anything_runs(stub: Project) -> None:
    SPEC.write_text(
        "kind: ablation\nexperiment: ablation\nseeds: [0, 1]\ndesign: factorial\n"
        "components: {a: {at: nowhere, use: m}, b: {at: s, use: n}}\n"
        "rows: [{id: typo, on: [b], set: {train.epoch: 3}}, {id: bug, on: [b], set: {x: 1}}]\n"
    )
    with pytest.raises(Findings) as caught:
        plan(stub)
    assert str(caught.value) == (
        "3 of 6 rows cannot be built; nothing was started\n"
        "  a, a-b: nowhere: no such slot; did you mean 'encoder.0'?\n"
        "  typo: command line: train.epoch: unknown key"
    )
    assert not Path("runs").exists()


def test_the_students_own_bug_shows_the_students_own_frames(stub: Project) -> None:
    SPEC.write_text(
        "kind: ablation\nexperiment: x\ncomponents: {a: {at: s, use: buggy}}\nrows: [{on: [a]}]\n"
    )
    with pytest.raises(Findings) as caught:
        plan(stub)
    models = stub.root / "stub_seg/models/__init__.py"
    lines = str(caught.value).splitlines()
    assert lines[1] == "  a: TypeError: object of type 'NoneType' has no len()"
    assert lines[2] == f'    File "{models}", line 9, in build'
    assert [line.strip() for line in lines[2:] if line.strip().startswith("File")] == [
        f'File "{models}", line 9, in build',
        f'File "{models}", line 14, in forward',
    ]


def test_two_rows_that_are_one_experiment_are_refused(stub: Project) -> None:
    add("rows: [{id: same, on: [ca], set: {train.epochs: 3}}]\n")
    with pytest.raises(UserError) as caught:
        plan(stub)
    assert str(caught.value) == (
        "rows 'ca' and 'same' are the same experiment: configuration, code and data are equal; "
        "one of them has no effect, so the table would compare a run with itself. "
        "Remove one, or make it differ"
    )
    # a key that enters no identity cannot make a row of its own either
    SPEC.write_text(SPEC.read_text().replace("train.epochs: 3", "data.root: elsewhere"))
    with pytest.raises(UserError, match="rows 'ca' and 'same' are the same experiment"):
        plan(stub)


def test_metrics_of_another_task_are_refused_before_anything_runs(stub: Project) -> None:
    spec = Path("experiments/ablation.yaml")
    text = spec.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("metrics:")]
    spec.write_text("\n".join([*lines, "metrics: [acc_set, f1_set]"]), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        make_plan(stub, spec, check=False)
    assert str(caught.value) == (
        "experiments/ablation.yaml: metrics: 'f1_set' is no metric of segmentation; write metrics: "
        "[iou_set, dice_img]"
    )
    spec.write_text("\n".join([*lines, "metrics: [acc_set, my_own_set]"]), encoding="utf-8")
    assert make_plan(stub, spec, check=False).metrics == ("acc_set", "my_own_set")


def test_rows_of_one_name_are_refused(stub: Project) -> None:
    add("grid: {lr: ['a b', 'a c']}\nrows: [{on: [ca]}]\n")
    with pytest.raises(UserError) as caught:
        plan(stub)
    assert str(caught.value) == (
        "experiments/ablation.yaml: two rows are called 'ca-lra_b'; give one of them an id"
    )


def test_unequal_budgets_are_noted(stub: Project) -> None:
    add("rows: [{id: longer, on: [ca], set: {train.epochs: 9}}]\n")
    assert plan(stub).notes == ("unequal budget: train.epochs is 3 in baseline, longer has 9",)


def test_folders_of_former_rows_are_noted(stub: Project) -> None:
    Path("runs/ablation/old/seed0").mkdir(parents=True)
    assert plan(stub).notes == ("runs/ablation/ also holds old: not in the spec, left alone",)


def test_comparison_with_data_sets(stub: Project) -> None:
    SPEC.write_text(
        "kind: comparison\nexperiment: cmp\nseeds: [3]\n"
        "methods: {unet: {model: unet}, ours: {config: configs/plugged.yaml, set: {lr: 1}}}\n"
        "datasets:\n  a: {set: {data.root: A, data.kind: 1}}\n  b: {set: {data.kind: 2}}\n"
    )
    rows = plan(stub).rows
    base = "configs/baseline.yaml"
    assert [(row.label, row.method, row.config, row.overrides) for row in rows] == [
        ("unet/a", "unet", base, ("data.root=A", "data.kind=1", "model.name=unet")),
        ("unet/b", "unet", base, ("data.kind=2", "model.name=unet")),
        ("ours/a", "ours", "configs/plugged.yaml", ("data.root=A", "data.kind=1", "lr=1")),
        ("ours/b", "ours", "configs/plugged.yaml", ("data.kind=2", "lr=1")),
    ]  # fmt: skip
    assert rows[1].runs[0].dir == "runs/cmp/unet/b/seed3"


def test_what_changes_a_result_makes_it_stale_and_says_why(stub: Project) -> None:
    """R-14: configuration, code and data; comments, blanks and root paths change nothing."""
    launch(plan(stub))
    train, data = Path("train.py"), Path("data.txt")
    source = train.read_text(encoding="utf-8")

    train.write_text(source.replace("stop = []", "stop = [ ]  # a comment\n\n"), encoding="utf-8")
    assert set(states(plan(stub, "data.root=/elsewhere")).values()) == {("done", "")}

    train.write_text(source + "\nprint()\n", encoding="utf-8")
    assert set(states(plan(stub)).values()) == {("stale", "code changed")}
    train.write_text(source, encoding="utf-8")

    data.write_text("other data")
    assert set(states(plan(stub)).values()) == {("stale", "data changed")}
    assert states(plan(stub, "train.epochs=5"))["ca/seed1"] == (
        "stale",
        "train.epochs 3 -> 5; data changed",
    )
    data.write_text("a data set\n")

    assert set(states(plan(stub)).values()) == {("done", "")}
    SPEC.write_text(SPEC.read_text().replace("coord_att", "se"))
    assert {name: state for name, state in states(plan(stub)).items() if "0" in name} == {
        "baseline/seed0": ("done", ""),
        "cga/seed0": ("done", ""),
        "ca/seed0": (
            "stale",
            "plugs [{at: encoder.*, use: coord_att}] -> [{at: encoder.*, use: se}]",
        ),
        "ca-cga/seed0": (
            "stale",
            "plugs [{at: encoder.*, use: coord_att}, {at: fuse.*, use: cga_fusion}] -> "
            "[{at: encoder.*, use: se}, {at: fuse.*, use: cga_fusion}]",
        ),
    }


def test_states_of_unfinished_runs(stub: Project) -> None:
    launch(plan(stub, "train.behave=crash"))
    folder = Path("runs/ablation/ca/seed0")
    crash = "RuntimeError: crashed in epoch 1"
    assert states(plan(stub, "train.behave=crash"))["ca/seed0"] == ("failed", crash)
    record = json.loads((folder / "run.json").read_text())

    def state(status: str) -> tuple[str, str]:
        (folder / "run.json").write_text(json.dumps({**record, "status": status}))
        return states(plan(stub, "train.behave=crash"))["ca/seed0"]

    assert state("running") == ("partial", "stopped after epoch 1; will be continued")
    assert state("done") == ("failed", "summary.json is missing")
    (folder / "checkpoints/last.pt").unlink()
    assert state("stopped") == ("partial", "stopped before its first checkpoint; will start again")
    (folder / "run.json").write_text("{torn")
    assert states(plan(stub))["ca/seed0"] == ("stale", "run.json is missing or damaged")


def test_the_written_plan_is_read_by_the_runs_room(stub: Project) -> None:
    launch(plan(stub, "train.epochs=1"))
    written = load_plan(stub.root / "runs", "ablation")
    assert (written.kind, written.spec_path) == ("ablation", "experiments/ablation.yaml")
    assert (written.overrides, written.metrics) == (("train.epochs=1",), ("iou_set", "dice_img"))
    assert [(part.id, part.plugs) for part in written.components] == [
        ("ca", ({"at": "encoder.*", "use": "coord_att"},)),
        ("cga", ({"at": "fuse.*", "use": "cga_fusion"},)),
    ]
    row = written.rows[3]
    assert (row.variant, row.on, row.params, row.input) == ("ca-cga", ("ca", "cga"), 120, (3, 8, 8))
    record = json.loads(Path(row.runs[1].dir, "run.json").read_text())
    assert record["config_sha256"] == row.runs[1].config_sha256
    before = Path("runs/ablation/plan.json").read_bytes()
    launch(plan(stub, "train.epochs=1"))
    assert Path("runs/ablation/plan.json").read_bytes() == before


def test_status_needs_no_project_code(stub: Project) -> None:
    unlaunched = read_status(stub, SPEC)
    assert (unlaunched.counts, unlaunched.notes) == ({"missing": 8}, ("not launched yet",))
    launch(plan(stub))
    Path("stub_seg/config.py").unlink()
    status = read_status(stub, SPEC)
    assert (status.counts, status.running, status.notes) == ({"done": 8}, False, ())
    assert (status.runs[0].epoch, status.runs[0].score) == (3, ("iou_set", 0.5))
    add("set: {x: 1}\n")
    assert read_status(stub, SPEC).notes == (
        "experiments/ablation.yaml was changed since the last launch; "
        "see: paperkit plan experiments/ablation.yaml",
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epochs", "--set epochs: write key=value, such as train.epochs=5"),
        ("seed=1", "--set seed=1: list the seeds under seeds: of the spec instead"),
    ],
)
def test_wrong_overrides(stub: Project, override: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        plan(stub, override)
    assert str(caught.value) == message


def test_a_spec_is_found_from_below_and_named_when_missing(
    stub: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stub.root / "configs")
    assert make_plan(stub, SPEC, check=False).spec_path == "experiments/ablation.yaml"
    with pytest.raises(UserError) as caught:
        make_plan(stub, Path("experiments/abl.yaml"))
    assert str(caught.value) == (
        "experiments/abl.yaml: no such spec; there is experiments/ablation.yaml"
    )

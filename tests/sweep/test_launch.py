"""What a researcher counts on when launching: done once, resumed, isolated, never mixed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from paperkit.errors import LockedError, UserError
from paperkit.project import Project
from paperkit.runs import load_runs
from paperkit.runs.files import Files
from paperkit.sweep import Event, Outcome, launch, lock, make_plan, read_status

SPEC = Path("experiments/ablation.yaml")
ALL = [
    f"ablation/{variant}/seed{seed}"
    for seed in (0, 1)
    for variant in ("baseline", "ca", "cga", "ca-cga")
]
posix = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
RUNNER = (
    "import sys; from pathlib import Path; from paperkit.project import root; "
    "from paperkit.sweep import launch, make_plan; "
    "p = make_plan(root.find(Path('.')), Path(sys.argv[1]), overrides=sys.argv[2:]); "
    "o = launch(p, workers=2); sys.exit(130 if o.interrupted else len(o.failed))"
)


def go(project: Project, *overrides: str, **options: object) -> Outcome:
    return launch(make_plan(project, SPEC, overrides=overrides), **options)  # type: ignore[arg-type]


def journal(project: Project) -> list[list[str]]:
    path = project.root / "journal.txt"
    return [line.split() for line in path.read_text().splitlines()] if path.is_file() else []


def ended(project: Project, what: str = "done") -> Counter[str]:
    return Counter(line[1].removeprefix("runs/") for line in journal(project) if line[0] == what)


def runner(*overrides: str) -> subprocess.Popen[bytes]:
    """A launcher in the foreground, whatever the tests themselves run in."""
    foreground = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    return subprocess.Popen([sys.executable, "-c", foreground + RUNNER, str(SPEC), *overrides])


def wait_for(condition, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def test_everything_is_trained_once_and_never_again(stub: Project) -> None:
    first = go(stub, workers=2)
    assert sorted(first.done) == sorted(ALL)
    assert (first.failed, first.skipped, first.stopped, first.interrupted) == ((), (), (), False)
    second = go(stub, workers=2)
    assert (second.done, second.skipped) == ((), tuple(ALL))
    assert ended(stub) == Counter(ALL)
    assert not list(stub.root.glob("runs/**/*.lock"))


def test_after_a_large_sweep_no_run_need_be_opened(
    stub: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paperkit.runs.index.FEWEST", len(ALL))
    monkeypatch.setattr("paperkit.runs.files.SETTLED", -(10**15))  # files settle at once
    go(stub, workers=2)

    read = Files.read

    def opened(self: Files, path: str) -> bytes | None:
        content = read(self, path)
        assert content is None, f"{path} was opened"
        return content

    monkeypatch.setattr(Files, "read", opened)
    found = load_runs(stub.root / "runs", "ablation")
    assert sorted(run.id for run in found) == sorted(ALL)


def test_the_folder_says_where_it_belongs_before_training_and_after(stub: Project) -> None:
    go(stub)
    record = json.loads((stub.root / "runs/ablation/ca-cga/seed1/run.json").read_text())
    plan = json.loads((stub.root / "runs/ablation/plan.json").read_text(encoding="utf-8"))
    planned = plan["rows"][3]["runs"][1]
    place = ("schema", "id", "experiment", "variant", "method", "dataset", "seed", "fold")
    assert [record[key] for key in place] == [
        1, "ablation/ca-cga/seed1", "ablation", "ca-cga", None, None, 1, None,
    ]  # fmt: skip
    for name in ("config_sha256", "code_sha256", "data_sha256"):
        assert record[name] == planned[name]


def test_cores_are_divided_and_gpus_given_out(
    stub: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    go(stub, workers=2, threads=7)
    records = [json.loads(path.read_text()) for path in stub.root.glob("runs/*/*/seed*/run.json")]
    assert {record["threads"] for record in records} == {"7"}
    assert {record["devices"] for record in records} == {"3", "5"}


def test_a_failure_stops_nobody_and_is_listed_with_its_last_lines(stub: Project) -> None:
    spec = SPEC.read_text().replace("[0, 1]", "[0]")
    SPEC.write_text(spec + "rows: [{id: bad, on: [ca], set: {train.behave: crash}}]\n")
    outcome = go(stub)
    assert len(outcome.done) == 4
    (failure,) = outcome.failed
    assert (failure.run, failure.dir) == ("ablation/bad/seed0", "runs/ablation/bad/seed0")
    assert failure.reason == "RuntimeError: crashed in epoch 1"
    assert failure.lines[0] == "start attempt=1 pid=" + failure.lines[0].rpartition("=")[2]
    assert failure.lines[-1] == "RuntimeError: crashed in epoch 1"
    record = json.loads((stub.root / failure.dir / "run.json").read_text())
    assert (record["status"], record["error"]) == ("failed", "RuntimeError: crashed in epoch 1")
    assert go(stub).failed[0].run == "ablation/bad/seed0"
    assert max(ended(stub).values()) == 1


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        ("kill", "ended by signal 9 (out of memory?)"),
        ("quiet", "ended without a result (run.json says running)"),
        ("diverge", "the loss is nan in epoch 1"),
        ("stuck", "no progress in 3 starts (each ended with exit code 75)"),
    ],
)
def test_every_bad_end_has_its_reason(stub: Project, behave: str, reason: str) -> None:
    outcome = go(stub, f"train.behave={behave}", workers=4)
    assert {failure.reason for failure in outcome.failed} == {reason}
    assert sorted(failure.run for failure in outcome.failed) == sorted(ALL)


def test_a_diverged_run_is_not_repeated_without_force(stub: Project) -> None:
    go(stub, "train.behave=diverge")
    again = go(stub, "train.behave=diverge")
    assert again.failed[0].reason == (
        "diverged before (the loss is nan in epoch 1); --force trains it again"
    )
    assert set(ended(stub, "start").values()) == {1}
    go(stub, "train.behave=diverge", force=True)
    assert set(ended(stub, "start").values()) == {2}


def test_exit_75_is_continued_in_the_same_launch(stub: Project) -> None:
    events: list[Event] = []
    outcome = go(stub, "train.behave=again", on_event=events.append)
    assert sorted(outcome.done) == sorted(ALL)
    assert set(ended(stub, "start").values()) == {4}
    assert sum(event.kind == "again" for event in events) == 3 * len(ALL)
    epochs = (stub.root / "runs/ablation/ca/seed0/metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in epochs] == [1, 2, 3]


def test_force_trains_again_and_keeps_the_old_results(stub: Project) -> None:
    go(stub)
    outcome = go(stub, force=True)
    assert sorted(outcome.done) == sorted(ALL)
    kept = stub.root / "runs/ablation/superseded"
    assert (kept / "ca/seed0-1/summary.json").is_file()
    go(stub, force=True)
    assert (kept / "ca/seed0-2/summary.json").is_file()


def test_a_changed_setting_supersedes_and_going_back_trains_nothing(stub: Project) -> None:
    go(stub)
    assert len(go(stub, "train.epochs=2").done) == len(ALL)
    back = go(stub)
    assert (back.done, sorted(back.skipped)) == ((), sorted(ALL))
    assert set(ended(stub).values()) == {2}
    record = (stub.root / "runs/ablation/ca/seed0/config.yaml").read_text()
    assert json.loads(record)["train"]["epochs"] == 3


def test_a_prepared_folder_counts_as_empty(stub: Project) -> None:
    folder = stub.root / "runs/ablation/ca/seed0"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"status": "queued", "config_sha256": "of another plan"}')
    (folder / "log.txt").write_text("")
    assert sorted(go(stub).done) == sorted(ALL)
    assert not (stub.root / "runs/ablation/superseded").exists()


def test_two_launchers_of_one_experiment(stub: Project) -> None:
    plan = make_plan(stub, SPEC)
    path = stub.root / "runs/ablation/.sweep.lock"
    with lock.held(path, "runs/ablation"), pytest.raises(LockedError) as caught:
        launch(plan)
    holder = f"runs/ablation is being worked on by process {os.getpid()} on "
    assert str(caught.value).startswith(holder)
    assert str(caught.value).endswith(f"(if it is surely dead: remove {path})")
    assert journal(stub) == []


def test_two_specs_do_not_share_an_experiment(stub: Project) -> None:
    go(stub)
    other = Path("experiments/other.yaml")
    other.write_text(SPEC.read_text())
    with pytest.raises(UserError) as caught:
        launch(make_plan(stub, other))
    assert str(caught.value) == (
        "experiments/other.yaml: experiment 'ablation' belongs to experiments/ablation.yaml; "
        "give one of them another 'experiment:' name"
    )
    SPEC.unlink()
    assert len(launch(make_plan(stub, other)).skipped) == len(ALL)


@posix
def test_a_killed_child_is_resumed(stub: Project) -> None:
    events: list[Event] = []

    def kill_once(event: Event) -> None:
        started = [line for line in journal(stub) if line[0] == "start"]
        if event.kind == "epoch" and not any(e.kind == "epoch" for e in events):
            pid = next(int(line[2]) for line in started if line[1] == f"runs/{event.run}")
            os.kill(pid, signal.SIGKILL)
        events.append(event)

    killed = go(stub, "train.seconds=0.4", workers=2, on_event=kill_once)
    assert [failure.reason for failure in killed.failed] == ["ended by signal 9 (out of memory?)"]
    outcome = go(stub, "train.seconds=0.4", workers=2)
    assert outcome.done == (killed.failed[0].run,)
    assert ended(stub) == Counter(ALL)
    lines = (stub.root / killed.failed[0].dir / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]


@posix
def test_a_killed_launcher_loses_nothing_and_repeats_nothing(stub: Project) -> None:
    """R-13: SIGKILL of the launcher at ever later moments; its children may live on."""
    for moment in range(6):
        process = runner("train.seconds=0.05")
        before = len(journal(stub))
        wait_for(lambda p=process, b=before: p.poll() is not None or len(journal(stub)) > b)
        time.sleep(0.07 * moment)
        process.kill()
        process.wait()
    assert runner("train.seconds=0.05").wait() == 0
    assert ended(stub) == Counter(ALL)
    assert ended(stub, "repeated") == Counter()


@posix
def test_random_crashes_and_relaunches_finish_everything_exactly_once(
    stub: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_BEHAVE", "random")
    for _ in range(30):
        outcome = go(stub, workers=3)
        if not outcome.failed:
            break
    assert not outcome.failed
    assert ended(stub) == Counter(ALL)


@posix
def test_an_orphan_keeps_its_folder_until_it_is_done(stub: Project) -> None:
    process = runner("train.seconds=0.7")
    wait_for(lambda: len(ended(stub, "start")) == 2)
    process.kill()
    process.wait()
    status = read_status(stub, SPEC)
    assert status.counts == {"missing": 6, "running": 2}
    events: list[Event] = []
    outcome = go(stub, "train.seconds=0.7", workers=8, on_event=events.append)
    waited = {event.run for event in events if event.kind == "waiting"}
    assert waited == {"ablation/baseline/seed0", "ablation/ca/seed0"}
    assert waited <= set(outcome.skipped)
    assert ended(stub) == Counter(ALL)


@posix
def test_ctrl_c_writes_checkpoints_and_the_next_launch_goes_on(stub: Project) -> None:
    process = runner("train.seconds=0.3")
    wait_for(lambda: len(ended(stub, "start")) == 2)
    assert read_status(stub, SPEC).counts == {"queued": 6, "running": 2}
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert sum(ended(stub, "stopped").values()) == 2
    assert len(ended(stub, "start")) == 2
    assert read_status(stub, SPEC).counts == {"missing": 6, "partial": 2}
    outcome = go(stub, "train.seconds=0.3", workers=4)
    assert sorted(outcome.done) == sorted(ALL)
    assert ended(stub) == Counter(ALL)


def test_events_count_up_and_estimate_the_end(stub: Project) -> None:
    events: list[Event] = []
    go(stub, "train.seconds=0.3", workers=4, on_event=events.append)
    done = [event for event in events if event.kind == "done"]
    assert [event.finished for event in done][-1] == len(ALL)
    assert {event.total for event in events} == {len(ALL)}
    assert any(event.kind == "epoch" and event.epochs == 3 for event in events)
    half = next(event for event in done if event.finished >= 4)
    assert half.remaining is not None
    assert 0 < half.remaining < 20
    assert done[-1].remaining == 0


def test_code_that_changes_during_the_sweep_is_told(stub: Project) -> None:
    def edit(event: Event) -> None:
        if event.kind == "done" and event.finished == 4:
            with Path("train.py").open("a", encoding="utf-8") as file:
                file.write("\nprint('edited')\n")

    outcome = go(stub, workers=1, on_event=edit)
    assert outcome.notes[-1] == (
        "ablation/ca-cga/seed1: code changed while the sweep ran; "
        "launch again to make all rows equal"
    )
    assert len(outcome.notes) == 4

"""A real generated project: a run survives SIGKILL, and knows what makes it stale."""

import json
import os
import signal
from pathlib import Path

import pytest

from paperkit.project import Project, root
from paperkit.sweep import Event, launch, make_plan

TEMPLATE = Path(__file__).parents[2] / "template"
SPEC = """
kind: ablation
experiment: kill
components: {ca: {at: "encoder.*", use: coord_att}}
rows: [{on: [ca]}]
set: {train.epochs: 30, data.size: 32, data.limit: 16, model.width: 4}
"""


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    from cookiecutter.main import cookiecutter

    monkeypatch.setenv("HOME", str(tmp_path))
    answers = {"project_name": "real", "project_slug": "real 项目", "package_name": "real_seg"}
    folder = cookiecutter(
        str(TEMPLATE), no_input=True, output_dir=str(tmp_path), extra_context=answers
    )
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    Path("experiments/kill.yaml").write_text(SPEC, encoding="utf-8")
    return root.find(Path(folder))


@pytest.mark.slow
def test_the_whole_life_of_a_run(generated: Project) -> None:
    spec = Path("experiments/kill.yaml")

    seen: list[int] = []

    def kill_after_an_epoch(event: Event) -> None:
        if event.kind == "epoch" and not seen:
            seen.append(event.epoch)
            facts = json.loads(Path("runs/kill/ca/.seed0.lock").read_text())
            os.kill(facts["child"], signal.SIGKILL)

    folder = Path("runs/kill/ca/seed0")
    plan = make_plan(generated, spec)
    killed = launch(plan, workers=1, threads=1, on_event=kill_after_an_epoch)
    assert [failure.reason for failure in killed.failed] == ["ended by signal 9 (out of memory?)"]
    outcome = launch(plan, workers=1, threads=1)
    assert outcome.done == ("kill/ca/seed0",), outcome.failed
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (record["status"], record["attempt"], record["env"]["threads"]) == ("done", 2, 1)
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows if row["split"] == "val"] == [*range(1, 31)]

    losses = Path("real_seg/losses.py")
    source = losses.read_text(encoding="utf-8")
    losses.write_text("# a comment\n\n" + source + "\n\n# another\n", encoding="utf-8")
    made = make_plan(generated, spec, overrides=["data.workers=2"])
    assert [run.state.name for _, run in made.runs] == ["done"]
    assert (made.rows[0].params or 0) > 0
    losses.write_text(source + "\nX = 1\n", encoding="utf-8")
    made = make_plan(generated, spec, overrides=["optim.lr=0.5"])
    assert [run.state.name for _, run in made.runs] == ["stale"]
    assert made.runs[0][1].state.why == "optim.lr 0.003 -> 0.5; code changed"

"""plan, run and status as typed: what is printed, and the exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paperkit.project import Project

SPEC = "experiments/ablation.yaml"
PROGRAM = (
    "import sys; import typer; from importlib import import_module; from paperkit.cli import app\n"
    "for verb in ('plan', 'run', 'status'):\n"
    "    app.app.command(verb)(getattr(import_module('paperkit.cli.' + verb), verb))\n"
    "sys.exit(app.main(sys.argv[1:]))\n"
)


def paperkit(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        check=False,
        env={**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"},
    )


def test_plan_run_status_from_a_folder_below(stub: Project) -> None:
    below = stub.root / "configs"
    plan = paperkit("plan", SPEC, cwd=below)
    assert (plan.returncode, plan.stderr) == (0, "")
    rows = [line.split() for line in plan.stdout.splitlines()]
    assert ["baseline", "-", "100", "0.5", "0,", "1", "missing"] in rows
    assert ["ca-cga", "coord_att,", "cga_fusion", "120", "0.5", "0,", "1", "missing"] in rows
    assert plan.stdout.splitlines()[-1] == f"8 of 8 runs to train: paperkit run {SPEC}"

    run = paperkit("run", SPEC, "--workers", "2", cwd=below)
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert lines[0] == "[0/8] ablation/baseline/seed0 started"
    assert sum(" done" in line for line in lines[:-2]) == 8
    assert lines[-2].startswith("8 trained, 0 done before; ")
    assert lines[-1] == f"next: paperkit report (or: paperkit status {SPEC})"

    status = paperkit("status", SPEC, "--watch", cwd=below)
    assert (status.returncode, status.stderr) == (0, "")
    assert status.stdout.splitlines()[-1].strip() == "8 done; nothing is being launched"
    assert paperkit("plan", SPEC, cwd=below).stdout.splitlines()[-1] == "all 8 runs are done"


def test_failures_come_last_with_exit_code_1(stub: Project) -> None:
    run = paperkit("run", SPEC, "--set", "train.behave=crash", "--workers", "8")
    assert run.returncode == 1
    assert run.stdout.splitlines()[-1].startswith("0 trained, 0 done before, 8 failed; ")
    errors = run.stderr.splitlines()
    assert errors[0] == f"paperkit: 8 runs failed; after mending: paperkit run {SPEC}"
    assert errors.count("    RuntimeError: crashed in epoch 1") == 8
    assert "    (all of it: runs/ablation/ca/seed0/log.txt)" in errors


def test_json_is_one_document(stub: Project) -> None:
    plan = json.loads(paperkit("plan", SPEC, "--json").stdout)
    assert plan["rows"][1]["runs"][0]["state"] == "missing"
    assert plan["rows"][1]["params"] == 110
    run = json.loads(paperkit("run", SPEC, "--json").stdout)
    assert (len(run["done"]), run["failed"], run["interrupted"]) == (8, [], False)
    status = json.loads(paperkit("status", SPEC, "--json").stdout)
    assert (status["counts"], status["runs"][0]["id"]) == ({"done": 8}, "ablation/baseline/seed0")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "no.yaml"], 2, f"paperkit: no.yaml: no such spec; there is {SPEC}\n"),
        (["plan", SPEC, "--set", "x"], 2,
         "paperkit: --set x: write key=value, such as train.epochs=5\n"),
        (["run", SPEC, "--set", "train.x=1"], 1,
         "paperkit: 4 of 4 rows cannot be built; nothing was started\n"
         "  all rows: command line: train.x: unknown key\n"),
    ],
)  # fmt: skip
def test_mistakes(stub: Project, arguments: list[str], code: int, message: str) -> None:
    ended = paperkit(*arguments)
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", message)


def test_outside_a_project(tmp_path: Path) -> None:
    ended = paperkit("status", SPEC, cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (
        2,
        f"paperkit: no paperkit project in {tmp_path.resolve()} or above "
        "(no .paperkit/answers.json); change into one, or make one: paperkit new NAME\n",
    )

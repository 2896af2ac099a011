"""What the sweep costs per run, against a bare loop of the same processes.

    python benchmarks/sweep_overhead.py [RUNS]

Both sides train the tests' stub project (no torch, no waiting), two processes at a time, in turns
in one program. The number to look at is the ratio; the milliseconds are of this machine.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paperkit.project import Project, root
from paperkit.sweep import Plan, PlannedRun, launch, make_plan

STUB = Path(__file__).parents[1] / "tests/sweep/stub_project"
ROUNDS = 5


def fresh(folder: Path, runs: int) -> Project:
    shutil.copytree(STUB, folder, ignore=shutil.ignore_patterns("__pycache__", "runs"))
    spec = {"kind": "ablation", "experiment": "ablation", "rows": [{}], "seeds": list(range(runs))}
    (folder / "experiments/ablation.yaml").write_text(json.dumps(spec), encoding="utf-8")
    return root.find(folder)


def planned(folder: Path, runs: int) -> Plan:
    project = fresh(folder, runs)
    return make_plan(project, project.root / "experiments/ablation.yaml")


def sweep(folder: Path, runs: int) -> float:
    plan = planned(folder, runs)
    began = time.perf_counter()
    outcome = launch(plan, workers=2, threads=1)
    seconds = time.perf_counter() - began
    assert len(outcome.done) == runs, outcome.failed
    return seconds


def bare(folder: Path, runs: int) -> float:
    plan = planned(folder, runs)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def train(run: PlannedRun) -> None:
        (plan.project.root / run.dir).mkdir(parents=True)
        (plan.project.root / run.dir / "run.json").write_text('{"status": "queued"}')
        # a session of its own, as in the sweep: Linux shares a busy machine by sessions
        subprocess.run(
            [str(plan.project.python), *run.arguments],
            cwd=plan.project.root,
            env=environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            check=True,
        )

    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(train, [run for _, run in plan.runs]))
    return time.perf_counter() - began


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    times: dict[str, list[float]] = {"bare": [], "sweep": []}
    with tempfile.TemporaryDirectory() as place:
        for turn in range(ROUNDS):
            times["bare"].append(bare(Path(place, f"bare{turn}"), runs))
            times["sweep"].append(sweep(Path(place, f"sweep{turn}"), runs))
    middle = {name: statistics.median(values) / runs * 1000 for name, values in times.items()}
    ratio = statistics.median(s / b for s, b in zip(times["sweep"], times["bare"], strict=True))
    print(f"{runs} runs, two at a time, median of {ROUNDS} interleaved rounds")
    print(f"bare loop {middle['bare']:.1f} ms per run, sweep {middle['sweep']:.1f} ms per run")
    print(f"ratio {ratio:.2f}; {middle['sweep'] - middle['bare']:+.1f} ms per run")


if __name__ == "__main__":
    main()

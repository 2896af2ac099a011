"""Make tests/data/runs again: small real run folders for the tests of the report and the gallery.

    python tests/data/make_runs.py

Generates a project, trains its 2 x 2 ablation (coordinate attention, content-guided fusion) with
two seeds on the built-in synthetic data, and keeps what the report reads: no checkpoints, and the
pictures of a few cases. Takes some minutes on two CPU cores; the numbers depend on the CPU.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from paperkit import scaffold, sweep
from paperkit.project import root
from paperkit.report.figures.cases import case_scores, pick
from paperkit.runs import load_runs

TARGET = Path(__file__).with_name("runs")
OVERRIDES = ("data.limit=128", "data.size=48", "train.epochs=16")
PICTURES = 12
LEFT_OUT = ("checkpoints", "events.out.tfevents*", "*.part", "superseded", "*.lock", ".*")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project_folder = Path(folder, "sample")
        answers = {"project_name": "Sample runs", "package_name": "sample_seg"}
        scaffold.create(scaffold.make_answers(answers), project_folder)
        spec = project_folder / "experiments/ablation.yaml"
        text = spec.read_text(encoding="utf-8").replace("seeds: [0, 1, 2]", "seeds: [0, 1]")
        spec.write_text(text, encoding="utf-8", newline="\n")
        subprocess.run(["git", "commit", "-qam", "Two seeds"], cwd=project_folder, check=True)
        project = root.find(project_folder)
        plan = sweep.make_plan(project, spec, overrides=OVERRIDES)
        outcome = sweep.launch(plan, on_event=lambda event: print(event.run, event.kind))
        assert not outcome.failed, outcome.failed
        keep(project_folder / "runs")


def keep(runs: Path) -> None:
    """Copy what the report reads, without what names this machine."""
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(runs, TARGET, ignore=shutil.ignore_patterns(*LEFT_OUT))
    kept = cases_of_the_figure()
    for pattern in ("*/*/*/samples", "data/*/images", "data/*/truth"):
        for folder in TARGET.glob(pattern):
            pictures = sorted(folder.iterdir())
            others = [path for path in pictures if path.stem not in kept]
            for picture in others[PICTURES - len(kept) :]:
                picture.unlink()
    for path in TARGET.rglob("log.txt"):
        path.unlink()
    size = sum(path.stat().st_size for path in TARGET.rglob("*") if path.is_file())
    print(f"{TARGET}: {size / 1e6:.2f} MB")


def cases_of_the_figure() -> set[str]:
    """The cases that the qualitative figure picks."""
    rows = [
        [case_scores(run) for run in load_runs(TARGET, "ablation") if run.variant == variant]
        for variant in ("baseline", "ca-cga")
    ]
    return set(pick(*rows))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()

"""Evaluate the best checkpoint of a run: metrics per class, and the counts of every case.

    python evaluate.py --run runs/single/baseline/seed0               # the test split
    python evaluate.py --run runs/single/baseline/seed0 --split val

The test split's numbers are those of train.py, written again to the same files (cases.csv,
summary.json); another split gets its own (cases-val.csv, summary-val.json).
Exit codes: 0 done, 2 your mistake.
"""

import argparse
import functools
import sys
from pathlib import Path

from tqdm import tqdm

from {{cookiecutter.package_name}} import checkpoint, data, identity, metrics, slots, trained
from {{cookiecutter.package_name}}.config import ConfigError
from {{cookiecutter.package_name}}.evaluation import evaluate, summary
from {{cookiecutter.package_name}}.runlog import RunLog

MISTAKES = (ConfigError, slots.SlotError, data.DataError, checkpoint.CheckpointError)


def run_evaluation(run: Path, split: str) -> metrics.Meter:
    """Evaluate, write the two files, and return the counts."""
    config, model, saved = trained.restore(run)
    then, now = trained.facts(run).get("data_sha256"), identity.of(config)["data_sha256"]
    if then not in (None, now):
        raise ConfigError(
            f"{run}: the data has changed since this run ({then[:12]}, now {now[:12]}); "
            "train again, or restore the data"
        )
    bar = functools.partial(tqdm, desc=split, leave=False, disable=not sys.stderr.isatty())
    _, meter = evaluate(model, config, split, show=bar)
    log, suffix = RunLog(run), "" if split == "test" else f"-{split}"
    log.table(f"cases{suffix}.csv", meter.rows())
    log.json(
        f"summary{suffix}.json",
        summary(meter, split=split, best=run / trained.BEST, epoch=saved["epoch"]),
    )
    return meter


def table(meter: metrics.Meter) -> str:
    """Metrics as text: one row per class, and the mean."""
    values, per_class = meter.summary()
    width = max(map(len, [*per_class, "all"]))
    lines = [" ".join([" " * width, *(f"{name:>9}" for name in values)])]
    for row, numbers in [*per_class.items(), ("all", values)]:
        cells = (f"{numbers[name]:9.4f}" if name in numbers else " " * 9 for name in values)
        lines.append(" ".join([f"{row:<{width}}", *cells]).rstrip())
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True, help="run folder with checkpoints/best.pt")
    parser.add_argument("--split", default="test", choices=("train", "val", "test"))
    given = parser.parse_args()
    try:
        meter = run_evaluation(given.run, given.split)
    except MISTAKES as error:
        print(f"evaluate.py: {error}", file=sys.stderr)
        return 2
    print(f"{given.run}: {len(meter.cases)} cases of {given.split}\n{table(meter)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

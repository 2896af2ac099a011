"""What training writes is what docs/reference/run-folder.md promises, file by file, key by key."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from paperkit import scaffold
from paperkit.runs import load_runs

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs/reference/run-folder.md"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one short run of a fresh project."""
    answers = scaffold.make_answers({"project_name": "schema"})
    project = scaffold.create(answers, tmp_path_factory.mktemp("论文 schema") / "my project")
    tiny = ["data.limit=8", "train.epochs=1", "train.batch_size=4"]
    out = "runs/single/tiny/seed0"
    done = subprocess.run(
        [sys.executable, "train.py", *tiny, "--plug", "encoder.0=coord_att", "--out", out],
        cwd=project,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return project / out


def section(name: str) -> str:
    """Return the text below one heading of the reference."""
    return REFERENCE.read_text(encoding="utf-8").split(f"## {name}\n")[1].split("\n## ")[0]


def documented(name: str) -> set[str]:
    """Return the keys in the first column of a section's table."""
    rows = re.findall(r"^\| (`.+?) \|", section(name), re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}


def nested(name: str, key: str) -> set[str]:
    """Return the keys that the reference gives as `{a, b}` for one key."""
    row = next(line for line in section(name).splitlines() if line.startswith(f"| `{key}` |"))
    inside = re.search(r"\{(.+?)\}", row)
    assert inside is not None
    return {
        part.partition(":")[0].strip() for part in inside[1].split(",") if part.strip()[0] > "Z"
    }


def read(path: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return document


def difference(found: set[str], promised: set[str]) -> list[str]:
    """Return what one of the two has alone."""
    return [f"{key}: written, not documented" for key in sorted(found - promised)] + [
        f"{key}: documented, not written" for key in sorted(promised - found)
    ]


def test_run_json_has_the_documented_keys(run: Path) -> None:
    written = read(run / "run.json")
    assert difference(set(written), documented("run.json")) == []
    for key in ("git", "env", "model", "selection"):
        inner = written[key]
        assert isinstance(inner, dict)
        assert difference(set(inner), nested("run.json", key)) == [], key


def test_the_reader_understands_all_that_training_writes(run: Path) -> None:
    (record,) = load_runs(run.parents[2])
    written = read(run / "run.json")
    assert record.status == "done" and record.id == written["id"] == "single/tiny/seed0"
    for key in documented("run.json") - {"schema", "model", "selection", "cites", "fold"}:
        if hasattr(record, key):
            assert getattr(record, key) == written[key], key
    assert (
        record.model is not None
        and record.model.params == read(run / "run.json")["model"]["params"]
    )  # type: ignore[index]


def test_the_folder_holds_the_documented_files(run: Path) -> None:
    listed = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    needed = {
        *("run.json", "config.yaml", "plugs.json", "metrics.jsonl", "cases.csv", "summary.json"),
        *("checkpoints/last.pt", "checkpoints/best.pt", "log.txt"),
    }
    rest = {n for n in listed - needed if not n.startswith(("samples/", "events.out.tfevents."))}
    assert needed <= listed and rest == set()


def test_plugs_metrics_cases_and_summary_have_the_documented_keys(run: Path) -> None:
    def words(name: str) -> list[str]:
        return re.findall(r"`(\w+)`", section(name).strip().split("\n\n")[0])

    (plug,) = json.loads((run / "plugs.json").read_text(encoding="utf-8"))
    assert difference(set(plug), set(words("plugs.json"))) == []
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    assert [row["split"] for row in rows] == ["train", "val", "test"]
    assert {"epoch", "step", "split", "loss", "lr"} <= set(rows[0])
    with (run / "cases.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    promised = re.search(r"`(split, case, group, class.*?)`", section("cases.csv"))
    assert promised is not None and ", ".join(header) == promised[1]
    keys = {"schema", "split", "checkpoint", "metric_spec", "n_cases", "metrics", "per_class"}
    assert keys <= set(words("summary.json")) and set(read(run / "summary.json")) == keys


def test_a_key_too_much_and_a_key_too_few_are_found() -> None:
    promised = documented("run.json")
    assert {"schema", "variant", "code_sha256", "error"} <= promised
    assert difference(promised - {"git"} | {"host"}, promised) == [
        "host: written, not documented",
        "git: documented, not written",
    ]
    assert nested("run.json", "model") == {"name", "params", "gmacs", "input"}

"""train.py as a user runs it: the run folder, stopping and going on, and what each mistake says."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from sandbox import PACKAGE, config, module, project

SMALL = ["data.limit=8", "train.batch_size=2", "model.width=4"]
# a network with dropout that, once, sends its own process the signal in its k-th training step
DROPNET = """
import os, signal
from pathlib import Path
from torch import nn

class DropNet(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.first, self.drop = nn.Conv2d(channels, 8, 3, padding=1), nn.Dropout(0.3)
        self.norm, self.last, self.calls = nn.BatchNorm2d(8), nn.Conv2d(8, classes, 1), 0

    def forward(self, x):
        if self.training and "STOP_AT" in os.environ:
            self.calls += 1
            if self.calls == int(os.environ["STOP_AT"]):
                os.kill(os.getpid(), getattr(signal, os.environ["STOP_BY"]))
        return self.last(self.drop(self.norm(self.first(x)).relu()))

def make(channels, classes):
    return DropNet(channels, classes)
"""


FILES = """
run.json config.yaml plugs.json metrics.jsonl cases.csv summary.json samples checkpoints log.txt
"""
PLACE = "schema id experiment variant method dataset seed fold"
REST = """
status attempt started ended seconds command config_sha256 code_sha256 data_sha256 git env model
throughput peak_mib selection metric_spec cites error weights data
"""


def run(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {"OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(
        [sys.executable, "train.py", *map(str, command)],
        cwd=project(),
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def facts(out: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((out / "run.json").read_text("utf-8"))
    return loaded


def rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def smoke() -> Path:
    """The run that `python train.py` leaves, without any argument."""
    out = project() / "runs/single/smoke/seed0"
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\nepoch") + done.stdout.startswith("epoch") == len(rows(out)) // 2
    return out


def test_the_run_folder_is_complete(smoke: Path) -> None:
    names = {path.name for path in smoke.iterdir() if "tfevents" not in path.name}
    assert names == set(FILES.split())
    record = facts(smoke)
    assert list(record)[:8] == PLACE.split()
    assert set(record) == {*PLACE.split(), *REST.split()}
    assert (record["id"], record["status"], record["attempt"]) == ("single/smoke/seed0", "done", 1)
    assert record["data"] == {"train": 32, "val": 32, "test": 32}  # smoke.yaml's limit
    assert str(project()) not in (smoke / "run.json").read_text("utf-8")
    assert (smoke / "log.txt").read_text("utf-8").startswith("start attempt=1 pid=")


def test_the_numbers_agree_with_each_other(smoke: Path) -> None:
    log, record = rows(smoke), facts(smoke)
    best = max((row for row in log if row["split"] == "val"), key=lambda row: row["iou_set"])
    wanted = {"metric": "iou_set", "mode": "max", "split": "val"}
    assert record["selection"] == {**wanted, "epoch": best["epoch"], "value": best["iou_set"]}
    assert [row["split"] for row in log].count("test") == 1
    summary = json.loads((smoke / "summary.json").read_text("utf-8"))
    assert summary["metrics"] == {key: log[-1][key] for key in summary["metrics"]}
    assert log[-1]["epoch"] == summary["checkpoint"]["epoch"] == best["epoch"]
    assert summary["n_cases"] == len(list((smoke / "samples").glob("*.png"))) == 32
    best_pt = smoke / "checkpoints/best.pt"
    assert summary["checkpoint"]["sha256"] == module("checkpoint").sha256(best_pt)
    keys = "model optimizer scheduler scaler ema epoch step log_offset config_hash threads"
    assert set(keys.split()) <= set(torch.load(best_pt, weights_only=True))


def test_papers_that_were_used_are_cited(smoke: Path, tmp_path: Path) -> None:
    assert facts(smoke)["cites"][0]["key"] == "ronneberger2015unet"
    plugs = [{"at": "skip.0", "use": "coord_att"}]
    made = config(tmp_path, "model.width=4", loss={"name": "focal"}, plugs=plugs)
    cited = module("references").cites(made, module("models").build(made))
    assert {"ronneberger2015unet", "lin2017focal", "loshchilov2019adamw"} < {
        c["key"] for c in cited
    }
    assert "Coordinate Attention" in cited[-1]["bibtex"]
    assert all(set(c) == {"key", "bibtex", "for"} and c["key"] in c["bibtex"] for c in cited)


@pytest.mark.parametrize(("by", "at"), [("SIGTERM", 3), ("SIGUSR1", 8)])
def test_a_stopped_run_goes_on_bit_by_bit(tmp_path: Path, by: str, at: int) -> None:
    if not hasattr(signal, by):
        pytest.skip(f"{by} does not exist here")
    (project() / PACKAGE / "dropnet.py").write_text(DROPNET, "utf-8")
    extra = "train.accumulate=2 train.ema=0.9 train.clip=1 augment.rotate=20 augment.hflip=0.5"
    settings = [*SMALL, *extra.split(), f"model.name={PACKAGE}.dropnet:make"]
    straight, broken = project() / "runs/x 实验/straight/seed0", tmp_path / "broken"
    if not straight.exists():
        assert run("--out", straight, *settings).returncode == 0
    stopped = run("--out", broken, *settings, STOP_AT=str(at), STOP_BY=by)
    assert (stopped.returncode, facts(broken)["status"]) == (75, "stopped")
    assert not (broken / "summary.json").exists()
    went_on = run("--out", broken, "--resume", *settings)
    assert went_on.returncode == 0, went_on.stderr
    for name in ("metrics.jsonl", "cases.csv"):
        assert (broken / name).read_bytes() == (straight / name).read_bytes()
    ours, theirs = (
        torch.load(f / "checkpoints/last.pt", weights_only=True) for f in (broken, straight)
    )
    for part in ("model", "ema"):
        assert all(torch.equal(ours[part][key], theirs[part][key]) for key in theirs[part])
    assert facts(broken)["attempt"] == 2
    again = run("--out", broken, "--resume", *settings)
    assert (again.returncode, again.stdout) == (0, f"{broken} is done already\n")


def test_rows_after_the_checkpoint_are_written_again_not_twice(tmp_path: Path) -> None:
    log = module("runlog").RunLog(tmp_path)
    log.row(epoch=1, loss=0.5)
    offset = log.offset()
    log.row(epoch=2, loss=float("nan"))
    assert rows(tmp_path)[1] == {"epoch": 2, "loss": None}
    log.truncate(offset)
    assert rows(tmp_path) == [{"epoch": 1, "loss": 0.5}]


def test_a_second_interrupt_is_immediate() -> None:
    before = signal.getsignal(signal.SIGINT)
    with module("interrupt").Stop() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_only_an_empty_or_queued_folder_is_written_to(smoke: Path, tmp_path: Path) -> None:
    check, made = module("resume").check, config(tmp_path)
    queued = tmp_path / "queued"
    queued.mkdir()
    (queued / "run.json").write_text('{"schema": 1, "status": "queued"}', "utf-8")
    (queued / "log.txt").write_text("", "utf-8")
    check(queued, made, resume=False)
    (queued / "metrics.jsonl").write_text("", "utf-8")
    with pytest.raises(module("config").ConfigError) as caught:
        check(queued, made, resume=False)
    assert str(caught.value) == (
        f"{queued} is not empty; go on with it by --resume, or choose another --out"
    )
    refused = run("optim.lr=0.5", "--resume")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"error: {smoke} was started with optim.lr=0.001, but now it is 0.5; resume with the same "
        "configuration, or choose another --out\n"
    )


def test_without_out_every_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    free, stem = module("resume").free, tmp_path / "baseline"
    assert free(stem, seed=0, resume=True) == stem / "seed0"
    for taken in ("baseline/seed0", "baseline-2/seed0"):
        (tmp_path / taken).mkdir(parents=True)
        (tmp_path / taken / "run.json").write_text("{}", "utf-8")
    assert free(stem, seed=0, resume=False) == tmp_path / "baseline-3/seed0"
    assert free(stem, seed=0, resume=True) == tmp_path / "baseline-2/seed0"
    assert free(stem, seed=1, resume=False) == stem / "seed1"


def test_a_line_is_logged_once_where_the_screen_is_the_log(tmp_path: Path) -> None:
    script = (
        f"import {PACKAGE}.command as c, {PACKAGE}.runlog as r; from pathlib import Path; "
        f"c.say(r.RunLog(Path({str(tmp_path)!r})), 'epoch 1')"
    )
    for target in ("log.txt", "elsewhere.txt"):
        with (tmp_path / target).open("a") as screen:
            subprocess.run([sys.executable, "-c", script], cwd=project(), stdout=screen, check=True)
    assert (tmp_path / "log.txt").read_text("utf-8") == "epoch 1\nepoch 1\n"
    assert (tmp_path / "elsewhere.txt").read_text("utf-8") == "epoch 1\n"


def test_the_place_in_the_plan_is_kept(tmp_path: Path) -> None:
    log = module("runlog").RunLog(tmp_path)
    planned = {"id": "ablation/ca/seed2", "experiment": "ablation", "variant": "ca", "method": "CA"}
    log.json("run.json", {"schema": 1, **planned, "dataset": None, "status": "queued"})
    log = module("runlog").RunLog(tmp_path)
    log.start(seed=2, fold=None)
    log.end("done")
    record = facts(tmp_path)
    assert {key: record[key] for key in planned} == planned
    assert (record["status"], record["attempt"], record["seed"]) == ("done", 1, 2)


def test_a_loss_that_explodes_is_diverged(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("--out", out, *SMALL, "optim.name=sgd", "optim.lr=1e30")
    assert done.returncode == 1
    record = facts(out)
    assert record["status"] == "diverged"
    assert record["error"].startswith("the loss is nan in epoch 1, step 4; lower optim.lr")


def test_a_mistake_is_one_line_and_exit_2(tmp_path: Path) -> None:
    done = run("--out", tmp_path / "out", "--plug", "skip.9=coord_att")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: skip.9: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_schedules_against_closed_forms(tmp_path: Path) -> None:
    schedule = module("optim").schedule
    made = config(tmp_path, "train.epochs=10", "optim.warmup=2")
    factors = [schedule(made, step, steps_per_epoch=5) for step in range(50)]
    assert factors[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert (factors[10], factors[30]) == (1.0, pytest.approx(0.5))
    poly = config(tmp_path, "train.epochs=10", "optim.schedule=poly")
    theirs = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    torchs = torch.optim.lr_scheduler.PolynomialLR(theirs, total_iters=50, power=0.9)
    for step in range(50):
        assert schedule(poly, step, steps_per_epoch=5) == pytest.approx(torchs.get_last_lr()[0])
        theirs.step()
        torchs.step()


def test_parameter_groups_and_moving_average(tmp_path: Path) -> None:
    optim = module("optim")
    groups = [{"match": "encoder.*", "lr_scale": 0.1, "weight_decay": 0.0}]
    made = config(tmp_path, "model.width=4", optim={"lr": 0.01, "groups": groups})
    model = module("models").build(made)
    optimizer = optim.build(made, model, torch.device("cpu"))
    assert [(g["lr"], g["weight_decay"]) for g in optimizer.param_groups] == [
        (pytest.approx(0.001), 0.0),
        (0.01, 1e-4),
    ]
    average, start = optim.Average(model, 0.9), model.head.bias.detach().clone()
    with torch.no_grad():
        model.head.bias += 1
    average.update(model, step=1000)
    torch.testing.assert_close(average.model.head.bias, start + 0.1)


def test_identity_changes_with_results_only(tmp_path: Path) -> None:
    identity = module("identity")
    plain = config(tmp_path)
    same = config(tmp_path, "data.workers=4", "data.cache=off", "data.leaks=warn")
    assert identity.of(same) == identity.of(plain)
    for change, part in (("seed=1", "config"), ("data.limit=8", "data"), ("optim.lr=1", "config")):
        assert (
            identity.of(config(tmp_path, change))[f"{part}_sha256"]
            != identity.of(plain)[f"{part}_sha256"]
        )


def test_weights_are_what_is_in_the_file(tmp_path: Path) -> None:
    identity = module("identity")

    def hashed(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        key = f"model.init_from={tmp_path.as_posix()}/{name}"
        found: str = identity.of(config(tmp_path, key))["config_sha256"]
        return found

    first = hashed("a.pt", b"one")
    assert hashed("b.pt", b"one") == first
    assert hashed("a.pt", b"two") != first


def test_code_identity_ignores_comments_and_unused_modules(tmp_path: Path) -> None:
    identity, plain = module("identity"), config(tmp_path)
    plugged = config(tmp_path, plugs=[{"at": "skip.0", "use": "residual(coord_att)"}])
    focal = config(tmp_path, loss={"name": "focal"})
    package, names = project() / PACKAGE, ("losses.py", "modules/coord_att.py", "modules/focal.py")
    files = {name: package / name for name in names}
    texts = {name: file.read_text("utf-8") for name, file in files.items()}
    before = identity.code(plain), identity.code(plugged)
    loss = identity.code(focal)
    try:
        files["losses.py"].write_text("# a remark\n" + texts["losses.py"], "utf-8")
        assert (identity.code(plain), identity.code(plugged)) == before
        for name in names[1:]:
            files[name].write_text(texts[name] + "\nX = 1\n", "utf-8")
        assert identity.code(plain) == before[0]
        assert identity.code(plugged) != before[1]
        assert identity.code(focal) != loss
        assert "label_smoothing: float = 0.0" in texts["losses.py"]
        changed = texts["losses.py"].replace("label_smoothing: float = 0.0", "label_smoothing=0.1")
        files["losses.py"].write_text(changed, "utf-8")
        assert identity.code(plain) != before[0]
    finally:
        for name, text in texts.items():
            files[name].write_text(text, "utf-8")


def test_a_checkpoint_is_whole_or_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, path = module("checkpoint"), tmp_path / "last.pt"
    checkpoint.save(path, {"epoch": 1})

    def full(state: object, file: Any) -> None:
        file.write(b"half")
        raise RuntimeError("unexpected pos 704 vs 598")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(checkpoint.CheckpointError) as caught:
        checkpoint.save(path, {"epoch": 2})
    assert str(caught.value) == (
        f"{path}: cannot be written (unexpected pos 704 vs 598); is the disk full? The last "
        "checkpoint stays, continue with --resume"
    )
    assert checkpoint.load(path) == {"epoch": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]
    path.write_bytes(b"half")
    with pytest.raises(checkpoint.CheckpointError, match="is not a whole checkpoint"):
        checkpoint.load(path)

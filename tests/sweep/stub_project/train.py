"""Behaves like a generated project's train.py, without torch and in milliseconds.

train.behave makes it misbehave: crash, diverge, kill, again (exit 75 after each epoch),
stuck (exit 75 without progress), quiet (exit 0 without a result).
"""

import argparse
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from stub_seg import config as configuration
from stub_seg import identity

parser = argparse.ArgumentParser()
parser.add_argument("--config")
parser.add_argument("overrides", nargs="*")
parser.add_argument("--seed", type=int)
parser.add_argument("--out", type=Path)
parser.add_argument("--resume", action="store_true")
args = parser.parse_intermixed_args()
stop = []
signal.signal(signal.SIGINT, lambda *_: stop.append(1))
config = configuration.load(args.config, [*args.overrides, f"seed={args.seed}"])
out, behave = args.out, os.environ.get("STUB_BEHAVE") or config["train"].get("behave")


def write(name, content):
    beside = out / f"{name}.tmp"
    beside.write_text(json.dumps(content), encoding="utf-8")
    beside.replace(out / name)


def journal(what):
    # one short append: whole lines, also from several processes
    with Path("journal.txt").open("a", encoding="utf-8") as file:
        file.write(f"{what} {out.as_posix()} {os.getpid()} {time.time()}\n")


def end(status, code, **facts):
    write("run.json", {**record, "status": status, **facts})
    journal(status)
    sys.exit(code)


record = json.loads((out / "run.json").read_text(encoding="utf-8"))
if record["status"] == "done":
    journal("repeated")
record = {**record, **identity.of(config), "status": "running"}
record["attempt"] = record.get("attempt", 0) + 1
record["threads"] = os.environ["OMP_NUM_THREADS"]
record["devices"] = os.environ.get("CUDA_VISIBLE_DEVICES")
write("run.json", record)
journal("start")
print(f"start attempt={record['attempt']} pid={os.getpid()}", flush=True)
last = out / "checkpoints" / "last.pt"
last.parent.mkdir(exist_ok=True)
epoch = int(last.read_text()) if last.exists() else 0
if behave == "stuck":
    end("stopped", 75)
while epoch < config["train"]["epochs"]:
    time.sleep(config["train"]["seconds"])
    epoch += 1
    with (out / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"epoch": epoch, "split": "val", "loss": 1 / epoch}) + "\n")
    last.write_text(str(epoch))
    if behave == "crash" or (behave == "random" and random.random() < 0.1):
        raise RuntimeError(f"crashed in epoch {epoch}")
    if behave == "diverge":
        end("diverged", 1, error="the loss is nan in epoch 1")
    if behave == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if behave == "again" or stop:
        end("stopped", 75)
if behave == "quiet":
    sys.exit(0)
(out / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
write("summary.json", {"schema": 1, "metrics": {"iou_set": 0.5}})
end("done", 0, selection={"metric": "iou_set", "value": 0.5})

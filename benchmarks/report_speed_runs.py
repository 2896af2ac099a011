"""Projects with many runs for report_speed.py: seeded, in the files that training writes."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["SETTINGS", "make_project"]

SETTINGS = "names: {ours: Ours}\n"

METHODS = ("unet", "fcn", "segnet", "pspnet", "deeplab", "fpn", "linknet", "manet", "pan", "ours")
DATASETS = tuple(f"set{number}" for number in range(10))
CLASSES = ("background", "disk", "square")
CASES, EPOCHS, PIXELS = 200, 50, 4096
METRICS = ("iou_set", "dice_set", "iou_img", "dice_img")
SPEC = (
    "v1; from tp, fp, fn per case and class at the evaluation size, ignored pixels left out; "
    "*_set: counts pooled over all cases, per class, then the mean over classes; *_img: per case "
    "and class (undefined if truth and prediction both lack the class, 0 if only the prediction "
    "has it), the mean over cases, then over classes; two classes: foreground only, more: all "
    "classes, absent ones left out; acc_set: share of pixels or images that are right"
)
BIBTEX = (
    "@inproceedings{{{key},\n  author = {{Lovelace, Ada and Hopper, Grace and Noether, Emmy}},\n"
    "  title = {{The {name} Network for the Segmentation of Shapes}},\n"
    "  booktitle = {{Proceedings of a Benchmark (PB)}},\n  year = {{2020}}\n}}"
)

CONFIG = (
    "task: segmentation\nseed: {seed}\ndata:\n  name: {dataset}\n  size: [64, 64]\n  channels: 3\n"
    "  workers: 2\nmodel:\n  name: {method}\n  backbone_weights: null\nplugs: []\n"
    "loss:\n  name: dice_ce\naugment:\n  flip: 0.5\n  scale: [0.5, 2.0]\n"
    "optim:\n  name: adamw\n  lr: 0.003\n  weight_decay: 0.01\n  schedule: cosine\n"
    "train:\n  epochs: 50\n  batch_size: 8\n  accumulate: 1\n  precision: fp32\n"
    "eval:\n  monitor: iou_set\n  mode: max\n"
)


def make_project(folder: Path, *, seeds: int, whole: bool) -> Path:
    """Make a project with a comparison of 10 methods on 10 data sets unless it is there.

    Args:
        folder: Its root.
        seeds: Of each method on each data set; 100 times as many runs.
        whole: With metrics.jsonl and cases.csv; without, only what a table of summaries needs.
    """
    if (folder / "paperkit.yaml").is_file():
        return folder
    rng = np.random.default_rng(5)
    rows = []
    for dataset in DATASETS:
        cases = rng.normal(0, 0.08, (CASES, 1))
        for place, method in enumerate(METHODS):
            level = 0.7 + 0.01 * place
            for seed in range(seeds):
                quality = level + rng.normal(0, 0.008) + cases + rng.normal(0, 0.04, (CASES, 1))
                counts = _counts(quality, rng)
                run = folder / "runs/comparison" / method / dataset / f"seed{seed}"
                _write_run(run, method, dataset, seed, counts)
                if whole:
                    _write_logs(run, counts, level)
            rows.append(_row(method, dataset, seeds))
    _json(folder / "runs/comparison/plan.json", _plan(rows))
    answers = {"schema": 1, "package_name": "seg", "project_name": "Speed", "author": "Ada"}
    _json(folder / ".paperkit/answers.json", {**answers, "venue": "ieee-journal"})
    (folder / "paperkit.yaml").write_text(SETTINGS, encoding="utf-8", newline="\n")
    (folder / "paper").mkdir()
    return folder


def _counts(quality: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """tp, fp, fn, tn by [case, class, count]."""
    area = np.array([0.7, 0.2, 0.1]) * PIXELS
    size = np.maximum(1, rng.normal(1, 0.2, (len(quality), 3)) * area).astype(int)
    hit = np.clip(quality + rng.normal(0, 0.02, size.shape), 0.05, 1)
    tp = (size * hit).astype(int)
    fp = rng.poisson(size * (1 - hit))
    return np.stack([tp, fp, size - tp, np.maximum(PIXELS - size - fp, 0)], axis=-1)


def _write_run(folder: Path, method: str, dataset: str, seed: int, counts: np.ndarray) -> None:
    identity = f"comparison/{method}/{dataset}/seed{seed}"
    own = ["cga_fusion"] if method == "ours" else []
    used = [method, *own, "Dice loss", "AdamW", "cosine schedule", dataset]
    run = {
        "schema": 1, "id": identity, "experiment": "comparison", "variant": method,
        "method": method, "dataset": dataset, "seed": seed, "fold": None, "status": "done",
        "attempt": 1, "started": f"2026-01-01T10:{seed % 60:02}:06+00:00",
        "ended": f"2026-01-02T10:{seed % 60:02}:42+00:00",
        "command": f"python train.py --config configs/{method}.yaml data.name={dataset} "
        f"train.epochs={EPOCHS} --seed {seed} --out runs/{identity} --resume",
        "config_sha256": _sha(f"{method} {dataset}"), "code_sha256": _sha("code"),
        "data_sha256": _sha(dataset), "git": {"commit": _sha("commit")[:40], "dirty": False},
        "env": {
            "python": "3.11.7", "torch": "2.9.0", "device": "cuda (NVIDIA H100)", "threads": 8,
            "packages": {"torch": "2.9.0", "torchvision": "0.24.0", "numpy": "2.3.0",
                         "pillow": "12.0.0", "segmentation-models-pytorch": "0.5.0"},
        },
        "model": {"name": method, "params": 572407, "gmacs": 0.041860792, "input": [3, 64, 64]},
        "metric_spec": SPEC, "cites": [_cite(name) for name in used], "error": None,
        "seconds": 42.792, "throughput": 70.71, "peak_mib": 780.3,
        "selection": {"metric": "iou_set", "mode": "max", "split": "val", "epoch": 15,
                      "value": 0.5090994034159831},
    }  # fmt: skip
    metrics, per_class = _scores(counts)
    checkpoint = {"file": "checkpoints/best.pt", "sha256": _sha(identity), "epoch": 15}
    summary = {
        "schema": 1, "split": "test", "checkpoint": checkpoint, "metric_spec": SPEC,
        "n_cases": CASES, "metrics": metrics, "per_class": per_class,
    }  # fmt: skip
    plugs = [_plug(place) for place in range(4)] if method == "ours" else []
    _json(folder / "run.json", run)
    _json(folder / "summary.json", summary)
    _json(folder / "plugs.json", plugs)
    (folder / "config.yaml").write_text(CONFIG.format(**run), encoding="utf-8", newline="\n")


def _write_logs(folder: Path, counts: np.ndarray, level: float) -> None:
    lines = ["split,case,group,class,tp,fp,fn,tn,hd95,assd,nsd"]
    for case, classes in enumerate(counts.tolist()):
        for name, row in zip(CLASSES, classes, strict=True):
            lines.append(f"test,test-{case:04},,{name},{','.join(map(str, row))},,,")
    (folder / "cases.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    rows: list[dict[str, Any]] = []
    for epoch in range(1, EPOCHS + 1):
        place = {"epoch": epoch, "step": 32 * epoch}
        loss, rate = 2 / (1 + epoch) + level / 100, 0.003 * (1 - epoch / 51)
        value = level * (1 - 0.9**epoch)
        rows.append({**place, "split": "train", "loss": loss, "lr": rate})
        found = dict.fromkeys(METRICS, value)
        rows.append({**place, "split": "val", "loss": loss * 1.1, "lr": rate, **found})
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "metrics.jsonl").write_text(text, encoding="utf-8", newline="\n")


def _scores(counts: np.ndarray) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """The metrics of counts [case, class, count], as metric_spec v1 has them."""
    tp, fp, fn = (counts[..., place].astype(float) for place in range(3))
    pooled = [values.sum(axis=0) for values in (tp, fp, fn)]
    values = {
        "iou_set": pooled[0] / sum(pooled),
        "dice_set": 2 * pooled[0] / (sum(pooled) + pooled[0]),
        "iou_img": (tp / (tp + fp + fn)).mean(axis=0),
        "dice_img": (2 * tp / (2 * tp + fp + fn)).mean(axis=0),
    }
    per_class = {
        name: {metric: float(value[place]) for metric, value in values.items()}
        for place, name in enumerate(CLASSES)
    }
    return {metric: float(value.mean()) for metric, value in values.items()}, per_class


def _row(method: str, dataset: str, seeds: int) -> dict[str, Any]:
    ids = [f"comparison/{method}/{dataset}/seed{seed}" for seed in range(seeds)]
    identity = {"config_sha256": _sha(f"{method} {dataset}"), "code_sha256": _sha("code")}
    return {
        "variant": method, "on": [], "method": method, "dataset": dataset,
        "config": f"configs/{method}.yaml", "overrides": [f"data.name={dataset}"], "set": {},
        "params": 572407, "gmacs": 0.041860792, "input": [3, 64, 64],
        "plugs": [_plug(place) for place in range(4)] if method == "ours" else [],
        "runs": [
            {"id": name, "dir": f"runs/{name}", "seed": seed, "fold": None,
             "command": f"python train.py --seed {seed}", "data_sha256": _sha(dataset), **identity}
            for seed, name in enumerate(ids)
        ],
    }  # fmt: skip


def _plan(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schema": 1, "kind": "comparison", "experiment": "comparison",
        "spec_path": "experiments/comparison.yaml", "spec": {}, "overrides": [],
        "metrics": ["iou_set", "dice_img"], "components": [], "rows": list(rows),
    }  # fmt: skip


def _plug(place: int) -> dict[str, Any]:
    return {
        "slot": f"fuse.{place}", "expression": "cga_fusion", "how": "insert", "init": "native",
        "path": f"fuse_slot.{place}.plugs.0", "modules": ["cga_fusion"], "channels_in": 8,
        "channels_out": 16, "size": [48, 48], "params": 1132, "params_added": 1132,
        "macs_added": 2474512, "cites": ["cga2020"], "licence": "MIT", "note": "",
    }  # fmt: skip


def _cite(name: str) -> dict[str, str]:
    key = f"{name.partition(' ')[0].lower()}2020"
    return {"key": key, "bibtex": BIBTEX.format(key=key, name=name), "for": name}


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _json(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(data, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")

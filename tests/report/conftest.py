"""A project with run folders of known numbers: every expected value in these tests is by hand."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from paperkit.project import Project, root

BIBTEX = {
    "unet": ("ronneberger2015unet", "U-Net: Convolutional Networks", "Ronneberger, Olaf"),
    "coord_att": ("hou2021coordinate", "Coordinate Attention", "Hou, Qibin"),
    "cga_fusion": ("chen2024dea", "DEA-Net: Detail-Enhanced & Content-Guided", "Chen, Zixuan"),
}
# iou_set by seed; the means are 71.00, 73.50, 73.50 and 77.00
ABLATION = {
    "baseline": {0: 0.70, 1: 0.72},
    "ca": {0: 0.72, 1: 0.75},
    "cga": {0: 0.73, 1: 0.74},
    "ca-cga": {0: 0.78, 1: 0.76},
}
COST = {"baseline": 1.94e6, "ca": 1.95e6, "cga": 2.01e6, "ca-cga": 2.02e6}
MODULE = {"ca": "coord_att", "cga": "cga_fusion"}


def cite(what: str) -> dict[str, str]:
    key, title, author = BIBTEX[what]
    bibtex = f"@inproceedings{{{key}, title={{{title}}}, author={{{author}}}, year={{2020}}}}"
    return {"key": key, "bibtex": bibtex, "for": what}


class Writer:
    """Writes plans and run folders below a project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        answers = {
            "schema": 1,
            "package_name": "seg",
            "project_name": "Attention & fusion_100%",
            "author": "Zoë Müller",
            "venue": "ieee-journal",
        }
        self.json(".paperkit/answers.json", answers)
        self.text("paperkit.yaml", "names: {baseline: U-Net, full: Ours, synthetic: Synth_1}\n")
        self.figures(False)

    def text(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        return path

    def json(self, name: str, data: Any) -> Path:
        return self.text(name, json.dumps(data, indent=1) + "\n")

    def figures(self, wanted: bool) -> None:
        path = self.folder / "paperkit.yaml"
        kept = [line for line in path.read_text().splitlines() if not line.startswith("figures")]
        self.text("paperkit.yaml", "\n".join([*kept, *([] if wanted else ["figures: []"])]) + "\n")

    def project(self) -> Project:
        return root.find(self.folder)

    def run(self, identity: str, values: Mapping[str, float | None], **change: Any) -> Path:
        """Write a done run; `change` replaces keys of run.json."""
        parts = identity.split("/")
        seed = int(parts[-1].removeprefix("seed"))
        on = [part for part in parts[1].split("-") if part in MODULE]
        record = {
            "schema": 1, "id": identity, "experiment": parts[0], "variant": parts[1],
            "dataset": parts[2] if len(parts) == 4 else None, "seed": seed, "fold": None,
            "status": "done", "ended": f"2026-01-0{seed + 1}T00:00:00Z",
            "config_sha256": f"config {identity}", "code_sha256": "code", "data_sha256": "data",
            "git": {"commit": "abc", "dirty": False}, "env": {"torch": "2.9", "device": "cpu"},
            "model": {"name": "unet", "params": 1, "gmacs": 0.5, "input": [3, 64, 64]},
            "selection": {"metric": "iou_set", "mode": "max", "split": "val", "epoch": 2},
            "cites": [cite("unet"), *(cite(MODULE[part]) for part in on)],
        }  # fmt: skip
        folder = f"runs/{identity}"
        self.json(f"{folder}/run.json", record | change)
        plugs = [{"slot": "encoder.0", "modules": [MODULE[part]]} for part in on]
        self.json(f"{folder}/plugs.json", plugs)
        self.json(f"{folder}/summary.json", summary(values))
        epochs = [
            {"epoch": e, "step": e, "split": s, "loss": 1 / (e + seed + 1), "iou_set": 0.2 * e}
            for e in (1, 2, 3)
            for s in ("train", "val")
        ]
        self.text(f"{folder}/metrics.jsonl", "".join(json.dumps(e) + "\n" for e in epochs))
        return self.folder / folder

    def row(self, experiment: str, variant: str, dataset: str | None, seeds: list[int]) -> Any:
        place = "/".join(filter(None, [experiment, variant, dataset]))
        ids = [f"{place}/seed{seed}" for seed in seeds]
        on = [part for part in variant.split("-") if part in MODULE]
        return {
            "variant": variant, "on": on, "method": variant, "dataset": dataset,
            "config": "configs/baseline.yaml", "overrides": [], "set": {},
            "params": COST.get(variant, 3e6), "gmacs": 0.5, "input": [3, 64, 64],
            "plugs": [{"modules": [MODULE[part]]} for part in on],
            "runs": [
                {"id": i, "dir": f"runs/{i}", "seed": s, "fold": None, "command": "python train.py",
                 "config_sha256": f"config {i}", "code_sha256": "code", "data_sha256": "data"}
                for i, s in zip(ids, seeds, strict=True)
            ],
        }  # fmt: skip

    def plan(
        self, kind: str, experiment: str, rows: list[Any], metrics: list[str], **spec: Any
    ) -> None:
        names = [name for name in MODULE if any(name in row["on"] for row in rows)]
        plan = {
            "schema": 1, "kind": kind, "experiment": experiment, "metrics": metrics,
            "spec_path": f"experiments/{experiment}.yaml", "spec": spec, "overrides": [],
            "components": [{"id": n, "plugs": []} for n in names] if kind == "ablation" else [],
            "rows": rows,
        }  # fmt: skip
        for row in plan["rows"]:
            row["params"] = int(row["params"])
        self.json(f"runs/{experiment}/plan.json", plan)

    def ablation(self, metrics: list[str] | None = None) -> None:
        """The 2 x 2 ablation of ABLATION, seeds 0 and 1."""
        rows = [self.row("ablation", variant, None, [0, 1]) for variant in ABLATION]
        self.plan("ablation", "ablation", rows, metrics or ["iou_set"])
        for variant, values in ABLATION.items():
            for seed, value in values.items():
                self.run(
                    f"ablation/{variant}/seed{seed}", {"iou_set": value, "dice_img": value + 0.1}
                )

    def comparison(self, datasets: tuple[str, ...] = ("camvid", "synthetic"), **spec: Any) -> None:
        """Two methods on data sets: unet 0.5 and 0.6, ours 0.7 and 0.8, seed 0; +0.01 per set."""
        rows = [
            self.row("comparison", method, dataset, [0, 1])
            for method in ("unet", "ours")
            for dataset in datasets
        ]
        self.plan("comparison", "comparison", rows, ["iou_set"], **spec)
        for row in rows:
            for planned in row["runs"]:
                base = {"unet": 0.5, "ours": 0.7}[row["variant"]]
                value = base + 0.1 * planned["seed"] + 0.01 * datasets.index(row["dataset"])
                self.run(planned["id"], {"iou_set": value})


def summary(values: Mapping[str, float | None]) -> dict[str, Any]:
    return {
        "schema": 1, "split": "test", "metric_spec": "v1", "n_cases": 8, "metrics": dict(values),
        "per_class": {name: dict(values) for name in ("disk", "square", "triangle")},
        "checkpoint": {"file": "checkpoints/best.pt", "sha256": "0", "epoch": 2},
    }  # fmt: skip


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    """An empty project, in a folder with a space and Chinese characters."""
    return Writer(tmp_path / "a project 分割")


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """Contents of every file below a folder."""
    return lambda folder: {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

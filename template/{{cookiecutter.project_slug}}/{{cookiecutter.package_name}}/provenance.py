"""What a result was made with: machine, packages, git; and the switches that make it repeatable."""

import dataclasses
import importlib.metadata
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from . import data, identity, metrics, references, slots
from .cases import SPLITS
from .config import ROOT, Config
from .models import weights

PACKAGES = ("torch", "torchvision", "numpy", "pillow", "segmentation-models-pytorch", "timm")


def facts(config: Config, model: nn.Module, device: torch.device) -> dict[str, Any]:
    """run.json's description of a run that starts: identity, machine, code, model, papers."""
    example = data.example(config)
    params, gmacs = slots.cost(model, example)
    size = list(example.shape[1:])
    return {
        "command": shlex.join(["python", "train.py", *sys.argv[1:]]),
        "seed": config.seed,
        "fold": config.fold,
        **identity.of(config),
        "data": {split: len(data.cases(config, split)) for split in SPLITS},
        "git": git(),
        "env": environment(device),
        "model": {"name": config.model.name, "params": params, "gmacs": gmacs, "input": size},
        "weights": [dataclasses.asdict(loaded) for loaded in weights.noted(model)],
        "metric_spec": metrics.SPEC,
        "cites": references.cites(config, model),
    }


def environment(device: torch.device) -> dict[str, Any]:
    """run.json's `env`."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    packages = {}
    for package in PACKAGES:
        try:
            packages[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": f"{device.type} ({name})",
        "threads": torch.get_num_threads(),
        "packages": packages,
    }


def git() -> dict[str, Any]:
    """run.json's `git`: {commit, dirty}; nulls where there is no repository."""
    try:
        commit, changes = (
            subprocess.run(
                ["git", *command], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
            ).stdout.strip()
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": bool(changes)}


def tensorboard(folder: Path, step: int) -> Any:
    """A writer of TensorBoard events that forgets what a resumed run repeats; None without it."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=step)


def peak_mib(device: torch.device) -> float | None:
    """Peak memory in MiB: the GPU's, else the process's; None where the system does not tell."""
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def prepare(config: Config) -> None:
    """Repeatable (perf: off), or as fast as the device can (perf: auto)."""
    fast = config.train.perf == "auto"
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(not fast, warn_only=True)
    torch.backends.cudnn.benchmark = fast
    torch.set_float32_matmul_precision("high" if fast else "highest")

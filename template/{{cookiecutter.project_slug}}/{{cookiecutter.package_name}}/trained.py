"""A finished run as a model that is ready to use: for evaluate.py and predict.py."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from . import checkpoint, models, provenance
from .config import Config, ConfigError, load

BEST = "checkpoints/best.pt"


def restore(run: Path) -> tuple[Config, nn.Module, dict[str, Any]]:
    """(configuration, model in eval mode on the best device, checkpoint) of a run folder.

    Raises ConfigError or CheckpointError if the folder is no finished run.
    """
    if not (run / "config.yaml").is_file():
        raise ConfigError(f"{run}: no run folder (there is no config.yaml); give what --out was")
    config = load(run / "config.yaml")
    provenance.prepare(config)
    # all weights come from the checkpoint: nothing is downloaded, no other file is needed
    bare = config.model.model_copy(update={"backbone_weights": None, "init_from": None})
    model = models.build(config.model_copy(update={"model": bare}))
    saved = checkpoint.load(run / BEST)
    # the same sums in the same order as in training: the same numbers
    torch.set_num_threads(saved["threads"])
    layout = torch.channels_last if config.train.perf == "auto" else torch.contiguous_format
    model.load_state_dict(checkpoint.weights(saved))
    return config, model.eval().to(device(), memory_format=layout), saved


def device() -> torch.device:
    """CUDA, else Apple's GPU, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def facts(run: Path) -> dict[str, Any]:
    """run.json; {} where there is none."""
    path = run / "run.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
